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
    repeat,
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
def _decay_and_threshold(zero, floats, layer, column, learned):
    """Return those of a block; one number each, which takes no registers, unless neurons learn their own."""
    if learned is None:
        return like(zero, floats[layer.beta + column]), like(zero, floats[layer.threshold + column])
    return load(zero, floats, layer.beta + column), load(zero, floats, layer.threshold + column)


@exact
def run_block(zero, floats, layer, column, start, steps, events, first, adaptation, learned, reads, sums):
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
        learned: None, or True if neurons have decays and thresholds of their own.
        reads: None, or True if the layer feeds the two outputs.
        sums: Where the sums `[T, 2, GROUP]` over their weights are, to which the spikes are added if `reads`.
    """
    width = width_of(zero)
    weight = layer.weight + column * layer.inputs
    bias = load(zero, floats, layer.bias + column)
    beta, threshold = _decay_and_threshold(zero, floats, layer, column, learned)
    onward = layer.onward + column * _TWO
    v, trace, theta, one = zero, zero, threshold, like(zero, np.float32(1))
    group = repeat(np.float32(0), GROUP)
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
        if reads is not None:
            for k in range(_TWO):
                place = sums + (t * _TWO + k) * _GROUP
                total = load(group, floats, place)
                store(floats, place, fold(total, choose(fired, load(zero, floats, onward + k * width), zero)))


@exact
def append_spikes(zero, floats, layer, column, at, adaptation, learned, indices, count):
    """List the neurons of a block that fire at the step whose state is `at`; return how many are listed now."""
    _, theta = _decay_and_threshold(zero, floats, layer, column, learned)
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
def backward_onward(zero, floats, layer, column, start, steps, first, count, derivatives):
    """Add to dL/ds of a block what comes back from a block of the next layer.

    Args:
        zero: See above, as the next four.
        floats: See above.
        layer: See above.
        column: See above.
        start: See above.
        steps: The number T of steps.
        first: The first neuron of the block of the next layer.
        count: The width of that block, padding included.
        derivatives: Where its dL/dI `[T, count]` is.
    """
    width = width_of(zero)
    weights = layer.onward + column * layer.onwards + first * width
    filled = min(count, layer.onwards - first)
    for t in range(steps):
        total = load(zero, floats, layer.delta + start + t * width)
        for j in range(filled):
            d = like(zero, floats[derivatives + t * count + j])
            total = total + d * load(zero, floats, weights + j * width)
        store(floats, layer.delta + start + t * width, total)


@exact
def backward_block(zero, floats, layer, column, start, stride, steps, surrogate, adaptation, learned, reads, outputs):
    """Fill dL/dI of half a wide block or of a narrow one, step by step backwards.

    Args:
        zero: A narrow block of zeros.
        floats: See above, as the next three.
        layer: See above.
        column: See above.
        start: See above.
        stride: The width of the block.
        steps: The number T of steps.
        surrogate: (code, slope).
        adaptation: None, or (decay, strength).
        learned: None, or True if decays and thresholds are learned; their derivatives are then added up.
        reads: True if the layer feeds the two outputs; None if it feeds a layer, and dL/ds is where dL/dI goes.
        outputs: Where dL/dI `[T, GROUP]` of the two outputs is, if `reads`.
    """
    code, slope = surrogate
    one = like(zero, np.float32(1))
    scale = like(zero, np.float32(0.5) * slope if code in (ATAN, FAST_SIGMOID) else np.float32(1))
    steepness = like(zero, np.float32(math.pi / 2) * slope if code == ATAN else slope)
    beta, threshold = _decay_and_threshold(zero, floats, layer, column, learned)
    eps, lam, theta, weight_0, weight_1 = zero, zero, threshold, zero, zero
    grad_beta, grad_threshold = zero, zero
    if reads is not None:
        # The weights to the outputs of a wide block are [2, stride].
        onward = layer.onward + (column - column % stride) * _TWO + column % stride
        weight_0, weight_1 = load(zero, floats, onward), load(zero, floats, onward + stride)
    for back in range(steps):
        t = steps - _ONE - back
        at = start + t * stride
        u = load(zero, floats, layer.potential + at)
        if adaptation is not None:
            theta = load(zero, floats, layer.thresholds + at)
        fired = at_least(u, theta)
        if reads is not None:
            place = outputs + t * _GROUP
            through = like(zero, floats[place]) * weight_0 + like(zero, floats[place + _ONE]) * weight_1
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
        eps = beta * d
        if adaptation is not None:
            lam = like(zero, adaptation[0]) * lam - like(zero, adaptation[1]) * spike
        if learned is not None:
            grad_threshold = grad_threshold - spike
            if t > 0:
                before = load(zero, floats, layer.potential + at - stride)
                bound = threshold
                if adaptation is not None:
                    bound = load(zero, floats, layer.thresholds + at - stride)
                grad_beta = grad_beta + d * choose(at_least(before, bound), zero, before)
    if learned is not None:
        _add(floats, layer.gradient + layer.beta + column, grad_beta)
        _add(floats, layer.gradient + layer.threshold + column, grad_threshold)


@exact
def add_bias_gradients(zero, floats, layer, column, start, stride, steps, adaptation, learned, reads, outputs):
    """Add the derivatives of the biases and, if `reads`, of the weights to the outputs; arguments as in `backward_block`."""
    _, threshold = _decay_and_threshold(zero, floats, layer, column, learned)
    bias, theta, grad_0, grad_1 = zero, threshold, zero, zero
    for t in range(steps):
        at = start + t * stride
        bias = bias + load(zero, floats, layer.delta + at)
        if reads is not None:
            if adaptation is not None:
                theta = load(zero, floats, layer.thresholds + at)
            fired = at_least(load(zero, floats, layer.potential + at), theta)
            place = outputs + t * _GROUP
            grad_0 = grad_0 + choose(fired, like(zero, floats[place]), zero)
            grad_1 = grad_1 + choose(fired, like(zero, floats[place + _ONE]), zero)
    _add(floats, layer.gradient + layer.bias + column, bias)
    if reads is not None:
        onward = layer.onward + (column - column % stride) * _TWO + column % stride
        _add(floats, layer.gradient + onward, grad_0)
        _add(floats, layer.gradient + onward + stride, grad_1)


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
