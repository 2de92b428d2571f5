"""A whole epoch in one call: forward pass, loss, backward pass and optimiser of a network, batch after batch.

A few samples at a time (`Network.slots`) go forward layer by layer, block by block, then through the loss and back. With
one slot a sample's trajectory stays in the cache; with more, a block of a large weight matrix is read once for all of
them. Derivatives are added up sample by sample, so results depend neither on the slots nor on the width of blocks.

Arguments given as None are optional, see `snndeep.engine.neuron`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from snndeep.engine.adam import adam_step, average_step
from snndeep.engine.blocks import (
    add_bias_gradients,
    add_gradients_by_channel,
    add_gradients_by_step,
    append_spikes,
    backward_block,
    backward_onward,
    clear_block,
    run_block,
)
from snndeep.engine.compiler import exact
from snndeep.engine.packing import NARROW, WIDE, Layer, Places, block_width, clear_gradients, pack, unpack_gradients
from snndeep.engine.readout import CLASSES, ReadoutConstants, backward_readout, cross_entropy, run_readout
from snndeep.engine.vectors import GROUP, load, repeat, total_of, width_of

_U = np.uint64
_ZERO, _ONE, _TWO, _GROUP, _WIDE = np.uint64(0), np.uint64(1), np.uint64(CLASSES), np.uint64(GROUP), np.uint64(WIDE)

_TINY = 1e-15


class Network(NamedTuple):
    """A network and the memory that it works in.

    Attributes:
        floats: All numbers.
        layers: The hidden layers, `snndeep.engine.packing.Layer`, in order.
        places: Where their parameters are in the vector, `snndeep.engine.packing.Places`.
        bias_place: Where the output biases begin in the vector.
        readout: `snndeep.engine.readout.Readout`.
        surrogate: (code, slope) of the hidden neurons.
        silent: Whether the event lists name the silent entries.
        widest: The width of the widest blocks.
        slots: Samples that are worked on at a time.
        steps: The number T of steps.
        sums: Where the sums over the weights of the outputs are, `[slots, T, 2, GROUP]`.
        outputs: Where the outputs' potentials are, `[slots, T, GROUP]`, of which two are used.
        delta: Where the outputs' dL/dI is, as `outputs`.
        rows: uint64 `[slots]`, rows of the samples in an event list.
        pointers: int64 `[hidden layers, slots * (T + 1)]`, rows of the hidden spikes by step.
        indices: uint16 `[hidden layers, slots * T * greatest width]`, the hidden spikes.
        limits: float32 `[n, 2]`, smallest and greatest value of some parameters after an update.
        limited: int64 `[n, 2]`, first and last + 1 of these parameters.
    """

    floats: np.ndarray
    layers: tuple[Layer, ...]
    places: tuple[Places, ...]
    bias_place: np.uint64
    readout: ReadoutConstants
    surrogate: tuple[int, np.float32]
    silent: bool
    widest: np.uint64
    slots: np.uint64
    steps: np.uint64
    sums: np.uint64
    outputs: np.uint64
    delta: np.uint64
    rows: np.ndarray
    pointers: np.ndarray
    indices: np.ndarray
    limits: np.ndarray
    limited: np.ndarray


@exact
def _forward_block(zero, floats, layer, column, slots, steps, events, rows, adaptation, learned, reads, sums):
    for slot in range(slots):
        start = (slot * layer.padded + column) * steps
        place = sums + slot * steps * _TWO * _GROUP
        run_block(zero, floats, layer, column, start, steps, events, rows[slot], adaptation, learned, reads, place)


@exact
def _forward_layer(floats, layer, widest, slots, steps, events, rows, adaptation, learned, reads, sums):
    column = _ZERO
    while column < layer.padded:
        width = block_width(layer.padded - column, widest)
        if width == _WIDE:
            zero = repeat(np.float32(0), WIDE)
            _forward_block(zero, floats, layer, column, slots, steps, events, rows, adaptation, learned, reads, sums)
        else:
            narrow = repeat(np.float32(0), NARROW)
            _forward_block(narrow, floats, layer, column, slots, steps, events, rows, adaptation, learned, reads, sums)
        column += width


@exact
def _list_spikes(floats, layer, widest, slots, steps, adaptation, learned, pointers, indices):
    """List the spikes of a hidden layer, by step, for the next one."""
    zero, narrow = repeat(np.float32(0), NARROW), _U(NARROW)
    for slot in range(slots):
        count = slot * steps * layer.padded
        row = slot * (steps + _ONE)
        pointers[row] = count
        for t in range(steps):
            column = _ZERO
            while column < layer.padded:
                width = block_width(layer.padded - column, widest)
                for part in range(width // narrow):
                    at = (slot * layer.padded + column) * steps + t * width + part * narrow
                    count = append_spikes(
                        zero, floats, layer, column + part * narrow, at, adaptation, learned, indices, count
                    )
                column += width
            pointers[row + t + _ONE] = count


@exact
def _own_rows(rows, slots, steps):
    """Fill in the first rows of the samples in the lists of hidden spikes."""
    for slot in range(slots):
        rows[slot] = slot * (steps + _ONE)


@exact
def forward(network, adaptation, learned, deep, by_step, samples, vector):
    """Run as many samples as there are slots, or fewer; fills the outputs' currents."""
    floats, steps, slots, rows = network.floats, network.steps, _U(samples.size), network.rows
    for k in range(network.sums, network.sums + slots * steps * _TWO * _GROUP):
        floats[k] = 0
    for slot in range(slots):
        rows[slot] = _U(samples[slot]) * steps
    last = len(network.layers) - 1
    events = by_step
    if deep is not None:
        for number in range(last):
            layer, pointers, indices = network.layers[number], network.pointers[number], network.indices[number]
            _forward_layer(floats, layer, network.widest, slots, steps, events, rows, adaptation, learned, None, _ZERO)
            _list_spikes(floats, layer, network.widest, slots, steps, adaptation, learned, pointers, indices)
            _own_rows(rows, slots, steps)
            events = (pointers, indices)
    _forward_layer(
        floats,
        network.layers[last],
        network.widest,
        slots,
        steps,
        events,
        rows,
        adaptation,
        learned,
        True,
        network.sums,
    )
    group = repeat(np.float32(0), GROUP)
    for slot in range(slots):
        for t in range(steps):
            place = slot * steps + t
            for k in range(_TWO):
                total = total_of(load(group, floats, network.sums + (place * _TWO + k) * _GROUP))
                floats[network.outputs + place * _GROUP + k] = vector[network.bias_place + k] + total


