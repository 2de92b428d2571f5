"""Spike trains as lists of events: the form in which the engine reads its input.

The spikes of sample n at step t are `channels[pointers[n * T + t] : pointers[n * T + t + 1]]`, the layout of a
compressed sparse row matrix with one row per (sample, step). At the usual rates four out of five entries of the dense
array are zero; the engine never looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.engine.compiler import compiled
from snndeep.spikes import SpikeTrains

_COUNTS = np.bitwise_count(np.arange(256, dtype=np.uint8))


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
        channels = np.empty(pointers[-1] + 8, np.int32)
        _list_channels(rows, _channels_of_bytes(), channels)
        return cls(pointers, channels[: pointers[-1]], trains.steps, trains.channels)


def _channels_of_bytes() -> np.ndarray:
    """Return the positions of the set bits of every byte, ascending, then those of the others, `[256, 8]`."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    return np.argsort(1 - bits, axis=1, kind="stable").astype(np.int32)


@compiled
def _list_channels(rows, channels_of_bytes, channels):
    """Fill `channels`; each byte writes eight entries, of which the next byte overwrites those that are no spikes."""
    k = 0
    for row in range(rows.shape[0]):
        for byte in range(rows.shape[1]):
            positions = channels_of_bytes[rows[row, byte]]
            for bit in range(8):
                channels[k + bit] = 8 * byte + positions[bit]
            k += _COUNTS[rows[row, byte]]
