"""Other models on the same splits: what a spiking network has to beat.

    logistic, svm, extra_trees, boosting   on the selected features, as the networks read them           classical
    dense            a dense network with as many hidden neurons as the spiking one                      classical
    constant         the share of diseased slices in the training part, for every slice                  context
    area             the organ's area in the slice alone                                                 context
    geometry         area, area relative to the scan's largest, position within the organ                context
    slice_count      how many slices of the organ the scan has                                           context
    acquisition      voxel spacing and matrix size                                                       context
    image_geometry   features and geometry together                                                      joint

Models of context know nothing of the inside of the liver. What they reach shows how far size, place and scanner give the
answer away; what `image_geometry` adds to `geometry` is what the image says beyond that.

Every model is given its best chance: several forms and settings are fitted on the training part, and the one with the
greatest ROC-AUC on the validation part is kept, as for the networks. Scores are log odds.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from snndeep.evaluation.leakage import FITTED, digest_of
from snndeep.learning.ranking import roc_auc
from snndeep.learning.shapes import widths_of
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.split import APART, Split
from snndeep.seeds import derive_seed
from snndeep.settings import Settings
from snndeep.spikes.encode import part_indices

CERTAIN = 1e-3
"""Probabilities are kept this far from 0 and 1 before their log odds are taken; a vote of a hundred trees tells no finer."""


@dataclass(frozen=True)
class BaselineSettings(Settings):
    """How the other models are fitted.

    Attributes:
        hidden: Hidden neurons of the dense network, as many as the spiking one has; one number, or that of each layer.
        epochs: The most passes of the dense network over the training part.
        patience: Epochs without a better validation ROC-AUC before it stops.
        seed: Of the configuration.
    """

    hidden: int | tuple[int, ...]
    epochs: int
    patience: int
    seed: int


@dataclass(frozen=True)
class Part:
    """What a model sees of one part of a split: features or other values and labels, `[N, K]` and `[N]`."""

    values: np.ndarray
    labels: np.ndarray


Fit = Callable[[Part, Part, BaselineSettings, int], Any]
"""Fits one model of scikit-learn from the training part, the validation part, the settings and a seed."""


@dataclass(frozen=True)
class Candidate:
    """One form of a model.

    Attributes:
        view: What it sees, a key of `views_of`.
        fit: Fits it.
    """

    view: str
    fit: Fit


@dataclass(frozen=True)
class Baseline:
    """One model.

    Attributes:
        kind: classical (sees the features), context (does not) or joint (sees both).
        candidates: By name; the one with the greatest validation ROC-AUC is kept, the first of equals.
        apart: Whether it is also fitted in the third arm.
    """

    kind: str
    candidates: Mapping[str, Candidate]
    apart: bool = False


def _estimator(make: Callable[[int], Any]) -> Fit:
    def fit(train: Part, validation: Part, settings: BaselineSettings, seed: int) -> Any:
        return make(seed).fit(train.values, train.labels)

    return fit


def _logistic(strength: float) -> Fit:
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    return _estimator(lambda seed: make_pipeline(StandardScaler(), copy.deepcopy(model)))


def _svm(strength: float) -> Fit:
    model = SVC(C=strength, class_weight="balanced")
    return _estimator(lambda seed: make_pipeline(StandardScaler(), copy.deepcopy(model)))


def _extra_trees(leaf: int, trees: int = 100) -> Fit:
    return _estimator(
        lambda seed: ExtraTreesClassifier(trees, class_weight="balanced", min_samples_leaf=leaf, random_state=seed)
    )


def _boosting(leaves: int) -> Fit:
    # Without class weights: with them scikit-learn takes most of its time for weighted quantiles, and the threshold is
    # chosen on validation samples anyway.
    return _estimator(
        lambda seed: HistGradientBoostingClassifier(
            max_iter=100, learning_rate=0.08, max_leaf_nodes=leaves, random_state=seed
        )
    )


def _fit_dense(train: Part, validation: Part, settings: BaselineSettings, seed: int) -> Any:
    """Fit epoch by epoch and return the network at its best epoch, as the spiking networks are fitted."""
    batch = min(64, len(train.labels))  # what scikit-learn takes anyway, with a warning in every epoch
    network = MLPClassifier(
        widths_of(settings.hidden), learning_rate_init=3e-3, batch_size=batch, alpha=1e-3, random_state=seed
    )
    weights = compute_sample_weight("balanced", train.labels)
    best_auc, best_epoch, best = -1.0, 0, network
    for epoch in range(1, settings.epochs + 1):
        network.partial_fit(train.values, train.labels, classes=[0, 1], sample_weight=weights)
        auc = roc_auc(validation.labels, network.predict_proba(validation.values)[:, 1])
        if auc > best_auc:
            best_auc, best_epoch, best = auc, epoch, copy.deepcopy(network)
        if epoch - best_epoch >= settings.patience:
            break
    return best


def _strong(view: str) -> dict[str, Candidate]:
    """Return the forms of a model of few values: a linear one, and trees of different depth."""
    forms = {"logistic": _logistic(0.3), "trees, leaf 5": _extra_trees(5, 50), "trees, leaf 20": _extra_trees(20, 50)}
    return {name: Candidate(view, fit) for name, fit in forms.items()}


def _forms(fits: Mapping[str, Fit], views: Sequence[str] = ("features",)) -> dict[str, Candidate]:
    return {f"{name}, {view}": Candidate(view, fit) for view in views for name, fit in fits.items()}


_LINEAR_VIEWS = ("features", "unit interval")
BASELINES = {
    "logistic": Baseline(
        "classical", _forms({f"C {c:g}": _logistic(c) for c in (0.003, 0.03, 0.3)}, _LINEAR_VIEWS), True
    ),
    "svm": Baseline("classical", _forms({f"C {c:g}": _svm(c) for c in (0.3, 3.0)}, _LINEAR_VIEWS)),
    "extra_trees": Baseline("classical", _forms({f"leaf {n}": _extra_trees(n) for n in (2, 5)}), True),
    "boosting": Baseline("classical", _forms({f"{n} leaves": _boosting(n) for n in (15, 6)}), True),
    "dense": Baseline("classical", _forms({"one hidden layer": _fit_dense})),
    "area": Baseline("context", _strong("area")),
    "geometry": Baseline("context", _strong("geometry")),
    "slice_count": Baseline("context", _strong("slice count")),
    "acquisition": Baseline("context", _strong("acquisition")),
    "constant": Baseline(
        "context", {"prior": Candidate("area", _estimator(lambda _: DummyClassifier(strategy="prior")))}
    ),
    "image_geometry": Baseline("joint", _strong("features and geometry")),
}


def views_of(table: pd.DataFrame, cases: pd.DataFrame, preprocessing: Preprocessing) -> dict[str, np.ndarray]:
    """Return what models may see of every sample, `[N, K]` each.

    Args:
        table: Samples with features.
        cases: One row per case, with its spacing and shape.
        preprocessing: Of the features, fitted on the training part.
    """
    raw = table[list(preprocessing.features)].to_numpy(np.float64)
    area = table["organ_area_mm2"]
    scans = table.groupby("case")
    number = table["slice"]
    first, last = scans["slice"].transform("min"), scans["slice"].transform("max")
    position: pd.Series[float] = (number - first) / np.maximum(last - first, 1)
    columns = [f"{kind}_{axis}" for kind in ("spacing", "shape") for axis in "xyz"]
    features = preprocessing.standardise(raw)
    geometry = np.column_stack([area, area / scans["organ_area_mm2"].transform("max"), position])
    return {
        "features": features,
        "unit interval": preprocessing.unit_interval(raw),
        "area": geometry[:, :1],
        "geometry": geometry,
        "slice count": scans["slice"].transform("size").to_numpy(float)[:, None],
        "acquisition": cases.set_index("case").loc[table["case"], columns].to_numpy(float),
        "features and geometry": np.hstack([features, geometry]),
    }


def scores_of(model: Any, values: np.ndarray) -> np.ndarray:
    """Return log odds of disease, or the distance to a separating surface where a model has no probabilities, `[N]`."""
    if hasattr(model, "decision_function"):
        distance: np.ndarray = model.decision_function(values)
        return distance
    odds: np.ndarray = logit(np.clip(model.predict_proba(values)[:, 1], CERTAIN, 1 - CERTAIN))
    return odds


def choose(
    baseline: Baseline, parts: Mapping[str, Mapping[str, Part]], settings: BaselineSettings, seed: int
) -> tuple[str, Any]:
    """Fit every candidate on the training part and return the name and the model of the best on the validation part.

    Args:
        baseline: The model.
        parts: By view, then train and validation.
        settings: How.
        seed: Of the fit.
    """
    best_auc, best_name, best = -1.0, "", None
    for name, candidate in baseline.candidates.items():
        train, validation = (parts[candidate.view][part] for part in FITTED)
        model = candidate.fit(train, validation, settings, seed)
        auc = roc_auc(validation.labels, scores_of(model, validation.values))
        if auc > best_auc:
            best_auc, best_name, best = auc, name, model
    return best_name, best


def score_baselines(
    table: pd.DataFrame,
    cases: pd.DataFrame,
    splits: Sequence[Split],
    preprocessing: Mapping[str, Preprocessing],
    settings: BaselineSettings,
) -> dict[str, np.ndarray]:
    """Fit every baseline on every split and score its validation and test samples.

    In the third arm a model keeps the form that was chosen in the same fold of the split by slice.

    Args:
        table: Samples with features.
        cases: One row per case, with its spacing and shape.
        splits: All splits, those of the third arm last.
        preprocessing: Of the features, fitted on the training part, by name of the split.
        settings: How.

    Returns:
        `<baseline>/<split>/<part>.samples` and `.scores`, `/chosen` (the form), `/fitted_on` (see `leakage.digest_of`) and,
        of the dense network, `/macs` (multiply-accumulates of one pass).
    """
    labels, samples, patients = (table[name].to_numpy() for name in ("label", "sample", "patient"))
    samples = samples.astype(str)
    scores: dict[str, np.ndarray] = {}
    forms: dict[tuple[str, int], str] = {}
    for split in splits:
        indices = part_indices(split, samples)
        views = views_of(table, cases, preprocessing[split.name])
        parts = {
            view: {part: Part(values[own], labels[own]) for part, own in indices.items()}
            for view, values in views.items()
        }
        digests = [digest_of(*(values[indices[part]] for values in (samples, labels, patients))) for part in FITTED]
        for name, baseline in BASELINES.items():
            if split.protocol == APART:
                if not baseline.apart:
                    continue
                form = forms[name, split.fold]
                baseline = Baseline(baseline.kind, {form: baseline.candidates[form]})
            seed = derive_seed(settings.seed, "baseline", name, split.name) % 2**32
            form, model = choose(baseline, parts, settings, seed)
            if split.protocol == "slice" and split.member in (None, 0):
                forms[name, split.fold] = form
            view = parts[baseline.candidates[form].view]
            prefix = f"{name}/{split.name}"
            for part in ("validation", "test"):
                scores[f"{prefix}/{part}.samples"] = samples[indices[part]]
                scores[f"{prefix}/{part}.scores"] = scores_of(model, view[part].values)
            scores[f"{prefix}/chosen"] = np.array([form])
            scores[f"{prefix}/fitted_on"] = np.array(digests)
            if name == "dense":
                scores[f"{prefix}/macs"] = np.array([sum(weights.size for weights in model.coefs_)])
    return scores
