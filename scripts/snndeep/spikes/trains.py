"""Spike trains of a whole data set, stored as bits.

A spike train says for every sample, time step and input channel whether there is a spike. One bit each is enough;
backends turn the bits into whatever they compute with (dense tensors, lists of events).

All arrays of spikes and potentials, from the encoder to the engine, have the axes [samples, steps, channels or neurons]:
what belongs to one sample lies together in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.errors import InvalidInputError

COUNTED = 1024
"""Samples whose spikes are counted at a time."""


@dataclass(frozen=True)
class SpikeTrains:
    """Bit-packed spike trains.

    Attributes:
        packed: uint8 `[N, T, ceil(F / 8)]`; bit k of byte j is channel 8 j + k.
        channels: The number F of input channels.
    """

    packed: np.ndarray
    channels: int

    def __post_init__(self) -> None:
        if self.packed.ndim != 3 or self.packed.dtype != np.uint8:
            raise InvalidInputError(
                "Packed spike trains have the wrong form.",
                where="packed",
                found=f"{self.packed.dtype} of shape {self.packed.shape}",
                expected="uint8 [N, T, ceil(F / 8)]",
            )
        if self.channels < 1 or self.packed.shape[2] != -(-self.channels // 8):
            raise InvalidInputError(
                "The number of channels does not fit the packed spike trains.",
                where="channels",
                found=f"{self.channels} channels, {self.packed.shape[2]} bytes a step",
                expected="ceil(channels / 8) bytes a step",
            )

    @classmethod
    def from_dense(cls, spikes: np.ndarray) -> SpikeTrains:
        """Pack dense spikes `[N, T, F]` whose values are 0 and 1.

        Raises:
            InvalidInputError: If the array is not three-dimensional or holds anything but 0 and 1.
        """
        spikes = np.asarray(spikes)
        if spikes.ndim != 3 or 0 in spikes.shape[1:]:
            raise InvalidInputError(
                "Spikes have the wrong shape.",
                where="spikes",
                found=f"shape {spikes.shape}",
                expected="[N, T, F] with T and F of at least 1",
            )
        active = spikes != 0
        wrong = spikes != active
        if wrong.any():
            raise InvalidInputError(
                "Spikes are not binary.",
                where="spikes",
                found=f"the value {spikes[wrong].flat[0]}",
                expected="0 or 1 (no NaN, no negative values)",
            )
        samples, steps, channels = spikes.shape
        whole = active if channels % 8 == 0 else np.pad(active, ((0, 0), (0, 0), (0, -channels % 8)))
        # Packed as one row, which is several times as fast as row by row.
        packed = np.packbits(whole.reshape(-1), bitorder="little")
        return cls(packed.reshape(samples, steps, -(-channels // 8)), channels)

    @property
    def samples(self) -> int:
        """The number N of samples."""
        return int(self.packed.shape[0])

    @property
    def steps(self) -> int:
        """The number T of time steps."""
        return int(self.packed.shape[1])

    def dense(self, indices: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Unpack the chosen samples to uint8 `[B, T, F]`."""
        return np.unpackbits(self.packed[indices], axis=-1, count=self.channels, bitorder="little")

    def count(self) -> int:
        """Return the number of spikes, with memory that does not grow with the number of samples."""
        blocks = (self.packed[start : start + COUNTED] for start in range(0, self.samples, COUNTED))
        return sum(int(np.bitwise_count(block).sum(dtype=np.int64)) for block in blocks)

    def mean_rate(self) -> float:
        """Return the share of (sample, step, channel) triples that hold a spike."""
        return self.count() / (self.samples * self.steps * self.channels) if self.samples else 0.0
