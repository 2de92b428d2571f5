"""Spike trains as lists of events: the form in which the engine reads its input.

The spikes are listed as a compressed sparse row matrix with one row per (sample, step) and, when a backward pass first
asks, as one with a row per (sample, channel):

    channels[pointers[n T + t] : pointers[n T + t + 1]]      the channels that fire in sample n at step t
    times[starts[n F + i] : starts[n F + i + 1]]             the steps at which channel i fires in sample n

The forward pass sums weights over the first, the backward pass of several neurons sums derivatives over the second, and
both read and write each row of their result once; that of a single neuron gains nothing so and takes the first. At the
usual rates four out of five entries of the dense array are zero; the engine never looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from snndeep.engine.compiler import compiled
from snndeep.errors import InvalidInputError
from snndeep.spikes.trains import SpikeTrains

LARGEST = 1 + np.iinfo(np.uint16).max
_COUNTS = np.bitwise_count(np.arange(256, dtype=np.uint8))


@dataclass(frozen=True)
class EventTrains:
    """The spikes of a data set as events.

    Attributes:
        by_step: (pointers int64 `[N * T + 1]`, channels uint16 `[number of spikes]`, ascending within a step).
        samples: The number N of samples.
        steps: The number T of time steps.
        inputs: The number F of input channels.
        silent: Whether the lists name the entries without a spike.
    """

    by_step: tuple[np.ndarray, np.ndarray]
    samples: int
    steps: int
    inputs: int
    silent: bool = False

    @classmethod
    def from_trains(cls, trains: SpikeTrains, silent: bool = False) -> EventTrains:
        """Build the event lists from bit-packed spike trains.

        Args:
            trains: The spikes.
            silent: List the entries without a spike instead.

        Raises:
            InvalidInputError: If there are more than 65,536 steps or channels.
        """
        steps, inputs = trains.steps, trains.channels
        if max(steps, inputs) > LARGEST:
            raise InvalidInputError(
                "The spike trains are too long or too wide for the custom engine.",
                where="trains",
                found=f"{steps} steps, {inputs} channels",
                expected=f"at most {LARGEST} each",
            )
        rows = trains.packed.reshape(trains.samples * steps, trains.packed.shape[2])
        spikes = trains.count()
        if silent:
            spikes = rows.shape[0] * inputs - spikes
            rows = np.packbits(np.ones(inputs, np.uint8), bitorder="little") & ~rows
        pointers, channels = np.zeros(rows.shape[0] + 1, np.int64), np.empty(spikes + 8, np.uint16)
        _list_channels(rows, _channels_of_bytes(), pointers, channels)
        return cls((pointers, channels[:spikes]), trains.samples, steps, inputs, silent)

    @cached_property
    def by_channel(self) -> tuple[np.ndarray, np.ndarray]:
        """(starts int64 `[N * F + 1]`, times uint16 `[number of spikes]`), made when the first backward pass asks."""
        pointers, channels = self.by_step
        starts, times = np.zeros(self.samples * self.inputs + 1, np.int64), np.empty(channels.size, np.uint16)
        _list_times(pointers, channels, self.steps, self.inputs, starts, times)
        return starts, times


def _channels_of_bytes() -> np.ndarray:
    """Return the positions of the set bits of every byte, ascending, then those of the others, `[256, 8]`."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    return np.argsort(1 - bits, axis=1, kind="stable").astype(np.uint16)


# Indices are unsigned below: numba makes every signed one that it knows nothing of count from the end if it is negative,
# which takes time in loops as short as these.


@compiled
def _list_channels(rows, channels_of_bytes, pointers, channels):
    """Fill `pointers` and `channels`.

    Each byte writes eight entries; those that are no spikes are overwritten by the next byte.
    """
    k = np.uint64(0)
    for row in range(rows.shape[0]):
        for byte in range(rows.shape[1]):
            value = rows[row, byte]
            for bit in range(8):
                channels[k + np.uint64(bit)] = 8 * byte + channels_of_bytes[value, bit]
            k += np.uint64(_COUNTS[value])
        pointers[row + 1] = k


@compiled
def _list_times(pointers, channels, steps, inputs, starts, times):
    """Fill `starts` and `times`: a counting sort of each sample's events by channel."""
    one = np.uint64(1)
    # How many events each channel has, then where its next one goes.
    places = np.empty(inputs, np.uint64)
    for n in range((pointers.size - 1) // steps):
        places[:] = 0
        for e in range(pointers[n * steps], pointers[(n + 1) * steps]):
            places[channels[e]] += one
        place = np.uint64(pointers[n * steps])
        for i in range(inputs):
            count, places[i] = places[i], place
            place += count
            starts[n * inputs + i + 1] = place
        for t in range(steps):
            row = n * steps + t
            for e in range(pointers[row], pointers[row + 1]):
                i = channels[e]
                times[places[i]] = t
                places[i] += one
