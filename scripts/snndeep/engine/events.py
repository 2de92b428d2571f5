"""Spike trains as lists of events: the form in which the engine reads its input.

The spikes of sample n at step t are `channels[pointers[n * T + t] : pointers[n * T + t + 1]]`, the layout of a
compressed sparse row matrix with one row per (sample, step). At the usual rates four out of five entries of the dense
array are zero; the engine never looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from snndeep.spikes import SpikeTrains


@dataclass(frozen=True)
class EventTrains:
    """The spikes of a data set as events.

    Attributes:
        pointers: int64 `[N * T + 1]`, where the events of each (sample, step) begin.
        channels: int32 `[number of spikes]`, the input channel of each event, ascending within a step.
        steps: The number T of time steps.
        inputs: The number F of input channels.
    """

    pointers: np.ndarray
    channels: np.ndarray
    steps: int
    inputs: int

    @classmethod
    def from_trains(cls, trains: SpikeTrains) -> EventTrains:
        """Build the event lists from bit-packed spike trains."""
        rows = trains.packed.reshape(trains.samples * trains.steps, trains.packed.shape[2])
        pointers = np.zeros(rows.shape[0] + 1, np.int64)
        np.cumsum(np.bitwise_count(rows).sum(axis=1, dtype=np.int64), out=pointers[1:])
        channels = np.empty(pointers[-1], np.int32)
        _list_channels(rows, pointers, channels)
        return cls(pointers, channels, trains.steps, trains.channels)


@njit(cache=True)
def _list_channels(rows, pointers, channels):
    for row in range(rows.shape[0]):
        k = pointers[row]
        for byte in range(rows.shape[1]):
            bits = rows[row, byte]
            channel = 8 * byte
            while bits:
                if bits & 1:
                    channels[k] = channel
                    k += 1
                bits >>= 1
                channel += 1
