"""The work of one block of neurons for one sample, with every sum and state in registers; see `snndeep.engine.vectors`.

The equations are those of `neuron` and `synapse`, whose plain loops are the reference. A block is 64 or 128 neurons wide.
`floats` holds all numbers; a `snndeep.engine.packing.Layer` says where. Every function takes the first neuron of its block
(`column`) and the place of the block's state `[T, width]` behind that of the layer (`start`). `zero` is a block of zeros,
which says how wide the block is.

Rows are added one at a time, in the order of the events: an element's sum does not depend on the width of the block.
Arguments given as None are optional, see `neuron`.
"""

from __future__ import annotations

import math

import numpy as np

from snndeep.engine.compiler import exact
from snndeep.engine.neuron import ATAN, FAST_SIGMOID
from snndeep.engine.vectors import (
    GROUP,
    at_least,
    choose,
    fold,
    like,
    load,
    lowest_bit,
    magnitude,
    store,
    width_of,
    word_of,
)

# Indices are unsigned, see `snndeep.engine.events`; a signed number beside an unsigned one would make both floats.
_U = np.uint64
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_GROUP = np.uint64(GROUP)
_WORD = np.uint64(64)


@exact
def _add_rows(total, events, row, floats, start, width):
    """Return `total` plus the rows of `floats`, the first at `start`, that one row of an event list names."""
    pointers, indices = events
    for k in range(_U(pointers[row]), _U(pointers[row + _ONE])):
        total = total + load(total, floats, start + _U(indices[k]) * width)
    return total


@exact
def run_block(zero, floats, layer, column, start, steps, events, first, adaptation, sums):
    """Fill the potentials of a block from its input events: currents, leak, threshold and reset, step by step.

    Args:
        zero: See above, as the next four.
        floats: See above.
        layer: See above.
        column: See above.
        start: See above.
        steps: The number T of steps.
        events: An event list with a row per step.
        first: The row of step 0.
        adaptation: None, or (decay, strength); the thresholds are then kept as the potentials are.
        sums: None, or where the sums `[T, 2, GROUP]` over the weights of two outputs are, to which the spikes are added.
    """
    width = width_of(zero)
    weight = layer.weight + column * layer.inputs
    bias, beta = load(zero, floats, layer.bias + column), load(zero, floats, layer.beta + column)
    threshold = load(zero, floats, layer.threshold + column)
    onward = layer.onward + column * _TWO
    v, trace, theta, one = zero, zero, threshold, like(zero, np.float32(1))
    for t in range(steps):
        u = beta * v + _add_rows(bias, events, first + t, floats, weight, width)
        at = start + t * width
        if adaptation is not None:
            theta = threshold + like(zero, adaptation[1]) * trace
            store(floats, layer.thresholds + at, theta)
        fired = at_least(u, theta)
        store(floats, layer.potential + at, u)
        v = choose(fired, zero, u)
        if adaptation is not None:
            trace = like(zero, adaptation[0]) * trace + choose(fired, one, zero)
        if sums is not None:
            for k in range(_TWO):
                found = fold(choose(fired, load(zero, floats, onward + k * width), zero))
                place = sums + (t * _TWO + k) * _GROUP
                store(floats, place, load(found, floats, place) + found)


