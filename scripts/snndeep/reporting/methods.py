"""The methods of a run, as text for a paper: generated from the configuration, with every setting in use.

A setting that no sentence mentions is listed at the end of its paragraph, so that a new setting is never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snndeep.backends.registry import load_backend
from snndeep.learning.base import LearningRule
from snndeep.learning.registry import load_rule
from snndeep.reporting.names import rule_title
from snndeep.samples.preprocessing import Preprocessing
from snndeep.settings import as_text
from snndeep.spikes.encoders.registry import encoder_class, load_encoder
from snndeep.training.strategy import Strategy

Config = Mapping[str, Any]
NO_METHOD = ("run", "report.", "store", "prune.", "tuning.storage")
SCALERS = {
    "standard": "mean 0 and standard deviation 1",
    "robust": "median 0 and interquartile range 1",
}
PROTOCOLS = {
    "patient": "by patient (each patient is in one part only; these are the main results)",
    "slice": "by slice (slices of one patient may be in several parts, as in the first version of the paper; shown to "
    "measure leakage)",
}


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the methods.

    Attributes:
        title: Heading.
        text: Sentences.
    """

    title: str
    text: str


def used_settings(config: Config) -> dict[str, Any]:
    """Return every setting that a result depends on, by its dotted name.

    Left out are the run's name and look, encoders and learning rules that are not in use, and in parity mode the search
    space of the native mode. A range of the search space is one setting.

    Args:
        config: The complete configuration, see `workflow/schemas/config.schema.yaml`.
    """
    rules = config["models"]["rules"]
    encoders = {config["learning"][rule]["encoder"] for rule in rules}
    spaces = {*rules, *(["native"] if config["tuning"]["mode"] == "native" else [])}
    unused = (
        *(f"encoders.{name}." for name in config["encoders"] if name not in encoders),
        *(f"learning.{name}." for name in config["learning"] if name not in rules),
        *(f"tuning.search_space.{name}." for name in config["tuning"]["search_space"] if name not in spaces),
        *([] if config["splits"]["members"] > 1 else ["tuning.parts"]),
    )
    return {name: value for name, value in _leaves(config, "").items() if not name.startswith((*NO_METHOD, *unused))}


def _leaves(value: Any, prefix: str) -> dict[str, Any]:
    is_range = isinstance(value, Mapping) and ("choices" in value or {"low", "high"} <= set(value))
    if not isinstance(value, Mapping) or is_range:
        return {prefix: value}
    joined = (_leaves(item, f"{prefix}.{key}" if prefix else str(key)) for key, item in value.items())
    return {name: leaf for leaves in joined for name, leaf in leaves.items()}


class _Settings:
    """The settings in use. It remembers which of them were read."""

    def __init__(self, config: Config):
        self._values = used_settings(config)
        self._read: set[str] = set()

    def __call__(self, name: str) -> Any:
        self._read.add(name)
        return self._values[name]

    def text(self, name: str) -> str:
        """Return a value as text."""
        return as_text(self(name))

    def below(self, prefix: str) -> dict[str, Any]:
        """Return all settings whose names start with a prefix, by the rest of their name."""
        names = [name for name in self._values if name.startswith(prefix)]
        return {name.removeprefix(prefix): self(name) for name in names}

    def rest(self, *prefixes: str) -> str:
        """Return a sentence that lists the settings under the given prefixes that were not read, or an empty string."""
        left = {n: v for n, v in self._values.items() if n.startswith(prefixes) and n not in self._read}
        self._read |= set(left)
        listed = "; ".join(f"{name} = {as_text(value)}" for name, value in left.items())
        return f" Further settings: {listed}." if listed else ""


def methods(config: Config, fitted: Sequence[Preprocessing] = ()) -> list[Paragraph]:
    """Return the paragraphs of the methods.

    Args:
        config: The complete configuration, see `workflow/schemas/config.schema.yaml`.
        fitted: Scaling and selection of each split, which say what the training parts chose.
    """
    settings = _Settings(config)
    paragraphs: list[tuple[str, Callable[[_Settings], str], tuple[str, ...]]] = [
        ("Data", _data, ("dataset.", "samples.")),
        ("Features", lambda s: _features(s, fitted), ("features.", "preprocessing.")),
        ("Splits", _splits, ("splits.", "seed")),
        ("Encoding", _encoding, ("encoders.",)),
        ("Networks", _networks, ("models.",)),
        ("Learning", _learning, ("learning.",)),
        ("Hyperparameters", _tuning, ("tuning.",)),
        ("Evaluation", _evaluation, ("evaluation.", "insight.")),
    ]
    written = [Paragraph(title, write(settings) + settings.rest(*prefixes)) for title, write, prefixes in paragraphs]
    further = settings.rest("")
    return [*written, *([Paragraph("Further", further.strip())] if further else [])]


