"""What turns scores into calls: fitted on the validation part of one network, applied to scores that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snndeep.evaluation.aggregation import choose_share, patient_scores
from snndeep.evaluation.thresholds import choose_threshold

MARGIN_DECIMALS = 12


@dataclass(frozen=True)
class Decision:
    """How a score is read.

    Attributes:
        top_share: A patient's score is the mean of this share of its slice scores, the highest; None if the unit is the
            slice.
        threshold: Scores at or above it are called diseased.
        spread: Standard deviation of validation scores, by which margins are divided; 1 if they are all equal.
    """

    top_share: float | None
    threshold: float
    spread: float

    @property
    def share(self) -> float:
        """The share of slices, of a decision about patients."""
        if self.top_share is None:
            raise ValueError("a decision about slices has no share")
        return self.top_share

    def margin(self, scores: np.ndarray) -> np.ndarray:
        """Return (score - threshold) / spread, which is comparable between networks, `[N]`; diseased from 0 on."""
        # Rounded, so that a constant model is constant whichever side of its score the threshold lies.
        margins: np.ndarray = np.round((scores - self.threshold) / self.spread, MARGIN_DECIMALS)
        return margins


def fit_decision(labels: np.ndarray, scores: np.ndarray, top_share: float | None = None) -> Decision:
    """Choose the threshold from validation samples.

    Args:
        labels: `[N]`, 0 or 1.
        scores: `[N]`.
        top_share: Kept with the decision.
    """
    spread = float(np.std(scores)) if np.ptp(scores) > 0 else 1.0
    return Decision(top_share, choose_threshold(labels, scores), spread)


def fit_patient_decision(
    patients: np.ndarray, scores: np.ndarray, diseased: np.ndarray, candidates: Sequence[float]
) -> Decision:
    """Choose share and threshold from the validation slices of a network.

    Args:
        patients: Patient of each slice `[N]`.
        scores: `[N]`.
        diseased: The names of diseased patients, as the validation and training parts know them.
        candidates: Values of the share.
    """
    share = choose_share(patients, scores, diseased, candidates)
    names, values = patient_scores(patients, scores, share)
    return fit_decision(np.isin(names, diseased).astype(int), values, share)
