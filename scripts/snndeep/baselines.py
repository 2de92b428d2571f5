"""Classical models on the same features and splits: what a spiking network has to beat.

    logistic      logistic regression on the selected, standardised features
    boosting      gradient boosting on the same
    area          logistic regression on the organ's area in the slice alone
    acquisition   logistic regression on voxel spacing alone

The last two know nothing of the liver. What they reach shows how far size and scanner give the answer away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from snndeep.encoding import fit_on_training_part, part_indices
from snndeep.preprocessing import PreprocessingSettings
from snndeep.protocols import Split
from snndeep.seeds import derive_seed


def _logistic(seed: int) -> object:
    return LogisticRegression(C=0.3, class_weight="balanced", max_iter=2000)


def _boosting(seed: int) -> object:
    return HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.08, max_leaf_nodes=15, class_weight="balanced", random_state=seed % 2**32
    )


def _scaled_logistic(seed: int) -> object:
    return make_pipeline(StandardScaler(), _logistic(seed))


BASELINES: dict[str, tuple[str, Callable[[int], object]]] = {
    "logistic": ("features", _logistic),
    "boosting": ("features", _boosting),
    "area": ("area", _scaled_logistic),
    "acquisition": ("spacing", _scaled_logistic),
}


def score_baselines(
    table: pd.DataFrame,
    cases: pd.DataFrame,
    splits: Sequence[Split],
    settings: PreprocessingSettings,
    seed: int,
) -> dict[str, np.ndarray]:
    """Fit every baseline on every split and score its validation and test samples.

    Args:
        table: Samples with features.
        cases: One row per case, with its spacing.
        splits: All splits.
        settings: Preprocessing of the features, fitted on each training part.
        seed: Of the configuration.

    Returns:
        `<baseline>/<split>/<part>.samples` and `.scores`.
    """
    labels, samples = table["label"].to_numpy(), table["sample"].to_numpy(str)
    spacing = cases.set_index("case").loc[table["case"], ["spacing_x", "spacing_y", "spacing_z"]].to_numpy()
    scores = {}
    for split in splits:
        parts = part_indices(split, samples)
        fitted, raw = fit_on_training_part(table, parts, settings)
        views: Mapping[str, np.ndarray] = {
            "features": fitted.standardise(raw),
            "area": table[["organ_area_mm2"]].to_numpy(),
            "spacing": spacing,
        }
        for name, (view, make) in BASELINES.items():
            model = make(derive_seed(seed, "baseline", name, split.name))
            model.fit(views[view][parts["train"]], labels[parts["train"]])
            for part in ("validation", "test"):
                chosen = parts[part]
                scores[f"{name}/{split.name}/{part}.samples"] = samples[chosen]
                scores[f"{name}/{split.name}/{part}.scores"] = model.predict_proba(views[view][chosen])[:, 1]
    return scores