def _data(s: _Settings) -> str:
    source = s("dataset.source")
    organ, lesion = s("dataset.labels.organ"), s("dataset.labels.lesion")
    masks = f"In the masks, {_label(organ)} organ and {_label(lesion)} lesion. " if lesion else (
        f"In the masks, {_label(organ)} organ; lesions are not marked, and each slice has its patient's label. "
    )  # fmt: skip
    if ignored := s("dataset.labels.ignore"):
        masks += f"Ignored: {_label(ignored)}. "
    if s("dataset.labels.fill_holes"):
        masks += "Holes that the organ encloses count as organ. "
    origin = {"phantom": _phantom, "msd": _msd, "directory": _directory}[source](s)
    area, least = s.text("features.min_organ_area"), s.text("samples.min_lesion_area")
    return (
        f"{origin} {masks}A sample is an axial slice with at least {area} mm² of organ. It counts as diseased with at "
        f"least {least} mm² of lesion and as healthy without lesion; slices with a smaller lesion are left out. A patient "
        "is diseased if any of its slices is."
    )


def _label(labels: list[int | str]) -> str:
    return f"the labels {as_text(labels)} mean" if len(labels) > 1 else f"the label {as_text(labels)} means"


def _phantom(s: _Settings) -> str:
    own = {name: as_text(value) for name, value in s.below("dataset.phantom.").items()}
    shape = own.pop("shape").replace(", ", " \N{MULTIPLICATION SIGN} ")
    listed = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in own.items() if name != "patients")
    return (
        f"The data are synthetic: {own['patients']} abdominal CT scans of {shape} voxels, with livers, lesions, "
        f"confounders and scanners that differ between patients ({listed})."
    )


def _msd(s: _Settings) -> str:
    return (
        f"The data are {len(s('dataset.cases'))} labelled scans of Task03_Liver of the Medical Segmentation Decathlon "
        f"(Simpson et al. 2019), whose archive has the MD5 {s.text('dataset.msd.md5')}."
    )


def _directory(s: _Settings) -> str:
    return "The data are the user's own CT scans with masks."


def _features(s: _Settings, fitted: Sequence[Preprocessing]) -> str:
    low, high = s("features.resegmentation")
    families = ", ".join(name.replace("_", " ") for name in s("features.families"))
    chosen = {"recommended": "the features that the IBSI recommends", "all": "all features"}[s("features.feature_set")]
    whole = "were also extracted" if s("features.patient_features") else "were not extracted"
    kept, correlation = s.text("preprocessing.features"), s.text("preprocessing.max_correlation")
    return (
        "Features follow the IBSI reference manual (arXiv:1612.07003) and were computed from organ and lesion together, so "
        f"that the region does not reveal the class. Slices were resampled to {s.text('features.slice_spacing')} mm in "
        f"plane and whole organs to {s.text('features.patient_spacing')} mm; a resampled voxel belongs to the region from "
        f"a value of {s.text('features.mask_threshold')}. Intensities outside {as_text(low)} to {as_text(high)} HU were left "
        f"out; grey levels are {s.text('features.bin_width')} HU wide. Families: {families}; of these, {chosen}. Features of "
        f"the whole organ in 3D {whole}. On each training part, features were scaled to "
        f"{SCALERS[s('preprocessing.scaler')]}, missing values were filled with the median, and the {kept} features with the "
        f"largest F statistic were kept, without the weaker of two whose correlation exceeds {correlation}. "
        f"{_relative(s, fitted)} Area, spacing and position were never features. Scaled values z were mapped "
        "to [0, 1] by the normal distribution function."
    )


def _relative(s: _Settings, fitted: Sequence[Preprocessing]) -> str:
    """Return in sentences what relative features were used for."""
    choice = s("preprocessing.within_patient")
    if choice == "none":
        return "Features were not taken relative to the patient."
    meant = "as z-score over all slices of its own scan, without labels and without other scans"
    if choice == "zscore":
        return f"Instead of each feature, the same {meant} was used."
    beside = f"the same {meant}, and as many of these were kept in addition"
    if choice == "both":
        return f"Beside each feature was {beside}."
    better = "Where logistic regression, cross-validated inside a training part, did better with it"
    said = f"{better}, beside each feature was {beside}"
    compared = [own.compared for own in fitted if own.compared]
    if not compared:
        return f"{said}."
    taken = sum(own.representation == "both" for own in fitted)
    without, beside_it = (sum(own[name] for own in compared) / len(compared) for name in ("none", "both"))
    return (
        f"{said}: in {taken} of {len(fitted)} splits (mean ROC-AUC inside the training parts {without:.3f} without and "
        f"{beside_it:.3f} with relative features)."
    )


def _splits(s: _Settings) -> str:
    protocols = " and ".join(PROTOCOLS[name] for name in s("splits.protocols"))
    repeated = f", and that {s.text('splits.repeats')} times" if s("splits.repeats") > 1 else ""
    uses = "early stopping, thresholds, calibration and the choice of hyperparameters"
    if s("splits.members") == 1:
        kept = f"Of the rest, a share of {s.text('splits.validation_fraction')} was kept for validation: {uses}."
    else:
        kept = (
            f"The rest was divided into {s.text('splits.members')} parts, and as many networks were trained for each fold, "
            f"each with a different part kept for validation: {uses}. (With fewer patients of a class than networks, each "
            f"network draws a share of {s.text('splits.validation_fraction')}.) Their distances from their thresholds, in "
            "spreads of their validation scores, were averaged. The classical models were fitted in the same way."
        )
    return (
        f"Samples were split {protocols}, each time into {s.text('splits.folds')} test folds stratified by class{repeated}. "
        f"{kept} "
        f"Test parts were scored once. All random numbers derive from the seed {s.text('seed')} and the names of what they "
        "are for."
    )