@exact
def _backward_block(
    zero, floats, layer, column, slots, steps, surrogate, adaptation, learned, reads, outputs, following, widest,
    by_step, by_channel, rows, samples,
):  # fmt: skip
    narrow, width = repeat(np.float32(0), NARROW), width_of(zero)
    for slot in range(slots):
        start = (slot * layer.padded + column) * steps
        if following is not None:
            clear_block(zero, floats, layer, start, steps)
            other = _ZERO
            while other < following.padded:
                count = block_width(following.padded - other, widest)
                derivatives = following.delta + (slot * following.padded + other) * steps
                backward_onward(zero, floats, layer, column, start, steps, other, count, derivatives)
                other += count
        place = outputs + slot * steps * _GROUP
        for part in range(0, width, _U(NARROW)):
            half, at = column + part, start + part
            backward_block(narrow, floats, layer, half, at, width, steps, surrogate, adaptation, learned, reads, place)
            add_bias_gradients(narrow, floats, layer, half, at, width, steps, adaptation, learned, reads, place)
        if by_channel is not None:
            first = _U(samples[slot]) * layer.inputs
            add_gradients_by_channel(zero, floats, layer, column, start, by_channel, first)
        else:
            add_gradients_by_step(zero, floats, layer, column, start, steps, by_step, rows[slot])


@exact
def _backward_layer(
    floats, layer, widest, slots, steps, surrogate, adaptation, learned, reads, outputs, following,
    by_step, by_channel, rows, samples,
):  # fmt: skip
    column = _ZERO
    while column < layer.padded:
        width = block_width(layer.padded - column, widest)
        if width == _WIDE:
            zero = repeat(np.float32(0), WIDE)
            _backward_block(
                zero, floats, layer, column, slots, steps, surrogate, adaptation, learned, reads, outputs, following, widest,
                by_step, by_channel, rows, samples,
            )  # fmt: skip
        else:
            narrow = repeat(np.float32(0), NARROW)
            _backward_block(
                narrow, floats, layer, column, slots, steps, surrogate, adaptation, learned, reads, outputs, following, widest,
                by_step, by_channel, rows, samples,
            )  # fmt: skip
        column += width


@exact
def backward(network, adaptation, learned, deep, by_step, by_channel, samples):
    """Add the derivatives of the samples that `forward` ran to those of the layers, from the outputs' dL/dI."""
    floats, steps, slots, rows = network.floats, network.steps, _U(samples.size), network.rows
    layers, widest, surrogate, outputs = network.layers, network.widest, network.surrogate, network.delta
    last = len(layers) - 1
    if deep is not None:
        _own_rows(rows, slots, steps)
        events = (network.pointers[last - 1], network.indices[last - 1])
        _backward_layer(
            floats, layers[last], widest, slots, steps, surrogate, adaptation, learned, True, outputs, None,
            events, None, rows, samples,
        )  # fmt: skip
        for back in range(1, last):
            number = last - back
            events = (network.pointers[number - 1], network.indices[number - 1])
            _backward_layer(
                floats, layers[number], widest, slots, steps, surrogate, adaptation, learned, None, _ZERO, layers[number + 1],
                events, None, rows, samples,
            )  # fmt: skip
        for slot in range(slots):
            rows[slot] = _U(samples[slot]) * steps
        _backward_layer(
            floats, layers[0], widest, slots, steps, surrogate, adaptation, learned, None, _ZERO, layers[1],
            by_step, by_channel, rows, samples,
        )  # fmt: skip
    else:
        _backward_layer(
            floats, layers[0], widest, slots, steps, surrogate, adaptation, learned, True, outputs, None,
            by_step, by_channel, rows, samples,
        )  # fmt: skip


