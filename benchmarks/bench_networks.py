"""Networks and classical models on features as they are, relative to the patient, and both, over several split seeds.

    python benchmarks/bench_networks.py [CONFIGFILE ...] [--folder DATASET] [--seeds 5] [--protocol patient]

Snakemake makes the table of samples of the study (the given files on top of config/config.yaml; with --folder, of a data set
of your own). Every model is then trained with its configured settings, without a search, on the splits of every seed: the
networks with the custom backend, logistic regression and ExtraTrees in the form that is best on validation. Printed are the
ROC-AUC of slices and of patients over pairs within a fold, the mean over seeds, with 95 % intervals from the same resamples of
patients for all; the accuracy of slices; and what the choice by validation ROC-AUC gives, among networks and among
representations. The results are written to benchmarks/results/networks-<names>.json, and those of every seed as soon as they
are there, so that the command can be stopped and resumed; delete the folder to measure again with other code.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import yaml  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from snndeep.backends.registry import load_backend  # noqa: E402
from snndeep.evaluation.bootstrap import (  # noqa: E402
    interval,
    patient_draws,
    resampled_stratified_auc,
    stratified_auc,
)
from snndeep.evaluation.judging import Judged, JudgedNetwork, judge, patients_of, slices_of  # noqa: E402
from snndeep.learning.ranking import roc_auc  # noqa: E402
from snndeep.learning.registry import load_rule  # noqa: E402
from snndeep.plan.addressing import CodeBase  # noqa: E402
from snndeep.plan.configuration import complete  # noqa: E402
from snndeep.plan.plan import Plan  # noqa: E402
from snndeep.samples.fit_preprocessing import fit_splits  # noqa: E402
from snndeep.samples.preprocessing import Preprocessing  # noqa: E402
from snndeep.samples.settings import PreprocessingSettings  # noqa: E402
from snndeep.samples.split import Split, SplitSettings  # noqa: E402
from snndeep.samples.splitting import make_splits  # noqa: E402
from snndeep.seeds import generator  # noqa: E402
from snndeep.spikes.encode import encode_split, part_indices  # noqa: E402
from snndeep.spikes.encoders.registry import load_encoder  # noqa: E402
from snndeep.store.files import write_json  # noqa: E402
from snndeep.store.tables import read_table  # noqa: E402
from snndeep.training.baselines import (  # noqa: E402
    BASELINES,
    BaselineSettings,
    Part,
    choose,
    scores_of,
    views_of,
)
from snndeep.training.fit import merge_settings, train_split  # noqa: E402

REPRESENTATIONS = ("none", "zscore", "both", "auto")
CLASSICAL = ("logistic", "extra_trees")
UNITS = ("slice", "patient")
RESAMPLES, SEED = 1000, 7
FIRST = "first network of "
CHOSEN = "chosen on validation"


@dataclass
class Seen:
    """What one model did on the splits of one seed.

    Attributes:
        folds: By unit, the test part of every fold.
        validation: By fold, the mean ROC-AUC on the validation parts of its networks.
    """

    folds: dict[str, list[Judged]] = field(default_factory=lambda: {unit: [] for unit in UNITS})
    validation: list[float] = field(default_factory=list)


class Study:
    """The samples of a configuration, and how models are trained on them.

    Args:
        config: The complete configuration.
        samples: Table of samples.
        cases: Table of cases.
    """

    def __init__(self, config: Mapping[str, Any], samples: pd.DataFrame, cases: pd.DataFrame):
        self.config, self.samples, self.cases = config, samples, cases
        self.ids = samples["sample"].to_numpy(str)
        self.labels = samples["label"].to_numpy()
        self.owners = samples["patient"].to_numpy(str)
        self.patients = np.unique(self.owners)
        self.diseased = np.unique(self.owners[self.labels == 1])
        status = np.isin(self.patients, self.diseased).astype(int)
        self.draws = patient_draws(status, RESAMPLES, generator(SEED, "networks"))
        self._known: dict[tuple[Split, str], list[tuple[str, np.ndarray]]] = {}

    def splits(self, seed: int, protocol: str) -> list[Split]:
        """Return the splits of one seed."""
        settings = SplitSettings.from_mapping({**self.config["splits"], "protocols": [protocol], "seed": seed})
        return make_splits(self.ids, self.labels, self.owners, settings)

    def fitted(self, splits: list[Split], representation: str) -> dict[str, Preprocessing]:
        """Return scaling and selection by name of the split."""
        settings = {**self.config["preprocessing"], "within_patient": representation}
        return fit_splits(self.samples, splits, [], PreprocessingSettings.from_mapping(settings), self.config["seed"])

    def scores(self, split: Split, fitted: Preprocessing, rules: list[str]) -> list[tuple[str, np.ndarray]]:
        """Return the score of every sample of the validation and test parts by every model, `[N]`, by its name."""
        # What `auto` chose was trained already where it is measured by its own name too.
        key = split, fitted.representation
        if key not in self._known:
            self._known[key] = list(self._scores(split, fitted, rules))
        return self._known[key]

    def _scores(self, split: Split, fitted: Preprocessing, rules: list[str]) -> Iterator[tuple[str, np.ndarray]]:
        parts = part_indices(split, self.ids)
        known = np.concatenate([parts["validation"], parts["test"]])
        encoded = {}
        for name in rules:
            rule = load_rule(name)
            own = {**self.config["learning"][name]}
            encoder = own.pop("encoder")
            if encoder not in encoded:
                made = load_encoder(encoder, self.config["encoders"][encoder])
                encoded[encoder] = encode_split(self.samples, split, fitted, made, self.config["seed"])
            trained = train_split(
                split.name, encoded[encoder], load_backend("custom"), rule,
                rule.trial_settings(merge_settings(rule, own, {})), self.config["seed"],
            )  # fmt: skip
            scores = np.full(self.ids.size, np.nan)
            scores[known] = np.concatenate([trained.scores["validation"], trained.scores["test"]])
            yield name, scores
        views = views_of(self.samples, self.cases, fitted)
        seen = {
            view: {part: Part(values[parts[part]], self.labels[parts[part]]) for part in ("train", "validation")}
            for view, values in views.items()
        }
        size = self.config["learning"]["surrogate"]
        baseline = BaselineSettings(size["hidden"], size["epochs"], size["patience"], self.config["seed"])
        for name in CLASSICAL:
            form, model = choose(BASELINES[name], seen, baseline, SEED)
            yield name, scores_of(model, views[BASELINES[name].candidates[form].view])

    def judged(self, split: Split, scores: np.ndarray) -> tuple[dict[str, JudgedNetwork], float]:
        """Return what a network says of its parts by unit, and its ROC-AUC on validation slices."""
        table = self.samples.set_index("sample")[["patient", "label"]].assign(score=scores)
        validation, test = table.loc[list(split.validation)], table.loc[list(split.test)]
        rows = table.loc[[*split.train, *split.validation]]
        known = np.unique(rows.loc[rows["label"] == 1, "patient"].to_numpy(str))
        shares = self.config["evaluation"]["top_share"]
        networks = {
            "slice": slices_of(validation, test),
            "patient": patients_of(validation, test, known, self.diseased, shares),
        }
        return networks, roc_auc(validation["label"].to_numpy(), validation["score"].to_numpy())

    def run(self, seed: int, protocol: str, representation: str, rules: list[str]) -> dict[str, Seen]:
        """Train every model on the splits of one seed and return what it did, by its name."""
        found: dict[str, Seen] = {}
        splits = self.splits(seed, protocol)
        fitted = self.fitted(splits, representation)
        for fold, members in groupby(splits, key=lambda split: split.fold):
            networks: dict[str, list[dict[str, JudgedNetwork]]] = {}
            validation: dict[str, list[float]] = {}
            for split in members:
                for name, scores in self.scores(split, fitted[split.name], rules):
                    judged, reached = self.judged(split, scores)
                    networks.setdefault(name, []).append(judged)
                    validation.setdefault(name, []).append(reached)
            for name, own in networks.items():
                for shown, taken in ((name, own), (FIRST + name, own[:1])):
                    seen = found.setdefault(shown, Seen())
                    seen.validation.append(float(np.mean(validation[name][: len(taken)])))
                    for unit in UNITS:
                        seen.folds[unit].append(judge(fold, [one[unit] for one in taken]))
        return found

    def auc(self, folds: list[Judged]) -> tuple[float, np.ndarray]:
        """Return the ROC-AUC over pairs within a fold, and the same under every resample of patients."""
        ranked = [
            (one.outcome.label, one.outcome.margin, np.searchsorted(self.patients, one.patients)) for one in folds
        ]
        value = stratified_auc(ranked)
        return float("nan") if value is None else value, resampled_stratified_auc(ranked, self.draws)


def chosen(seen: Mapping[tuple[str, str], Seen], names: list[tuple[str, str]]) -> Seen:
    """Return a model that is, fold by fold, the one of the names with the greatest validation ROC-AUC, the first of equals."""
    result = Seen()
    for fold in range(len(seen[names[0]].validation)):
        best = max(names, key=lambda name: seen[name].validation[fold])
        result.validation.append(seen[best].validation[fold])
        for unit in UNITS:
            result.folds[unit].append(seen[best].folds[unit][fold])
    return result


def samples_of(files: list[str], folder: str) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Let Snakemake make the table of samples, and return the configuration, the samples and the cases."""
    changes: dict[str, Any] = {"run": "bench-networks"}
    if folder:
        path = str(Path(folder).resolve())
        changes["dataset"] = {"source": "directory", "path": path, "on_bad_case": "warn"}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        yaml.safe_dump(changes, file)
        file.flush()
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all", "--until", "samples"]
        subprocess.run([*command, "--configfile", *files, file.name], cwd=ROOT, check=True)
        os.chdir(ROOT)
        config: dict[str, Any] = {}
        for path in ("config/config.yaml", *files, file.name):
            _update(config, yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    completed = complete(config)
    stage = Plan(completed, CodeBase(ROOT / "scripts")).samples
    samples, cases = (read_table(Path(stage.path(f"{name}.parquet")), "samples") for name in ("samples", "cases"))
    return completed, samples, cases


def _update(config: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Merge nested configuration as Snakemake does."""
    for key, value in other.items():
        if isinstance(value, Mapping) and isinstance(config.get(key), dict):
            _update(config[key], value)
        else:
            config[key] = value


@dataclass(frozen=True)
class Measured:
    """What one model reached on the splits of one seed.

    Attributes:
        validation: Mean ROC-AUC on validation slices.
        accuracy: Of test slices.
        auc: By unit, ROC-AUC over pairs within a fold.
        resampled: By unit, the same under every resample of patients `[R]`.
    """

    validation: float
    accuracy: float
    auc: dict[str, float]
    resampled: dict[str, list[float | None]]


Name = tuple[str, str]
"""A model and the representation that it sees."""


def measure(study: Study, typed: argparse.Namespace, seed: int) -> dict[Name, Measured]:
    """Train every model on the splits of one seed and return what it reached."""
    seen = {
        (name, representation): own
        for representation in typed.features
        for name, own in study.run(seed, typed.protocol, representation, typed.rules).items()
    }
    for representation in typed.features:
        seen[CHOSEN, representation] = chosen(seen, [(rule, representation) for rule in typed.rules])
    if {"none", "both"} <= set(typed.features):
        for rule in typed.rules:
            seen[f"{rule}, features {CHOSEN}", "none or both"] = chosen(seen, [(rule, "none"), (rule, "both")])
    measured = {}
    for name, own in seen.items():
        found = {unit: study.auc(own.folds[unit]) for unit in UNITS}
        right = np.concatenate([one.outcome.label == one.outcome.predicted for one in own.folds["slice"]])
        measured[name] = Measured(
            float(np.mean(own.validation)),
            float(right.mean()),
            {unit: value for unit, (value, _) in found.items()},
            {unit: [x if np.isfinite(x) else None for x in draws] for unit, (_, draws) in found.items()},
        )
    return measured


def recall_or_measure(study: Study, typed: argparse.Namespace, seed: int, path: Path) -> dict[Name, Measured]:
    """Return what was reached on the splits of one seed: as an earlier call of the same kind measured it, or anew."""
    kind = {"config": study.config, "protocol": typed.protocol, "rules": typed.rules, "features": typed.features}
    asked = json.loads(json.dumps(kind))
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["kind"] == asked:
            return {(row["name"][0], row["name"][1]): Measured(**row["measured"]) for row in known["models"]}
    found = measure(study, typed, seed)
    models = [{"name": list(name), "measured": asdict(own)} for name, own in found.items()]
    write_json(path, {"kind": asked, "models": models})
    return found


def summarised(seeds: list[dict[Name, Measured]]) -> pd.DataFrame:
    """Return one row per model and representation, the means over seeds; gains are over the same model on raw features."""
    rows, resampled = [], {}
    for name in seeds[0]:
        own = [seed[name] for seed in seeds]
        row: dict[str, Any] = {"model": name[0], "features": name[1]}
        row |= {key: float(np.mean([getattr(one, key) for one in own])) for key in ("validation", "accuracy")}
        for unit in UNITS:
            values = [one.auc[unit] for one in own]
            resampled[name, unit] = np.mean(np.array([one.resampled[unit] for one in own], float), axis=0)
            row |= {unit: float(np.mean(values)), f"{unit}_sd": float(np.std(values))}
            row[f"{unit}_interval"] = interval(resampled[name, unit])
        raw = (name[0].partition(",")[0], "none")
        if name != raw and (raw, "slice") in resampled:
            row["gain_interval"] = interval(resampled[name, "slice"] - resampled[raw, "slice"])
        rows.append(row)
    table = pd.DataFrame(rows)
    raw_values = table[table["features"] == "none"].set_index("model")["slice"]
    return table.assign(gain=table["slice"] - table["model"].str.partition(",")[0].map(raw_values))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=["config/config.yaml"], help="configuration files of the study")
    parser.add_argument("--folder", default="", help="a data set of your own, see docs/own-scans.md")
    parser.add_argument("--seeds", type=int, default=5, help="split seeds (default: %(default)s)")
    parser.add_argument("--protocol", choices=("patient", "slice"), default="patient")
    parser.add_argument("--rules", nargs="+", default=["surrogate", "tempotron", "bal"])
    parser.add_argument("--features", nargs="+", choices=REPRESENTATIONS, default=list(REPRESENTATIONS))
    typed = parser.parse_args()
    study = Study(*samples_of(typed.files, typed.folder))
    folder = [Path(typed.folder).name] if typed.folder else []
    name = "-".join(["networks", *(Path(file).stem for file in typed.files), *folder, typed.protocol])
    results = ROOT / "benchmarks" / "results"
    seeds = []
    for seed in range(study.config["seed"], study.config["seed"] + typed.seeds):
        seeds.append(recall_or_measure(study, typed, seed, results / name / f"{seed}.json"))
        print(f"seed {seed} done", file=sys.stderr, flush=True)
    table = summarised(seeds)
    shown = table.copy()
    for column in [name for name in shown if name.endswith("interval")]:
        shown[column] = [f"{v[0]:.3f} to {v[1]:.3f}" if isinstance(v, list) else "" for v in shown[column]]
    print(shown.to_string(index=False, float_format="{:.3f}".format))
    write_json(results / f"{name}.json", json.loads(table.to_json(orient="records")))
    print(f"written to benchmarks/results/{name}.json")


if __name__ == "__main__":
    main()
