"""From scores to probabilities, and how far these can be trusted.

    p = 1 / (1 + exp(-(slope z + intercept)))       z = (score - threshold) / spread

Slope and intercept are fitted on the validation part by Platt's method: logistic regression against targets that are
drawn in a little, (P + 1) / (P + 2) for diseased and 1 / (N + 2) for healthy samples, so that a few perfectly separated
samples give no certainty. A slope below zero would turn the model's order round and is set to zero: the probability is
then the prevalence.

Source: Platt 1999, "Probabilistic outputs for support vector machines".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit


@dataclass(frozen=True)
class Calibration:
    """A fitted line from margins to log odds."""

    slope: float
    intercept: float

    def probability(self, margins: np.ndarray) -> np.ndarray:
        """Return the probability of disease for margins `[N]`."""
        return expit(self.slope * np.asarray(margins, float) + self.intercept)


def fit_calibration(labels: np.ndarray, margins: np.ndarray) -> Calibration:
    """Fit on validation samples.

    Args:
        labels: `[N]`, 0 or 1.
        margins: `[N]`.
    """
    from sklearn.linear_model import LogisticRegression  # here, because a prediction fits nothing and should start fast

    labels = np.asarray(labels)
    positives = int(labels.sum())
    negatives = labels.size - positives
    targets = np.where(labels == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    flat = Calibration(0.0, float(logit(targets.mean())))
    if np.ptp(margins) == 0:
        return flat
    # A target t is one sample of either class, with weights t and 1 - t.
    both = np.tile(np.asarray(margins, float)[:, None], (2, 1))
    classes = np.repeat([1, 0], labels.size)
    model = LogisticRegression(C=np.inf, max_iter=1000).fit(both, classes, np.concatenate([targets, 1 - targets]))
    slope = float(model.coef_[0, 0])
    return Calibration(slope, float(model.intercept_[0])) if slope > 0 else flat


def calibration_bin(probabilities: np.ndarray, bins: int) -> np.ndarray:
    """Return the number of the equally wide bin of each probability, `[N]`."""
    return np.minimum((np.asarray(probabilities) * bins).astype(int), bins - 1)


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int) -> float:
    """Return sum_b (n_b / n) |mean label - mean probability| over equally wide bins b of probability.

    Source: Naeini, Cooper and Hauskrecht 2015, AAAI.
    """
    number = calibration_bin(probabilities, bins)
    gap = np.bincount(number, np.asarray(labels) - np.asarray(probabilities), minlength=bins)
    return float(np.abs(gap).sum() / len(labels))
