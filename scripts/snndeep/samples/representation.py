"""Which representation of the features carries over to other patients, as far as a training part can tell.

Logistic regression is cross-validated inside the training part, with folds in the unit of the split: patients or slices.
Scaling and selection are fitted anew on the rest of every inner fold. Neither the validation nor the test part is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.split import Split
from snndeep.seeds import derive_seed

COMPARED = ("none", "both")
"""In this order; the first of equals is taken. Relative features alone forget what is the same in all slices of a patient."""
FOLDS, REPEATS, STRENGTH = 5, 2, 0.03

FitOn = Callable[[pd.DataFrame, str], Preprocessing]
"""Fits scaling and selection on rows of a table of samples, for one representation."""


def compare_representations(rows: pd.DataFrame, fit: FitOn, split: Split, seed: int) -> dict[str, float]:
    """Return the ROC-AUC of an inner cross-validation by representation, the mean over folds that hold both classes.

    Args:
        rows: The training part.
        fit: Fits scaling and selection.
        split: Its protocol says whether patients or slices are divided.
        seed: Of the configuration.

    Returns:
        1/2 each where no inner fold can be judged.
    """
    reached: dict[str, list[float]] = {name: [] for name in COMPARED}
    labels = rows["label"].to_numpy()
    for fitted_on, judged in _folds(rows, split, seed):
        if np.ptp(labels[fitted_on]) == 0 or np.ptp(labels[judged]) == 0:
            continue
        for name, values in reached.items():
            preprocessing = fit(rows[fitted_on], name)
            z = preprocessing.standardise(rows[list(preprocessing.features)].to_numpy(np.float64))
            model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000)
            model.fit(z[fitted_on], labels[fitted_on])
            values.append(float(roc_auc_score(labels[judged], model.decision_function(z[judged]))))
    return {name: float(np.mean(values)) if values else 0.5 for name, values in reached.items()}


def _folds(rows: pd.DataFrame, split: Split, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield masks of the samples to fit and to judge."""
    groups = rows["patient" if split.protocol == "patient" else "sample"].to_numpy(str)
    names, group = np.unique(groups, return_inverse=True)
    strata = np.zeros(names.size, int)
    np.maximum.at(strata, group, rows["label"].to_numpy())
    folds = min(FOLDS, int(np.bincount(strata, minlength=2).min()))
    if folds < 2:
        return
    for repeat in range(REPEATS):
        drawn = derive_seed(seed, "representation", split.name, repeat) % 2**32
        for _, part in StratifiedKFold(folds, shuffle=True, random_state=drawn).split(names, strata):
            judged = np.isin(group, part)
            yield ~judged, judged