@exact
def _pack(network, vector):
    for number in range(len(network.layers)):
        layer, silent = network.layers[number], network.silent and number == 0
        pack(network.floats, layer, network.places[number], vector, network.widest, silent)


@exact
def scores(network, adaptation, learned, deep, by_step, samples, vector, logits):
    """Fill `logits` `[B, 2]` for any number of samples."""
    _pack(network, vector)
    for first in range(0, samples.size, np.int64(network.slots)):
        chosen = samples[first : first + np.int64(network.slots)]
        forward(network, adaptation, learned, deep, by_step, chosen, vector)
        for slot in range(chosen.size):
            start = network.outputs + _U(slot) * network.steps * _GROUP
            logits[first + slot] = run_readout(network.readout, network.floats, start, network.steps)


@exact
def _not_tiny(derivative):
    """Return 0 for a derivative that no sum of float32 would show: its products would be denormal, which is slow."""
    return derivative if abs(derivative) > _TINY else 0.0


@exact
def gradients(network, adaptation, learned, deep, by_step, by_channel, samples, labels, weights, vector, gradient):
    """Return the loss of a batch, the weighted mean over its samples, and fill `gradient` `[P]`.

    Args:
        network: A `Network`.
        adaptation: None, or (decay, strength) of the hidden neurons.
        learned: None, or True if decays or thresholds are learned.
        deep: None, or True if there is more than one hidden layer.
        by_step: `EventTrains.by_step`.
        by_channel: `EventTrains.by_channel`, or None where channels fire so rarely that it does not help.
        samples: int64 `[B]`, samples of the event lists.
        labels: int64 `[B]`, of these samples.
        weights: float32 `[B]`, of these samples.
        vector: The parameters `[P]`.
        gradient: Overwritten.
    """
    floats, steps, total, share = network.floats, network.steps, 0.0, 1.0 / samples.size
    _pack(network, vector)
    for number in range(len(network.layers)):
        clear_gradients(floats, network.layers[number])
    gradient[network.bias_place], gradient[network.bias_place + _ONE] = 0, 0
    for first in range(0, samples.size, np.int64(network.slots)):
        chosen = samples[first : first + np.int64(network.slots)]
        forward(network, adaptation, learned, deep, by_step, chosen, vector)
        upstream = (0.0, 0.0)
        for slot in range(chosen.size):
            place = _U(slot) * steps * _GROUP
            logits = run_readout(network.readout, floats, network.outputs + place, steps)
            loss, upstream = cross_entropy(logits, labels[first + slot], weights[first + slot])
            upstream = (_not_tiny(upstream[0] * share), _not_tiny(upstream[1] * share))
            bias = backward_readout(
                network.readout, floats, network.outputs + place, steps, upstream, network.delta + place
            )
            gradient[network.bias_place] += bias[0]
            gradient[network.bias_place + _ONE] += bias[1]
            total += loss
        # A sample that is learned adds nothing; those of other slots are worked on together.
        if network.slots > _ONE or upstream[0] != 0.0 or upstream[1] != 0.0:
            backward(network, adaptation, learned, deep, by_step, by_channel, chosen)
    for number in range(len(network.layers)):
        layer, places, silent = network.layers[number], network.places[number], network.silent and number == 0
        reads = number + 1 == len(network.layers)
        unpack_gradients(floats, layer, places, gradient, network.widest, silent, reads)
    return total * share


@exact
def _limit(network, vector):
    for row in range(network.limited.shape[0]):
        low, high = network.limits[row, 0], network.limits[row, 1]
        for i in range(network.limited[row, 0], network.limited[row, 1]):
            vector[i] = min(max(vector[i], low), high)


@exact
def train(
    network, adaptation, learned, deep, by_step, by_channel, samples, labels, weights, vector, gradient,
    batch, adam, average, decay, step,
):  # fmt: skip
    """Go once over the samples, in their order, and return the mean loss.

    Args:
        network: As in `gradients`, as the next ten.
        adaptation: See there.
        learned: See there.
        deep: See there.
        by_step: See there.
        by_channel: See there.
        samples: See there.
        labels: See there.
        weights: See there.
        vector: See there; changed in place.
        gradient: See there.
        batch: Samples per update.
        adam: `snndeep.engine.adam.AdamState`.
        average: The moving average `[P]`, changed in place; not looked at if `decay` is 0.
        decay: How slowly the moving average forgets, or 0.
        step: How many updates there were before.
    """
    total = 0.0
    for first in range(0, samples.size, batch):
        last = min(first + batch, samples.size)
        loss = gradients(
            network, adaptation, learned, deep, by_step, by_channel,
            samples[first:last], labels[first:last], weights[first:last], vector, gradient,
        )  # fmt: skip
        total += loss * (last - first)
        step += 1
        adam_step(adam, step, vector, gradient)
        _limit(network, vector)
        if decay > 0:
            average_step(average, decay, step, vector)
    return total / samples.size