def _encoding(s: _Settings) -> str:
    used = dict.fromkeys(s(f"learning.{rule}.encoder") for rule in s("models.rules"))
    return " ".join(load_encoder(name, s.below(f"encoders.{name}.")).methods_text() for name in used)


def _networks(s: _Settings) -> str:
    backends = ", ".join(load_backend(name).methods_text() for name in s("models.backends"))
    rules = ", ".join(rule_title(name) for name in s("models.rules"))
    device = {"cpu": "", "cuda": " Those that can were trained on a GPU."}.get(s("models.device"), "")
    return (
        "Leaky integrate-and-fire neurons, v[t] = beta v[t-1] + I[t], with a spike and a hard reset to 0 at the "
        f"threshold. Implementations: {backends}; all compute the same equations. Learning rules: {rules}; every "
        f"implementation was trained with every rule.{device}"
    )


def _learning(s: _Settings) -> str:
    return " ".join(_rule(s, load_rule(name)) for name in s("models.rules"))


def _rule(s: _Settings, rule: LearningRule) -> str:
    settings = s.below(f"learning.{rule.name}.")
    encoder = encoder_class(settings.pop("encoder")).label
    return f"{rule.methods_text(rule.settings.from_mapping(settings))} It reads {encoder[0].lower()}{encoder[1:]}."


def _tuning(s: _Settings) -> str:
    mode = {
        "parity": "All implementations compute the same, so one search served them all (parity mode).",
        "native": f"{_native(s)} also searched settings that not every implementation supports (native mode).",
    }[s("tuning.mode")]
    spaces: dict[str, list[str]] = {}
    for name, choice in s.below("tuning.search_space.").items():
        rule, _, own = name.partition(".")
        spaces.setdefault(rule, []).append(f"{own} {_range(choice)}")
    strategy = Strategy(s("tuning.sampler"), s("tuning.random_trials"), s("tuning.pruner"))
    listed = "; ".join(f"{rule_title(rule)}: {', '.join(ranges)}" for rule, ranges in spaces.items())
    judged = ""
    if (members := s("splits.members")) > 1:
        parts = min(s("tuning.parts"), members)
        whose = "the fold's first network" if parts == 1 else f"{parts} networks of the fold, by the mean"
        judged = f" on the validation part of {whose}; all networks of the fold took the settings found"
    return (
        f"Hyperparameters were searched with Optuna's {strategy.methods_text()}, {s.text('tuning.n_trials')} trials "
        f"per model and fold, without the test part, by ROC-AUC{judged or ' on the validation part'}. The configured settings "
        "above were tried first if they lie in the search space; the best values found replaced them. "
        f"{mode} Search space: {listed}."
    )


def _native(s: _Settings) -> str:
    labels = [backend.label for backend in map(load_backend, s("models.backends")) if backend.native]
    return f"Implementations that support it ({', '.join(labels) or 'none of those used'})"


def _range(choice: Mapping[str, Any]) -> str:
    if "choices" in choice:
        return f"one of {as_text(choice['choices'])}"
    scale = " (logarithmic)" if choice.get("log") else ""
    return f"{as_text(choice['low'])} to {as_text(choice['high'])}{scale}"


def _evaluation(s: _Settings) -> str:
    return (
        "A patient's score is the mean of its highest slice scores, a share of all its slices; one of "
        f"{s.text('evaluation.top_share')}, chosen on validation patients. What scores of noise reach with the same shares is "
        "given with every figure over patients. Decision thresholds maximise balanced accuracy on validation data. The "
        "network and the classical model of the answer were chosen by their ROC-AUC on validation slices. ROC-AUC is taken "
        "over pairs within a test fold, PR-AUC is the mean over test folds. Intervals (95 %) and paired comparisons come "
        f"from {s.text('evaluation.bootstrap')} bootstrap resamples of patients; intervals of differences hold for all "
        "comparisons of a protocol and unit at once (max-T, Westfall and Young 1993), and every verdict is read from them. "
        "Networks with identical results count once. Models were also compared by the corrected resampled t-test (Nadeau "
        "and Bengio 2003), adjusted after Holm. Probabilities were calibrated on validation data after Platt (1999); the "
        f"calibration error is debiased (Kumar et al. 2019) and uses {s.text('evaluation.calibration_bins')} bins. "
        "Leakage is the difference to networks trained without the slices of the tested patients, some of the patients at a "
        f"time, on the same test slices. Importance of features is by permutation, {s.text('insight.repeats')} times each."
    )
