"""From margins to probabilities, and how far these can be trusted.

    p = 1 / (1 + exp(-(slope margin + intercept)))

Slope and intercept are fitted on validation samples by Platt's method: logistic regression against targets that are drawn
in a little, (P + 1) / (P + 2) for diseased and 1 / (N + 2) for healthy samples, so that a few perfectly separated samples
give no certainty. A slope below zero would turn the model's order round and is set to zero: the probability is then the
prevalence. The fit is made under many weightings of the samples at once: under resampled patients it says how much a
probability depends on who they were.

How well probabilities fit the labels of new samples is told by three numbers: the slope of a logistic regression of the
labels on the log odds (1 is right, less is overconfident), the intercept at slope 1 (0 is right, below 0 the risks are too
high), and the calibration error.

Source: Platt 1999, Probabilistic outputs for support vector machines; Lin, Lin and Weng 2007, Machine Learning 68; Van
Calster et al. 2019, BMC Medicine 17; Kumar, Liang and Ma 2019, NeurIPS (arXiv:1909.10155).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

ITERATIONS = 50
HALVINGS = 20
STEEPEST = 100.0
"""A calibration slope beyond this is that of separated classes, which has no finite value."""
CERTAIN = 1e-9
"""Probabilities are kept this far from 0 and 1 where their log odds are taken."""


@dataclass(frozen=True)
class Calibration:
    """A fitted line from margins to log odds."""

    slope: float
    intercept: float

    def probability(self, margins: np.ndarray) -> np.ndarray:
        """Return the probability of disease for margins `[N]`."""
        p: np.ndarray = expit(self.slope * np.asarray(margins, float) + self.intercept)
        return p


def fit_calibration(labels: np.ndarray, margins: np.ndarray) -> Calibration:
    """Fit on validation samples.

    Args:
        labels: `[N]`, 0 or 1.
        margins: `[N]`.
    """
    margins = np.asarray(margins, float)
    slope, intercept = fit_platt(margins, np.asarray(labels), np.ones((1, margins.size)))[0]
    return Calibration(float(slope), float(intercept))


def fit_platt(margins: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return slope and intercept under every weighting, `[R, 2]`.

    Args:
        margins: `[N]`.
        labels: `[N]`, 0 or 1.
        weights: How often each row counts, `[R, N]`.
    """
    diseased, healthy = weights @ (labels == 1), weights @ (labels == 0)
    targets = np.where(labels == 1, ((diseased + 1) / (diseased + 2))[:, None], (1 / (healthy + 2))[:, None])
    share = (weights * targets).sum(axis=1) / weights.sum(axis=1)
    flat = np.column_stack([np.zeros_like(share), logit(share)])
    if np.ptp(margins) == 0:
        return flat
    design = np.column_stack([margins, np.ones_like(margins)])
    fit = _newton(design, targets, weights, flat)
    return np.where(fit[:, :1] > 0, fit, flat)


