"""From slices to patients: a patient's score is the mean of its highest slice scores, a share of all its slices.

    m = max(1, share n)      of n slices; where m is not whole, the last slice counts by the remainder

A lesion fills few slices of a liver. The mean of all would drown it; the maximum alone listens to the worst outlier. How
many to take is chosen on validation patients. It is a share and not a number, because the mean of the k highest of many
scores is higher than that of few, even where scores are noise: with a fixed k, long scans look diseased.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snndeep.learning.ranking import roc_auc


def patient_scores(patients: np.ndarray, scores: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the highest slice scores of each patient.

    Args:
        patients: Patient of each slice `[N]`.
        scores: `[N]`.
        share: Of a patient's slices, in (0, 1]; at least one slice is taken.

    Returns:
        The patients in ascending order `[P]`, and their scores `[P]`.
    """
    order = np.lexsort((-scores, patients))
    names, starts = np.unique(patients[order], return_index=True)
    slices = np.diff(np.r_[starts, order.size])
    taken = np.maximum(1.0, share * slices)
    rank = np.arange(order.size) - np.repeat(starts, slices)
    weight = np.clip(np.repeat(taken, slices) - rank, 0, 1)
    # Taken as highest minus mean distance from it: equal scores then give that score to the bit, however many they are.
    highest = scores[order][starts]
    below = weight * (np.repeat(highest, slices) - scores[order])
    return names, highest - np.add.reduceat(below, starts) / taken


def choose_share(patients: np.ndarray, scores: np.ndarray, diseased: np.ndarray, candidates: Sequence[float]) -> float:
    """Return the candidate share with the greatest ROC-AUC over validation patients.

    Few patients give many ties; of the best candidates the middle one is taken, the lower of two. With one class only
    nothing can be chosen and the middle candidate is returned.

    Args:
        patients: Patient of each validation slice `[N]`.
        scores: `[N]`.
        diseased: The names of diseased patients.
        candidates: Values of the share.
    """
    candidates = [float(share) for share in sorted(candidates)]
    labels = np.isin(np.unique(patients), diseased).astype(int)
    if labels.min() == labels.max():
        return candidates[(len(candidates) - 1) // 2]
    reached = np.array([roc_auc(labels, patient_scores(patients, scores, share)[1]) for share in candidates])
    best = np.flatnonzero(reached >= reached.max() - 1e-12)
    return candidates[int(best[(best.size - 1) // 2])]
