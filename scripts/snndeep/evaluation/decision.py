"""What turns scores into decisions: fitted on the validation part of one fold, applied to scores that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snndeep.evaluation.aggregation import choose_top, patient_scores
from snndeep.evaluation.calibration import Calibration, fit_calibration
from snndeep.evaluation.thresholds import choose_threshold

MARGIN_DECIMALS = 12


@dataclass(frozen=True)
class Decision:
    """How a score is read.

    Attributes:
        top_slices: A patient's score is the mean of this many highest slice scores; None if the unit is the slice.
        threshold: Scores at or above it are called diseased.
        spread: Standard deviation of validation scores, by which margins are divided; 1 if they are all equal.
        slope: See `snndeep.evaluation.calibration`.
        intercept: The same.
    """

    top_slices: int | None
    threshold: float
    spread: float
    slope: float
    intercept: float

    def margin(self, scores: np.ndarray) -> np.ndarray:
        """Return (score - threshold) / spread, which is comparable between folds, `[N]`."""
        # Rounded, so that a constant model is constant whichever side of its score the threshold lies.
        return np.round((scores - self.threshold) / self.spread, MARGIN_DECIMALS)

    def call(self, scores: np.ndarray) -> np.ndarray:
        """Return 1 for diseased and 0 for healthy, `[N]`."""
        return (scores >= self.threshold).astype(int)

    def probability(self, scores: np.ndarray) -> np.ndarray:
        """Return the calibrated probability of disease, `[N]`."""
        return Calibration(self.slope, self.intercept).probability(self.margin(scores))


def fit_decision(labels: np.ndarray, scores: np.ndarray, top_slices: int | None = None) -> Decision:
    """Choose threshold and calibration from validation samples.

    Args:
        labels: `[N]`, 0 or 1.
        scores: `[N]`.
        top_slices: Kept with the decision.
    """
    spread = float(np.std(scores)) if np.ptp(scores) > 0 else 1.0
    plain = Decision(top_slices, choose_threshold(labels, scores), spread, 0.0, 0.0)
    fitted = fit_calibration(labels, plain.margin(scores))
    return Decision(top_slices, plain.threshold, plain.spread, fitted.slope, fitted.intercept)


def fit_patient_decision(
    patients: np.ndarray, scores: np.ndarray, diseased: np.ndarray, candidates: Sequence[int]
) -> Decision:
    """Choose k, threshold and calibration from the validation slices of a fold.

    Args:
        patients: Patient of each slice `[N]`.
        scores: `[N]`.
        diseased: The names of diseased patients.
        candidates: Values of k.
    """
    top = choose_top(patients, scores, diseased, candidates)
    names, values = patient_scores(patients, scores, top)
    return fit_decision(np.isin(names, diseased).astype(int), values, top)