def _newton(design: np.ndarray, targets: np.ndarray, weights: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Minimise the cross entropy by Newton steps, each halved until it no longer makes things worse."""
    fit, loss = start, _loss(design, targets, weights, start)
    for _ in range(ITERATIONS):
        p = expit(fit @ design.T)
        gradient = (weights * (p - targets)) @ design
        curvature = np.einsum("rn,ni,nj->rij", weights * p * (1 - p), design, design) + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        if np.abs(step).max() < 1e-10:
            break
        scale = np.ones((len(fit), 1))
        for _ in range(HALVINGS):
            tried = fit - scale * step
            worse = _loss(design, targets, weights, tried) > loss + 1e-12
            if not worse.any():
                break
            scale[worse] /= 2
        better = _loss(design, targets, weights, tried) <= loss + 1e-12
        fit = np.where(better[:, None], tried, fit)
        loss = _loss(design, targets, weights, fit)
    return fit


def _loss(design: np.ndarray, targets: np.ndarray, weights: np.ndarray, fit: np.ndarray) -> np.ndarray:
    z = fit @ design.T
    losses: np.ndarray = (weights * (np.logaddexp(0, z) - targets * z)).sum(axis=1)
    return losses


def probabilities(fit: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Return p of margins `[R]` under fits `[R, 2]`."""
    p: np.ndarray = expit(fit[:, 0] * margins + fit[:, 1])
    return p


def calibration_bin(probabilities: np.ndarray, bins: int) -> np.ndarray:
    """Return the number of the equally wide bin of each probability, `[N]`."""
    numbers: np.ndarray = np.minimum((np.asarray(probabilities) * bins).astype(int), bins - 1)
    return numbers


def calibration_error(counts: np.ndarray, diseased: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Return the debiased calibration error, the root of sum_b (n_b / n) (gap_b^2 - variance of the mean label of b).

    The plain error of a perfectly calibrated model is above zero, because the labels of few samples scatter around any
    probability; what that scatter gives on average is taken off. Bins of one sample have no variance and are left out.

    Args:
        counts: Samples of each bin, `[..., B]`.
        diseased: Diseased samples of each bin, `[..., B]`.
        gaps: Sum of label minus probability in each bin, `[..., B]`.
    """
    usable = counts > 1
    n = np.where(usable, counts, 2)
    share = diseased / n
    squared = np.where(usable, n * ((gaps / n) ** 2 - share * (1 - share) / (n - 1)), 0).sum(axis=-1)
    total = np.maximum(np.where(usable, counts, 0).sum(axis=-1), 1)
    error: np.ndarray = np.sqrt(np.maximum(squared / total, 0))
    return error


def binned(labels: np.ndarray, probabilities: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the arguments of `calibration_error` for samples `[N]`, `[B]` each."""
    number = calibration_bin(probabilities, bins)
    sums = (np.ones(len(labels)), labels, np.asarray(labels) - np.asarray(probabilities))
    counts, diseased, gaps = (np.bincount(number, values, minlength=bins) for values in sums)
    return counts, diseased, gaps


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int) -> float:
    """Return `calibration_error` of samples over equally wide bins of probability."""
    return float(calibration_error(*binned(labels, probabilities, bins)))


@dataclass(frozen=True)
class Fitness:
    """How log odds fit labels, with the pull of every sample on it.

    Attributes:
        value: The slope, or the intercept at slope 1; None where it has no finite value.
        influence: What one more copy of each sample changes, to first order, `[N]`.
    """

    value: float | None
    influence: np.ndarray


def calibration_slope(labels: np.ndarray, probability: np.ndarray) -> Fitness:
    """Return the slope of a logistic regression of labels on log odds."""
    odds = log_odds(probability)
    nothing = Fitness(None, np.zeros(odds.size))
    if np.ptp(odds) == 0 or np.ptp(labels) == 0:
        return nothing
    # In units of the deviation, so that neither the odds' scale nor their place disturbs the steps.
    centre, spread = odds.mean(), odds.std()
    design = np.column_stack([(odds - centre) / spread, np.ones_like(odds)])
    targets, ones = np.asarray(labels, float)[None], np.ones((1, odds.size))
    fit = _newton(design, targets, ones, np.array([[0.0, logit(targets.mean())]]))[0]
    p = expit(design @ fit)
    curvature = (design * (p * (1 - p))[:, None]).T @ design
    if abs(fit[0]) > STEEPEST or np.linalg.cond(curvature) > 1e10:
        return nothing
    pull = np.linalg.solve(curvature, (design * (targets[0] - p)[:, None]).T)[0]
    return Fitness(float(fit[0] / spread), pull / spread)


def calibration_intercept(labels: np.ndarray, probability: np.ndarray) -> Fitness:
    """Return the intercept of a logistic regression of labels on log odds whose slope is 1."""
    odds, target = log_odds(probability), np.asarray(labels, float)
    if np.ptp(target) == 0:
        return Fitness(None, np.zeros(odds.size))
    value = 0.0
    for _ in range(ITERATIONS):
        p = expit(odds + value)
        step = float((target - p).sum() / max((p * (1 - p)).sum(), 1e-12))
        value += float(np.clip(step, -2, 2))
        if abs(step) < 1e-10:
            break
    p = expit(odds + value)
    return Fitness(value, (target - p) / max(float((p * (1 - p)).sum()), 1e-12))


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)) of probabilities `[N]`, kept finite."""
    odds: np.ndarray = logit(np.clip(np.asarray(probability, float), CERTAIN, 1 - CERTAIN))
    return odds