@exact
def append_spikes(zero, floats, layer, column, at, adaptation, indices, count):
    """List the neurons of a block that fire at the step whose state is `at`; return how many are listed now."""
    theta = load(zero, floats, layer.threshold + column)
    if adaptation is not None:
        theta = load(zero, floats, layer.thresholds + at)
    fired = at_least(load(zero, floats, layer.potential + at), theta)
    for number in range(width_of(zero) // _WORD):
        word = word_of(fired, number)
        while word != 0:
            indices[count] = column + number * _WORD + lowest_bit(word)
            count += _ONE
            word &= word - _ONE
    return count


@exact
def clear_block(zero, floats, layer, start, steps):
    """Set dL/ds of a block to zero, before the blocks of the next layer add to it."""
    width = width_of(zero)
    for t in range(steps):
        store(floats, layer.delta + start + t * width, zero)


@exact
def backward_onward(zero, floats, layer, column, start, steps, first, count, outputs, derivatives):
    """Add to dL/ds of a block what comes back from a block of the next layer.

    Args:
        zero: See above, as the next four.
        floats: See above.
        layer: See above.
        column: See above.
        start: See above.
        steps: The number T of steps.
        first: The first neuron of the block of the next layer.
        count: How many neurons it has.
        outputs: How many the next layer has.
        derivatives: Where its dL/dI `[T, count]` is.
    """
    width = width_of(zero)
    weights = layer.onward + column * outputs + first * width
    for t in range(steps):
        total = load(zero, floats, layer.delta + start + t * width)
        for j in range(count):
            d = like(zero, floats[derivatives + t * count + j])
            total = total + d * load(zero, floats, weights + j * width)
        store(floats, layer.delta + start + t * width, total)


@exact
def backward_block(zero, floats, layer, column, start, steps, surrogate, adaptation, learned, outputs):
    """Fill dL/dI of a block; add the derivatives of biases, decays, thresholds and of the weights to the outputs.

    Args:
        zero: See above, as the next four.
        floats: See above.
        layer: See above.
        column: See above.
        start: See above.
        steps: The number T of steps.
        surrogate: (code, slope).
        adaptation: None, or (decay, strength).
        learned: None, or True if decays and thresholds have derivatives.
        outputs: Where dL/dI `[T, 2]` of two outputs is; None if there is a next layer, and dL/ds where dL/dI goes.
    """
    width = width_of(zero)
    code, slope = surrogate
    one = like(zero, np.float32(1))
    scale = like(zero, np.float32(0.5) * slope if code in (ATAN, FAST_SIGMOID) else np.float32(1))
    steepness = like(zero, np.float32(math.pi / 2) * slope if code == ATAN else slope)
    beta, threshold = load(zero, floats, layer.beta + column), load(zero, floats, layer.threshold + column)
    eps, lam, theta = zero, zero, threshold
    grad_bias, grad_beta, grad_threshold = zero, zero, zero
    onward = layer.onward + column * _TWO
    if outputs is not None:
        grad_0, grad_1 = zero, zero
        weight_0, weight_1 = load(zero, floats, onward), load(zero, floats, onward + width)
    for back in range(steps):
        t = steps - _ONE - back
        at = start + t * width
        u = load(zero, floats, layer.potential + at)
        if adaptation is not None:
            theta = load(zero, floats, layer.thresholds + at)
        fired = at_least(u, theta)
        if outputs is not None:
            d_0 = like(zero, floats[outputs + t * _TWO])
            d_1 = like(zero, floats[outputs + t * _TWO + _ONE])
            through = d_0 * weight_0 + d_1 * weight_1
            grad_0 = grad_0 + choose(fired, d_0, zero)
            grad_1 = grad_1 + choose(fired, d_1, zero)
        else:
            through = load(zero, floats, layer.delta + at)
        if code == ATAN:
            x = steepness * (u - theta)
            denominator = one + x * x
        else:
            x = one + steepness * magnitude(u - theta)
            denominator = x * x
        through = through - eps * u
        if adaptation is not None:
            through = through + lam
        spike = scale / denominator * through
        d = spike + choose(fired, zero, eps)
        store(floats, layer.delta + at, d)
        grad_bias = grad_bias + d
        eps = beta * d
        if adaptation is not None:
            lam = like(zero, adaptation[0]) * lam - like(zero, adaptation[1]) * spike
        if learned is not None:
            grad_threshold = grad_threshold - spike
            if t > 0:
                before = load(zero, floats, layer.potential + at - width)
                bound = threshold
                if adaptation is not None:
                    bound = load(zero, floats, layer.thresholds + at - width)
                grad_beta = grad_beta + d * choose(at_least(before, bound), zero, before)
    place = layer.gradient + column
    _add(floats, place + layer.bias, grad_bias)
    if learned is not None:
        _add(floats, place + layer.beta, grad_beta)
        _add(floats, place + layer.threshold, grad_threshold)
    if outputs is not None:
        _add(floats, layer.gradient + onward, grad_0)
        _add(floats, layer.gradient + onward + width, grad_1)


@exact
def _add(floats, at, vector):
    store(floats, at, load(vector, floats, at) + vector)


@exact
def add_gradients_by_channel(zero, floats, layer, column, start, events, first):
    """Add dL/dW[i] = sum_t s_i[t] dL/dI[t], from an event list with a row per channel: each sum is loaded and stored once."""
    width = width_of(zero)
    for i in range(layer.inputs):
        at = layer.gradient + layer.weight + column * layer.inputs + i * width
        total = _add_rows(load(zero, floats, at), events, first + i, floats, layer.delta + start, width)
        store(floats, at, total)


@exact
def add_gradients_by_step(zero, floats, layer, column, start, steps, events, first):
    """As `add_gradients_by_channel`, from an event list with a row per step: better where a channel fires less than twice.

    The events of a channel are added in the same order, so the sums are the same.
    """
    pointers, indices = events
    width = width_of(zero)
    for t in range(steps):
        d = load(zero, floats, layer.delta + start + t * width)
        for k in range(_U(pointers[first + t]), _U(pointers[first + t + _ONE])):
            at = layer.gradient + layer.weight + column * layer.inputs + _U(indices[k]) * width
            store(floats, at, load(zero, floats, at) + d)
