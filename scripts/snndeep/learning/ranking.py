"""ROC-AUC by ranks, for use inside training loops where importing a library costs more than the training itself."""

from __future__ import annotations

import numpy as np

from snndeep.errors import InvalidInputError


def roc_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the probability that a diseased sample scores above a healthy one, ties counting half.

    This is the Mann-Whitney statistic U / (P N), equal to the area under the ROC curve; a test compares it with
    scikit-learn's.

    Args:
        labels: `[N]`, 0 healthy and 1 diseased.
        scores: `[N]`, higher means more diseased.

    Raises:
        InvalidInputError: If only one class is present.
    """
    labels = np.asarray(labels, bool)
    positives = int(labels.sum())
    negatives = labels.size - positives
    if positives == 0 or negatives == 0:
        raise InvalidInputError(
            "ROC-AUC is undefined for one class.",
            where="labels",
            found=f"{positives} diseased and {negatives} healthy samples",
            expected="at least one of each",
        )
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[inverse]
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))
