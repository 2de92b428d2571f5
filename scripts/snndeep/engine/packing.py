"""Parameters and their derivatives in the form that blocks of neurons work on, see `snndeep.engine.blocks`.

Training sees one vector of parameters, whose matrices `[inputs, neurons]` are stored row by row. Here the neurons are
padded to a multiple of 64 and the matrix is cut into blocks of columns, each contiguous, so that what a block needs stays
in the cache whatever the number of neurons. Padding neurons have no input and no influence. All numbers are in one array,
`floats`, whose parts start at cache lines.

A channel that fires in more than half of all steps is cheaper to describe by when it does not. Event lists that name the
silent entries (`EventTrains.silent`) give the same currents with the sum of all rows as a bias and the rows negated:

    sum_i s_i W[i] + b = (b + sum_i W[i]) + sum_i (1 - s_i) (-W[i])
    dL/dW[i] = sum_t delta[t] - sum_t (1 - s_i[t]) delta[t]
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
from llvmlite.binding import get_host_cpu_features

from snndeep.engine.compiler import exact

NARROW, WIDE = 64, 128
_LINE = 16
_U = np.uint64


class Layer(NamedTuple):
    """A hidden layer of N neurons with M inputs, which feeds K neurons or outputs: its sizes and where its numbers are.

    Attributes:
        inputs: M.
        neurons: N.
        padded: N rounded up to a multiple of `NARROW`.
        onwards: K.
        weight: `[blocks, M, width]`.
        bias: `[padded]`.
        beta: `[padded]`.
        threshold: `[padded]`.
        onward: The weights that lead on, transposed, `[blocks, K, width]`.
        end: The end of the parameters.
        gradient: How far behind a parameter its derivative is.
        potential: v_pre of some samples, `[samples, blocks, T, width]`.
        thresholds: The effective thresholds, as `potential`; only with adaptation.
        delta: dL/dI, as `potential`.
    """

    inputs: np.uint64
    neurons: np.uint64
    padded: np.uint64
    onwards: np.uint64
    weight: np.uint64
    bias: np.uint64
    beta: np.uint64
    threshold: np.uint64
    onward: np.uint64
    end: np.uint64
    gradient: np.uint64
    potential: np.uint64
    thresholds: np.uint64
    delta: np.uint64


class Places(NamedTuple):
    """Where a layer's parameters begin in the vector; -1 for decays and thresholds that are not learned.

    `onward` are the weights of the next layer or of the outputs.
    """

    weight: int
    bias: int
    beta: int
    threshold: int
    onward: int


def padded(neurons: int) -> int:
    """Return the number of neurons rounded up to whole blocks."""
    return -(-neurons // NARROW) * NARROW


def widest_block(steps: int) -> int:
    """Return the width of the widest blocks to use for T steps: a choice of speed, which no result depends on.

    Wide blocks read a list of events once where narrow ones read it twice. They need 32 registers of 512 bits, and a
    trajectory that leaves room for other things in the first cache.
    """
    return WIDE if _has_wide_registers() and steps <= 64 else NARROW


def _has_wide_registers() -> bool:
    """Tell whether numba compiles for registers of 512 bits: those it finds, unless its environment says otherwise."""
    features = os.environ.get("NUMBA_CPU_FEATURES")
    if features is not None:
        return "+avx512f" in features
    return "NUMBA_CPU_NAME" not in os.environ and bool(get_host_cpu_features().get("avx512f", False))


class Allotment:
    """Hands out parts of one array of float32 that is made in the end."""

    def __init__(self) -> None:
        self._size = 0

    def take(self, size: int) -> int:
        """Return where a part of this size starts: at a cache line, as blocks are then read line by line.

        A few lines are left free, lest parts of some sizes fall on the same places of the cache.
        """
        start = self._size
        self._size += (-(-size // _LINE) + 9) * _LINE
        return start

    def array(self) -> np.ndarray:
        """Return the array, zeros."""
        raw = np.zeros(self._size + _LINE, np.float32)
        start = -raw.ctypes.data // 4 % _LINE
        return raw[start : start + self._size]


def allot_layer(
    allotment: Allotment, inputs: int, neurons: int, onwards: int, slots: int, steps: int, adapts: bool
) -> Layer:
    """Make room for a layer and for the state of `slots` samples."""
    width = padded(neurons)
    sizes = [inputs * width, width, width, width, onwards * width]
    starts = [allotment.take(size) for size in sizes]
    end = allotment.take(0)
    gradient = allotment.take(end - starts[0]) - starts[0]
    state = [allotment.take(slots * width * steps if needed else 0) for needed in (True, adapts, True)]
    numbers = [inputs, neurons, width, onwards, *starts, end, gradient, *state]
    return Layer(*(np.uint64(number) for number in numbers))


@exact
def block_width(left, widest):
    """Return the width of the next block when `left` neurons, a multiple of `NARROW`, are left."""
    return widest if left >= widest else _U(NARROW)


@exact
def _copy(source, begin, target, at, count):
    for j in range(_U(count)):
        target[at + j] = source[begin + j]


@exact
def pack(floats, layer, places, vector, widest, silent):
    """Copy a layer's parameters from the vector; `silent` tells whether its events are the silent entries."""
    neurons, inputs, outputs = layer.neurons, layer.inputs, layer.onwards
    _copy(vector, _U(places.bias), floats, layer.bias, neurons)
    if places.beta >= 0:
        _copy(vector, _U(places.beta), floats, layer.beta, neurons)
    if places.threshold >= 0:
        _copy(vector, _U(places.threshold), floats, layer.threshold, neurons)
    column = _U(0)
    while column < neurons:
        width = block_width(layer.padded - column, widest)
        filled = min(width, neurons - column)
        for i in range(inputs):
            source, target = _U(places.weight) + i * neurons + column, layer.weight + column * inputs + i * width
            if silent:
                for j in range(filled):
                    floats[layer.bias + column + j] += vector[source + j]
                for j in range(filled):
                    floats[target + j] = -vector[source + j]
            else:
                _copy(vector, source, floats, target, filled)
        for k in range(outputs):
            target = layer.onward + column * outputs + k * width
            for j in range(filled):
                floats[target + j] = vector[_U(places.onward) + (column + j) * outputs + k]
        column += width


