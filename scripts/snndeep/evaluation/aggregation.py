"""From slices to patients: a patient's score is the mean of its k highest slice scores.

A lesion fills few slices of a liver. The mean of all would drown it; the maximum alone listens to the worst outlier. How
many to take is chosen where it may be: on validation patients.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snndeep.learning.ranking import roc_auc


def patient_scores(patients: np.ndarray, scores: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the `top` highest slice scores of each patient, of all where a patient has fewer.

    Args:
        patients: Patient of each slice `[N]`.
        scores: `[N]`.
        top: How many slices, at least 1.

    Returns:
        The patients in ascending order `[P]`, and their scores `[P]`.
    """
    order = np.lexsort((-scores, patients))
    names, starts = np.unique(patients[order], return_index=True)
    slices = np.diff(np.r_[starts, order.size])
    rank = np.arange(order.size) - np.repeat(starts, slices)
    # Taken as highest minus mean distance from it: equal scores then give that score to the bit, however many they are.
    highest = scores[order][starts]
    below = np.where(rank < top, np.repeat(highest, slices) - scores[order], 0.0)
    return names, highest - np.add.reduceat(below, starts) / np.minimum(slices, top)


def choose_top(patients: np.ndarray, scores: np.ndarray, diseased: np.ndarray, candidates: Sequence[int]) -> int:
    """Return the candidate k with the greatest ROC-AUC over validation patients.

    Few patients give many ties; of the best candidates the middle one is taken, the lower of two. With one class only
    nothing can be chosen and the middle candidate is returned.

    Args:
        patients: Patient of each validation slice `[N]`.
        scores: `[N]`.
        diseased: The names of diseased patients.
        candidates: Values of k.
    """
    candidates = sorted(candidates)
    labels = np.isin(np.unique(patients), diseased).astype(int)
    if labels.min() == labels.max():
        return candidates[(len(candidates) - 1) // 2]
    reached = np.array([roc_auc(labels, patient_scores(patients, scores, top)[1]) for top in candidates])
    best = np.flatnonzero(reached >= reached.max() - 1e-12)
    return candidates[best[(best.size - 1) // 2]]
