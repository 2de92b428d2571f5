"""The decision threshold: chosen on validation data, never on what is tested."""

from __future__ import annotations

import numpy as np


def choose_threshold(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the threshold with the greatest balanced accuracy, midway between the scores around it.

    Scores at or above the threshold count as diseased; of equally good thresholds the middle one is taken. Where nothing
    can be chosen, because all scores are equal or one class is missing, the calls follow the majority.

    Args:
        labels: Of validation samples `[N]`, 0 or 1.
        scores: `[N]`.
    """
    values = np.unique(scores)
    if len(set(labels)) < 2 or values.size < 2:
        majority = np.mean(labels) >= 0.5
        return float(values[0] if majority else np.nextafter(values[-1], np.inf))
    cuts = (values[1:] + values[:-1]) / 2
    positive = np.asarray(labels) == 1
    sensitivity = 1 - np.searchsorted(np.sort(scores[positive]), cuts) / positive.sum()
    specificity = np.searchsorted(np.sort(scores[~positive]), cuts) / (~positive).sum()
    balanced = sensitivity + specificity
    best = np.flatnonzero(balanced >= balanced.max() - 1e-12)
    return float(cuts[best[best.size // 2]])
