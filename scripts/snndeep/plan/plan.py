"""The plan of a run: its stages, their addresses, and where their files are stored.

    data -> features -> samples -> splits -> preprocessing -> spikes -> tune -> train -> evaluate -> report
                                                  |---------> baselines ---------------^

The plan is computed from the configuration, the code and the digests of the data before anything runs. The rules of the
workflow take paths and provenance from it and contain no other logic.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import Any

from snndeep.backends.base import NATIVE_SETTINGS
from snndeep.backends.registry import BACKENDS, OWN_BACKEND, load_backend
from snndeep.learning.registry import RULES, load_rule
from snndeep.plan.addressing import module_file
from snndeep.plan.scan_plan import ScanPlan
from snndeep.plan.schema import searchable_schemas
from snndeep.plan.shown import shown_config
from snndeep.plan.spike_plan import SpikePlan
from snndeep.plan.stages import Stage
from snndeep.samples.split import PROTOCOLS, main_protocol, split_names
from snndeep.spikes.encoders.registry import ENCODERS
from snndeep.training.samplers.registry import SAMPLERS
from snndeep.training.strategy import Strategy

REPORT_FILES = tuple(
    f"snndeep/reporting/{name}" for name in ("page.html.jinja", "tables.html.jinja", "page.css", "page.js")
)


class Plan(SpikePlan):
    """All stages of one configuration; see `SpikePlan` for the arguments and attributes."""

    # Models

    @property
    def backends(self) -> list[str]:
        """The names of the backends in use."""
        return list(self.config["models"]["backends"])

    @property
    def models(self) -> list[tuple[str, str]]:
        """All pairs of backend and learning rule."""
        return [(backend, rule) for backend in self.backends for rule in self.rules]

    def environment(self, backend: str) -> str:
        """Return the name of the conda environment that contains a backend's packages."""
        return load_backend(backend).environment

    def device(self, backend: str) -> str:
        """Return where a backend computes: the configured device, or the processor if it knows no other."""
        device = str(self.config["models"]["device"])
        return device if device in load_backend(backend).devices else "cpu"

    def mode(self, backend: str, rule: str) -> str:
        """Return `native` if a model may use more than the neuron common to all backends, else `parity`."""
        native = self.config["tuning"]["mode"] == "native" and self._native_space(backend, rule)
        return "native" if native else "parity"

    def _native_space(self, backend: str, rule: str) -> dict[str, Any]:
        """Return what native mode adds: the settings in its search space that the rule has and the backend supports."""
        offered, known = load_backend(backend).native, searchable_schemas(load_rule(rule).settings)
        if offered.isdisjoint(known):
            return {}
        missing = {name for name in NATIVE_SETTINGS if name not in offered}
        space = self.config["tuning"]["search_space"]["native"]
        return {name: choice for name, choice in space.items() if name in known and name not in missing}

    def search_space(self, backend: str, rule: str) -> dict[str, Any]:
        """Return the search space of a model: by setting, a range or a list of choices."""
        spaces = self.config["tuning"]["search_space"]
        native = self._native_space(backend, rule) if self.mode(backend, rule) == "native" else {}
        return {**spaces[rule], **native}

    def rule_settings(self, rule: str) -> dict[str, Any]:
        """Return the configured settings of a rule, from which the search starts."""
        return {key: value for key, value in self.config["learning"][rule].items() if key != "encoder"}

    def _trial_settings(self, rule: str) -> dict[str, Any]:
        """Return the settings of a rule without what only a report needs, see `LearningRule.trial_settings`."""
        member = load_rule(rule)
        settings: dict[str, Any] = member.trial_settings(
            member.settings.from_mapping(self.rule_settings(rule))
        ).to_mapping()
        return settings

    def _model_files(self, script: str, backend: str, rule: str) -> list[str]:
        return [script, module_file(BACKENDS[backend]), module_file(RULES[rule])]

    def study(self, backend: str, rule: str) -> Stage:
        """Return the stage of a model's Optuna studies. Its address leaves out `n_trials`: more trials extend the studies."""
        config = {
            "device": self.device(backend),
            "base": self._trial_settings(rule),
            "strategy": {field.name: self.config["tuning"][field.name] for field in fields(Strategy)},
            "space": self.search_space(backend, rule),
            "seed": self.config["seed"],
            "splits": self.searched,
        }
        sampler = module_file(SAMPLERS[self.config["tuning"]["sampler"]])
        files = [*self._model_files("tune.py", backend, rule), "tune_worker.py", sampler]
        return self._maker.stage("studies", config, files, [self.spikes(self.encoder(rule))])

    def tune(self, backend: str, rule: str) -> Stage:
        """Return the stage of the outcome of a model's studies after `n_trials` trials."""
        study = self.study(backend, rule)
        config = {**study.config, "n_trials": self.config["tuning"]["n_trials"]}
        return Stage("tune", config, study.code, (study.address,), self.store, study.versions)

    def searcher(self, backend: str, rule: str) -> tuple[str, str]:
        """Return the model whose search serves a model: its own in native mode.

        In parity mode all backends compute the same, so one search serves all. The project's own searches, whether it is in
        use or not, so that the search does not depend on which others are.
        """
        return (backend, rule) if self.mode(backend, rule) == "native" else (OWN_BACKEND, rule)

    @property
    def searchers(self) -> list[tuple[str, str]]:
        """The models that search, each once."""
        return list(dict.fromkeys(self.searcher(*model) for model in self.models))

    def tuned(self, backend: str, rule: str) -> str:
        """Return the path of the outcome of the search that serves a model."""
        searcher = self.searcher(backend, rule)
        return self.tune(*searcher).path(f"{'.'.join(searcher)}.json")

    def tune_shares(self) -> dict[str, list[list[str]]]:
        """Return the part of `searched` of each tuning worker of a model, by the worker's name; empty for a single worker.

        The trials of a study run in one worker, because each is proposed from all trials before it. The outcome is therefore
        the same with any number of workers, and the number is not part of an address.
        """
        workers = min(self.config["tuning"]["workers"], len(self.searched))
        if workers == 1:
            return {}
        return {f"{k + 1}-of-{workers}": self.searched[k::workers] for k in range(workers)}

    def train(self, backend: str, rule: str) -> Stage:
        """A model, fitted with the tuned settings on every split.

        Arms are compared by the first backend alone: all backends compute the same, and one of them is evidence enough.
        """
        config = {
            "device": self.device(backend),
            "settings": self.rule_settings(rule) if backend == self.backends[0] else self._trial_settings(rule),
            "seed": self.config["seed"],
            "splits": self.split_names,
        }
        files = self._model_files("train.py", backend, rule)
        inputs = [self.tune(*self.searcher(backend, rule)), self.spikes(self.encoder(rule))]
        return self._maker.stage("train", config, files, inputs)

    def third_arm(self, rule: str) -> Stage:
        """A model of the first backend, trained again without the patients that are tested; see `training.apart`.

        One backend says it for all: they compute the same, and the arm takes many small trainings.
        """
        backend = self.backends[0]
        config = {
            "device": self.device(backend),
            "settings": self.rule_settings(rule),
            "members": self.config["splits"]["members"],
            "seed": self.config["seed"],
        }
        files = self._model_files("third_arm.py", backend, rule)
        return self._maker.stage(
            "third_arm", config, files, [self.tune(*self.searcher(backend, rule)), self.spikes(self.encoder(rule))]
        )

    def third_arms(self) -> dict[str, Stage]:
        """Return the third arm by name of the model; empty unless there are both protocols."""
        if set(self.config["splits"]["protocols"]) != set(PROTOCOLS):
            return {}
        return {f"{self.backends[0]}/{rule}": self.third_arm(rule) for rule in self.rules}

    def trained(self) -> list[Stage]:
        """Return the stages of all trained models, in the order of `models`."""
        return [self.train(*model) for model in self.models]

    @property
    def model_names(self) -> list[str]:
        """The names of all models, `backend/rule`."""
        return ["/".join(model) for model in self.models]

    # Outcome

    @cached_property
    def baselines(self) -> Stage:
        """Classical models on the same features and splits; the dense network is as large as the spiking one."""
        first = next(name for name in RULES if load_rule(name).has_hidden)
        size = {name: self.config["learning"][first][name] for name in ("hidden", "epochs", "patience")}
        config = {**size, "seed": self.config["seed"]}
        inputs = [self.samples, self.splits, self.preprocessing]
        return self._maker.stage("baselines", config, ["baselines.py"], inputs)

    @cached_property
    def evaluate(self) -> Stage:
        """Metrics of all models."""
        config = {
            "evaluation": {**self.config["evaluation"], "seed": self.config["seed"]},
            "source": self.scans.source,
            "models": self.model_names,
            "third_arm": list(self.third_arms()),
        }
        inputs = [self.samples, self.splits, self.baselines, *self.trained(), *self.third_arms().values()]
        return self._maker.stage("evaluate", config, ["evaluate.py"], inputs)

    @cached_property
    def model_files(self) -> Stage:
        """One self-contained file per model, for predictions and export."""
        config = {
            "models": [list(model) for model in self.models],
            "encoders": {rule: self.encoding(self.encoder(rule)) for rule in self.rules},
            "features": self.config["features"],
            "labels": self.config["dataset"]["labels"],
            "plausibility": self.config["dataset"]["plausibility"],
            "samples": self.config["samples"],
            "evaluation": {**self.config["evaluation"], "seed": self.config["seed"]},
            "seed": self.config["seed"],
        }
        inputs = [self.samples, self.splits, self.preprocessing, *self.trained()]
        return self._maker.stage("models", config, ["models.py"], inputs)

    @cached_property
    def external(self) -> Stage | None:
        """The metrics of all models on the external test set; None without one."""
        if self.outside is None:
            return None
        evaluation = {**self.config["evaluation"], "seed": self.config["seed"]}
        return self.outside.scored(self.model_files, self.model_names, self.backends[0], evaluation)

    @property
    def scan_plans(self) -> list[ScanPlan]:
        """The scans of the run and, if there is one, of the external test set."""
        return [self.scans, *([self.outside.scans] if self.outside else [])]

    @property
    def shown_config(self) -> dict[str, Any]:
        """The configuration as the report shows it, see `snndeep.plan.shown`."""
        shown = {**self.config, "preprocessing": self.preprocessing.config}
        return shown_config(shown, self.scans, self.rules, self.encoders)

    @property
    def shown_protocol(self) -> str:
        """The protocol that the report examines: by patient if it is configured, else the first."""
        return main_protocol(self.config["splits"]["protocols"])

    @property
    def shown_splits(self) -> list[str]:
        """The splits that the report examines: those of each fold's first network."""
        splits = self.config["splits"]
        folds = splits["folds"] * splits["repeats"]
        return split_names(self.shown_protocol, folds, splits["members"])[:: splits["members"]]

    def insight(self, backend: str, rule: str) -> Stage:
        """Return the stage of feature importance and firing rates of one model, if the report shows it.

        Which models it shows is known after the evaluation; of the others the stage says that they are not shown.
        """
        config = {
            "backend": backend,
            "rule": rule,
            "insight": self.config["insight"],
            "protocol": self.shown_protocol,
            "splits": self.shown_splits,
            "seed": self.config["seed"],
        }
        inputs = [self.train(backend, rule), self.spikes(self.encoder(rule)), self.evaluate]
        return self._maker.stage("insight", config, self._model_files("insight.py", backend, rule), inputs)

    def insights(self) -> list[Stage]:
        """Return the stage `insight` of all models, in the order of `models`."""
        return [self.insight(*model) for model in self.models]

    @cached_property
    def pictures(self) -> Stage:
        """The CT slices that the report shows."""
        config = {"labels": self.config["dataset"]["labels"], "protocol": self.shown_protocol}
        return self._maker.stage("pictures", config, ["pictures.py"], [self.samples, self.evaluate])

    @cached_property
    def report(self) -> Stage:
        """The report."""
        config = {
            "config": self.shown_config,
            "source": self.scans.source,
            "modes": {"/".join(model): self.mode(*model) for model in self.models},
            "protocol": self.shown_protocol,
            "splits": self.shown_splits,
            "addresses": self.addresses(),
        }
        tuned = [self.tune(*self.searcher(*model)) for model in self.models]
        inputs = [self.evaluate, *self.insights(), self.pictures, self.preprocessing, *tuned]
        inputs += [self.external] if self.external else []
        members = [BACKENDS[name] for name in self.backends] + [RULES[name] for name in self.rules]
        members += [ENCODERS[name] for name in self.encoders]
        files = ["report.py", *REPORT_FILES, *(module_file(member) for member in members)]
        return self._maker.stage("report", config, files, inputs)

    def stages(self) -> list[Stage]:
        """Return every stage of the run once, in the order of execution."""
        stages = [*self.scans.stages(), self.splits, self.preprocessing]
        stages += [self.spikes(encoder) for encoder in self.encoders]
        for searcher in self.searchers:
            stages += [self.study(*searcher), self.tune(*searcher)]
        stages += self.trained()
        stages += [*self.third_arms().values(), self.baselines, self.evaluate, self.model_files, *self.insights()]
        if self.outside and self.external:
            stages += [*self.outside.scans.extracting(), self.external]
        return [*stages, self.pictures, self.report]

    def live(self) -> list[str]:
        """Return `stage/address` of every stage that this configuration uses, sorted; those of the quality page among them."""
        looked_at = [batch.stage for batch in self.scans.quality_batches.values()]
        return sorted({stage.id for stage in [*self.stages(), *looked_at]})

    def targets(self) -> dict[str, str]:
        """Return the output to ask Snakemake for, by `stage/address` of stages whose files are not themselves outputs."""
        made = []
        for scans in self.scan_plans:
            made += [(stage, batch.manifest) for batch in scans.feature_batches.values() for stage in batch.extracted]
            made += [(conversion.stage, conversion.record) for conversion in scans.conversions.values()]
        made.append((self.report, self.report.path("report.html")))
        return {stage.id: target for stage, target in made}

    def addresses(self) -> dict[str, str]:
        """Return the addresses that the report shows, by name of the stage."""
        return {name: stage.address for name, stage in self.named_stages().items()}

    def named_stages(self) -> dict[str, Stage]:
        """Return the stages that the report names, by their name there."""
        named = {"samples": self.samples, "splits": self.splits, "preprocessing": self.preprocessing}
        named |= {f"spikes, {encoder}": self.spikes(encoder) for encoder in self.encoders}
        for backend, rule in self.models:
            searcher = self.searcher(backend, rule)
            named[f"tune, {'/'.join(searcher)}"] = self.tune(*searcher)
            named[f"train, {backend}/{rule}"] = self.train(backend, rule)
            named[f"insight, {backend}/{rule}"] = self.insight(backend, rule)
        named |= {f"third arm, {model}": stage for model, stage in self.third_arms().items()}
        named |= {stage.name: stage for stage in (self.baselines, self.evaluate, self.pictures)}
        return named | ({"external": self.external} if self.external else {})
