"""The two output neurons of one sample and the loss.

The outputs are the first two of a block of `GROUP` numbers, `[T, GROUP]`; the others are not looked at.

The neurons are those of `snndeep.engine.neuron`; the loss is that of `snndeep.learning.surrogate`, for one sample:

    z_k = sum_t s_k[t]                  if spikes are counted, else
    z_k = scale mean_t v_pre,k[t]
    loss = weight (logsumexp(z) - z_label)
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from snndeep.engine.compiler import exact
from snndeep.engine.neuron import ATAN, FAST_SIGMOID
from snndeep.engine.vectors import GROUP, at_least, choose, element, like, load, magnitude, pair, repeat, store

CLASSES = 2
_ONE = np.uint64(1)
_GROUP = np.uint64(GROUP)


class ReadoutConstants(NamedTuple):
    """How the outputs are read.

    Attributes:
        beta: Decay of the membrane potential per step.
        threshold: Firing threshold; infinity for neurons that integrate.
        counts: Whether spikes are counted; if not, the potential is averaged.
        scale: See above.
        code: Of the surrogate derivative.
        slope: Of the surrogate derivative.
    """

    beta: np.float32
    threshold: np.float32
    counts: bool
    scale: np.float32
    code: int
    slope: np.float32


@exact
def run_readout(readout, floats, start, steps):
    """Turn the currents at `start` into potentials, in place, and return the two logits."""
    zero = repeat(np.float32(0), GROUP)
    one, beta, threshold = like(zero, np.float32(1)), like(zero, readout.beta), like(zero, readout.threshold)
    v, spikes, potentials = zero, zero, zero
    for t in range(steps):
        u = beta * v + load(zero, floats, start + t * _GROUP)
        store(floats, start + t * _GROUP, u)
        fired = at_least(u, threshold)
        v = choose(fired, zero, u)
        spikes = spikes + choose(fired, one, zero)
        potentials = potentials + u
    if readout.counts:
        return element(spikes, 0), element(spikes, 1)
    scale = readout.scale / np.float32(steps)
    return scale * element(potentials, 0), scale * element(potentials, 1)


@exact
def cross_entropy(logits, label, weight):
    """Return the weighted loss of one sample and its derivative with respect to the two logits."""
    z_0, z_1 = np.float64(logits[0]), np.float64(logits[1])
    greatest = max(z_0, z_1)
    e_0, e_1 = math.exp(z_0 - greatest), math.exp(z_1 - greatest)
    total = e_0 + e_1
    w = np.float64(weight)
    loss = w * (math.log(total) + greatest - (z_1 if label else z_0))
    return loss, (w * (e_0 / total - (0.0 if label else 1.0)), w * (e_1 / total - (1.0 if label else 0.0)))


@exact
def backward_readout(readout, floats, start, steps, gradient, delta):
    """Fill dL/dI at `delta` from dL/dz and the potentials at `start`; return dL/db of the two outputs."""
    zero = repeat(np.float32(0), GROUP)
    one, beta, threshold = like(zero, np.float32(1)), like(zero, readout.beta), like(zero, readout.threshold)
    scale = like(zero, np.float32(0.5) * readout.slope if readout.code in (ATAN, FAST_SIGMOID) else np.float32(1))
    steepness = like(zero, np.float32(math.pi / 2) * readout.slope if readout.code == ATAN else readout.slope)
    upstream = pair(zero, np.float32(gradient[0]), np.float32(gradient[1]))
    to_spikes, to_potentials = upstream, zero
    if not readout.counts:
        to_spikes, to_potentials = zero, upstream * like(zero, readout.scale / np.float32(steps))
    eps, total = zero, zero
    for back in range(steps):
        at = (steps - _ONE - back) * _GROUP
        u = load(zero, floats, start + at)
        if readout.code == ATAN:
            x = steepness * (u - threshold)
            denominator = one + x * x
        else:
            x = one + steepness * magnitude(u - threshold)
            denominator = x * x
        through = scale / denominator * (to_spikes - eps * u)
        d = to_potentials + through + choose(at_least(u, threshold), zero, eps)
        store(floats, delta + at, d)
        eps = beta * d
        total = total + d
    return element(total, 0), element(total, 1)
