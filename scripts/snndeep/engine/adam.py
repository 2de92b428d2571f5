"""One step of the optimiser, compiled: the equations of `snndeep.learning.optimiser`, element by element in one pass."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from snndeep.engine.compiler import exact


class AdamState(NamedTuple):
    """Adam's settings and moments, which each step changes in place.

    Attributes:
        rate: Learning rate.
        beta1: Decay of the first moment.
        beta2: Decay of the second moment.
        eps: Added to the denominator.
        first: First moment `[P]`.
        second: Second moment `[P]`.
        keep: What weight decay leaves of each parameter in a step, `[P]`.
    """

    rate: float
    beta1: float
    beta2: float
    eps: float
    first: np.ndarray
    second: np.ndarray
    keep: np.ndarray


@exact
def adam_step(adam, step, vector, gradient):
    """Update `vector` `[P]` from its derivative; `step` counts from 1."""
    beta1, beta2 = np.float32(adam.beta1), np.float32(adam.beta2)
    new1, new2 = np.float32(1 - adam.beta1), np.float32(1 - adam.beta2)
    rate = np.float32(adam.rate / (1 - adam.beta1**step))
    root, eps = np.float32(math.sqrt(1 - adam.beta2**step)), np.float32(adam.eps)
    first, second, keep = adam.first, adam.second, adam.keep
    for i in range(vector.size):
        g = gradient[i]
        m = beta1 * first[i] + new1 * g
        v = beta2 * second[i] + new2 * (g * g)
        first[i], second[i] = m, v
        vector[i] = keep[i] * vector[i] - m / (np.sqrt(v) / root + eps) * rate


@exact
def average_step(average, decay, step, vector):
    """Take `vector` `[P]` into its moving average; `step` counts from 1."""
    decay = min(decay, (1.0 + step) / (10.0 + step))
    old, new = np.float32(decay), np.float32(1 - decay)
    for i in range(vector.size):
        average[i] = old * average[i] + new * vector[i]
