"""Platt scaling: a patient's probability of disease by logistic regression of the margins of validation patients.

    p = 1 / (1 + exp(-(slope margin + intercept)))

This is the maximum likelihood fit of `snndeep.evaluation.calibration`, with the same softened targets, under many
weightings of the patients at once: the fits to resampled patients give the interval of a probability.

Source: Platt 1999, Probabilistic outputs for support vector machines; Lin, Lin and Weng 2007, Machine Learning 68.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

ITERATIONS = 50
HALVINGS = 20


def fit_platt(margins: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return slope and intercept under every weighting, `[R, 2]`.

    Args:
        margins: Margins of the patients, `[N]`.
        labels: 0 healthy, 1 diseased, `[N]`.
        weights: Number of times that each patient counts, `[R, N]`.
    """
    diseased, healthy = weights @ (labels == 1), weights @ (labels == 0)
    targets = np.where(labels == 1, ((diseased + 1) / (diseased + 2))[:, None], (1 / (healthy + 2))[:, None])
    share = (weights * targets).sum(axis=1) / weights.sum(axis=1)
    flat = np.column_stack([np.zeros_like(share), logit(share)])
    design = np.column_stack([margins, np.ones_like(margins)])
    fit = _newton(design, targets, weights, flat)
    return np.where(fit[:, :1] > 0, fit, flat)


def _newton(design: np.ndarray, targets: np.ndarray, weights: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Minimise the cross entropy by Newton steps, each halved until it no longer raises the loss."""
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
    """Return the probabilities of margins `[R]` under fits `[R, 2]`, `[R]`."""
    probability: np.ndarray = expit(fit[:, 0] * margins + fit[:, 1])
    return probability
