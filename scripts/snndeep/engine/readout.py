"""The two output neurons of one sample and the loss: few numbers, so plain loops.

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

CLASSES = 2
_U = np.uint64
_ONE = np.uint64(1)
_TWO = np.uint64(CLASSES)


class Readout(NamedTuple):
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
    """Turn the currents `[T, 2]` at `start` into potentials, in place, and return the two logits."""
    return _run_output(readout, floats, start, steps), _run_output(readout, floats, start + _ONE, steps)


@exact
def _run_output(readout, floats, start, steps):
    zero = np.float32(0)
    v, total = zero, zero
    for t in range(steps):
        u = readout.beta * v + floats[start + t * _TWO]
        floats[start + t * _TWO] = u
        fired = u >= readout.threshold
        v = zero if fired else u
        if readout.counts:
            total += np.float32(fired)
        else:
            total += u
    return total if readout.counts else readout.scale * (total / np.float32(steps))


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
    """Fill dL/dI `[T, 2]` at `delta` from dL/dz and the potentials at `start`; return dL/db of the two outputs."""
    return (
        _backward_output(readout, floats, start, steps, np.float32(gradient[0]), delta),
        _backward_output(readout, floats, start + _ONE, steps, np.float32(gradient[1]), delta + _ONE),
    )


@exact
def _backward_output(readout, floats, start, steps, gradient, delta):
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    scale = half * readout.slope if readout.code in (ATAN, FAST_SIGMOID) else one
    steepness = np.float32(math.pi / 2) * readout.slope if readout.code == ATAN else readout.slope
    eps, total = zero, zero
    grad_spike = gradient if readout.counts else zero
    grad_potential = zero if readout.counts else gradient * (readout.scale / np.float32(steps))
    for back in range(steps):
        t = steps - _ONE - back
        u = floats[start + t * _TWO]
        if readout.code == ATAN:
            x = steepness * (u - readout.threshold)
            denominator = one + x * x
        else:
            x = one + steepness * abs(u - readout.threshold)
            denominator = x * x
        through = scale / denominator * (grad_spike - eps * u)
        d = grad_potential + through + (zero if u >= readout.threshold else eps)
        floats[delta + t * _TWO] = d
        eps = readout.beta * d
        total += d
    return total
