"""ROC and precision-recall curves with bootstrap bands.

    mean curve   of the test folds' curves, at equal false positive rate or recall
    band         95 % of the mean curves of bootstrap resamples that draw patients, not slices, within each class

Folds whose test part has one class have no curve and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from snndeep.evaluation.bootstrap import patient_draws
from snndeep.seeds import generator

GRID = np.linspace(0, 1, 101)
Curve = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Band:
    """A mean curve over `GRID` with its 95 % band.

    Attributes:
        mean: [101].
        low: [101].
        high: [101].
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def roc_curve(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Return the true positive rate at the false positive rates of `GRID`.

    Args:
        positive: Weight of diseased samples at or above each distinct score, from the highest score down.
        negative: The same of healthy samples.
    """
    rates = [np.r_[0.0, part] / part[-1] for part in (negative, positive)]
    true_positives: np.ndarray = np.interp(GRID, *rates)
    return true_positives


def precision_recall_curve(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Return the precision at the highest threshold that reaches the recalls of `GRID`; arguments as in `roc_curve`."""
    recall = positive / positive[-1]
    # A recall of 0 is reached by the first sample already; rounding must not push 1 past the end.
    index = np.minimum(np.searchsorted(recall, GRID - 1e-12), recall.size - 1)
    precision: np.ndarray = (positive / np.maximum(positive + negative, 1e-12))[index]
    return precision


def curve_band(judged: pd.DataFrame, curve: Curve, resamples: int, seed: int) -> Band | None:
    """Return the mean curve of the folds with its band; None if no fold has both classes.

    Args:
        judged: Test slices with columns patient, label, fold and margin.
        curve: `roc_curve` or `precision_recall_curve`.
        resamples: Number of bootstrap resamples.
        seed: Of the draws.
    """
    names, position = np.unique(judged["patient"], return_inverse=True)
    label = judged["label"].to_numpy()
    status = np.zeros(names.size, np.int64)
    np.maximum.at(status, position, label)
    draws = patient_draws(status, resamples, generator(seed, "curve bands"))
    weights = np.vstack([np.ones(names.size), draws])
    total, defined = np.zeros((resamples + 1, GRID.size)), np.zeros(resamples + 1)
    for _, rows in judged.groupby("fold").indices.items():
        own_label, score = label[rows], judged["margin"].to_numpy()[rows]
        if len(set(own_label)) < 2:
            continue
        order = np.argsort(-score, kind="stable")
        ends = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
        own = weights[:, position[rows[order]]]
        positive, negative = (np.cumsum(own * (own_label[order] == value), axis=1)[:, ends] for value in (1, 0))
        usable = (positive[:, -1] > 0) & (negative[:, -1] > 0)
        for k in np.flatnonzero(usable):
            total[k] += curve(positive[k], negative[k])
        defined += usable
    if not defined[0]:
        return None
    curves = total[defined > 0] / defined[defined > 0, None]
    low, high = np.percentile(curves[1:] if len(curves) > 1 else curves, [2.5, 97.5], axis=0)
    return Band(curves[0], low, high)