@exact
def clear_gradients(floats, layer):
    """Set a layer's derivatives to zero."""
    for k in range(layer.weight + layer.gradient, layer.end + layer.gradient):
        floats[k] = 0


@exact
def unpack_gradients(floats, layer, places, gradient, widest, silent, reads):
    """Copy a layer's derivatives to the vector `gradient`; those of the weights onward only where `reads`."""
    neurons, inputs, outputs, shift = layer.neurons, layer.inputs, layer.onwards, layer.gradient
    _copy(floats, layer.bias + shift, gradient, _U(places.bias), neurons)
    if places.beta >= 0:
        _copy(floats, layer.beta + shift, gradient, _U(places.beta), neurons)
    if places.threshold >= 0:
        _copy(floats, layer.threshold + shift, gradient, _U(places.threshold), neurons)
    column = _U(0)
    while column < neurons:
        width = block_width(layer.padded - column, widest)
        filled = min(width, neurons - column)
        for i in range(inputs):
            target = _U(places.weight) + i * neurons + column
            source = layer.weight + shift + column * inputs + i * width
            if silent:
                for j in range(filled):
                    gradient[target + j] = floats[layer.bias + shift + column + j] - floats[source + j]
            else:
                _copy(floats, source, gradient, target, filled)
        if reads:
            for k in range(outputs):
                source = layer.onward + shift + column * outputs + k * width
                for j in range(filled):
                    gradient[_U(places.onward) + (column + j) * outputs + k] = floats[source + j]
        column += width
