"""Bootstrap over patients: the unit that was sampled from the world, where slices were not.

A resample is a vector of weights, how often each patient was drawn; metrics are computed for all resamples at once.
"""

from __future__ import annotations

import numpy as np


def patient_draws(status: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Draw patients with replacement within each class.

    Args:
        status: Class of each patient `[P]`.
        resamples: Number R of resamples.
        rng: Source of the draws.

    Returns:
        How often each patient was drawn, `[R, P]`.
    """
    counts = np.zeros((resamples, status.size))
    for value in np.unique(status):
        members = np.flatnonzero(status == value)
        counts[:, members] = rng.multinomial(members.size, np.full(members.size, 1 / members.size), size=resamples)
    return counts


def weighted_auc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the ROC-AUC under every weighting, `[R]`; NaN where a class has no weight.

    Args:
        labels: `[N]`, 0 or 1.
        scores: `[N]`.
        weights: `[R, N]`.
    """
    order = np.argsort(scores, kind="stable")
    ranked, labels, weights = scores[order], labels[order], weights[:, order]
    # Equal scores make one group; its members beat each other half the time.
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    positive = np.add.reduceat(weights * labels, starts, axis=1)
    negative = np.add.reduceat(weights * (1 - labels), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))


def weighted_rates(
    labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sensitivity, specificity and accuracy under every weighting, each `[R]`."""
    hit = labels == predicted
    with np.errstate(invalid="ignore", divide="ignore"):
        sensitivity = weights @ (hit & (labels == 1)) / (weights @ (labels == 1))
        specificity = weights @ (hit & (labels == 0)) / (weights @ (labels == 0))
        return sensitivity, specificity, weights @ hit / weights.sum(axis=1)


def interval(values: np.ndarray) -> list[float] | None:
    """Return the 95 % percentile interval, or None if no resample was defined."""
    values = values[np.isfinite(values)]
    return [float(v) for v in np.percentile(values, [2.5, 97.5])] if values.size else None
