"""Other models on the same features and splits: what a spiking network has to beat.

    logistic      logistic regression on the selected, standardised features          classical
    boosting      gradient boosting on the same                                        classical
    dense         a dense network with as many hidden neurons as the spiking one       classical
    constant      the share of diseased slices in the training part, for every slice   context
    area          logistic regression on the organ's area in the slice alone           context
    acquisition   logistic regression on voxel spacing alone                           context

The last three know nothing of the liver. What they reach shows how far size and scanner give the answer away.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from snndeep.learning.ranking import roc_auc
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.split import Split
from snndeep.seeds import derive_seed
from snndeep.settings import Settings
from snndeep.spikes.encode import part_indices


@dataclass(frozen=True)
class BaselineSettings(Settings):
    """How the other models are fitted.

    Attributes:
        hidden: Hidden neurons of the dense network, as many as the spiking one has.
        epochs: The most passes of the dense network over the training part.
        patience: Epochs without a better validation ROC-AUC before it stops.
        seed: Of the configuration.
    """

    hidden: int
    epochs: int
    patience: int
    seed: int


@dataclass(frozen=True)
class Part:
    """Features and labels of one part of a split, `[N, K]` and `[N]`."""

    values: np.ndarray
    labels: np.ndarray


class Fitted(Protocol):
    """A fitted model of scikit-learn."""

    def predict_proba(self, values: np.ndarray) -> np.ndarray:
        """Return the probability of each class `[N, 2]`."""


Fit = Callable[[Part, Part, BaselineSettings, int], Fitted]


@dataclass(frozen=True)
class Baseline:
    """One model.

    Attributes:
        kind: classical (sees the features) or context (does not).
        view: What it sees: features, area or spacing.
        fit: Fits it, from the training part, the validation part, the settings and a seed.
    """

    kind: str
    view: str
    fit: Fit


def _logistic() -> LogisticRegression:
    return LogisticRegression(C=0.3, class_weight="balanced", max_iter=2000)


def _fit_logistic(train: Part, validation: Part, settings: BaselineSettings, seed: int) -> Fitted:
    return _logistic().fit(train.values, train.labels)


def _fit_scaled_logistic(train: Part, validation: Part, settings: BaselineSettings, seed: int) -> Fitted:
    return make_pipeline(StandardScaler(), _logistic()).fit(train.values, train.labels)


def _fit_constant(train: Part, validation: Part, settings: BaselineSettings, seed: int) -> Fitted:
    return DummyClassifier(strategy="prior").fit(train.values, train.labels)


def _fit_boosting(train: Part, validation: Part, settings: BaselineSettings, seed: int) -> Fitted:
    model = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.08, max_leaf_nodes=15, class_weight="balanced", random_state=seed
    )
    return model.fit(train.values, train.labels)


def _fit_dense(train: Part, validation: Part, settings: BaselineSettings, seed: int) -> Fitted:
    """Fit epoch by epoch and return the network at its best epoch, as the spiking networks are fitted."""
    network = MLPClassifier((settings.hidden,), learning_rate_init=3e-3, batch_size=64, alpha=1e-3, random_state=seed)
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


BASELINES = {
    "logistic": Baseline("classical", "features", _fit_logistic),
    "boosting": Baseline("classical", "features", _fit_boosting),
    "dense": Baseline("classical", "features", _fit_dense),
    "area": Baseline("context", "area", _fit_scaled_logistic),
    "acquisition": Baseline("context", "spacing", _fit_scaled_logistic),
    "constant": Baseline("context", "area", _fit_constant),
}


def score_baselines(
    table: pd.DataFrame,
    cases: pd.DataFrame,
    splits: Sequence[Split],
    preprocessing: Mapping[str, Preprocessing],
    settings: BaselineSettings,
) -> dict[str, np.ndarray]:
    """Fit every baseline on every split and score its validation and test samples.

    Args:
        table: Samples with features.
        cases: One row per case, with its spacing.
        splits: All splits.
        preprocessing: Of the features, fitted on the training part, by name of the split.
        settings: How.

    Returns:
        `<baseline>/<split>/<part>.samples` and `.scores`.
    """
    labels, samples = table["label"].to_numpy(), table["sample"].to_numpy(str)
    spacing = cases.set_index("case").loc[table["case"], ["spacing_x", "spacing_y", "spacing_z"]].to_numpy()
    scores = {}
    for split in splits:
        parts = part_indices(split, samples)
        fitted = preprocessing[split.name]
        raw = table[list(fitted.features)].to_numpy(np.float64)
        views: Mapping[str, np.ndarray] = {
            "features": fitted.standardise(raw),
            "area": table[["organ_area_mm2"]].to_numpy(),
            "spacing": spacing,
        }
        for name, baseline in BASELINES.items():
            values = views[baseline.view]
            train, validation = (Part(values[parts[p]], labels[parts[p]]) for p in ("train", "validation"))
            seed = derive_seed(settings.seed, "baseline", name, split.name) % 2**32
            model = baseline.fit(train, validation, settings, seed)
            for part in ("validation", "test"):
                chosen = parts[part]
                scores[f"{name}/{split.name}/{part}.samples"] = samples[chosen]
                scores[f"{name}/{split.name}/{part}.scores"] = model.predict_proba(values[chosen])[:, 1]
    return scores
