"""Threshold coding: channel k of a feature fires at every step if the value exceeds k / levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.settings import setting
from snndeep.spikes.encoders.base import Encoder, check_values


@dataclass(frozen=True)
class ToyEncoder(Encoder):
    """A thermometer of each value."""

    label = "Toy coding"
    steps: int = setting(4, "Time steps.", least=1)
    levels: int = setting(3, "Channels per feature.", least=1)

    def encode(self, values: np.ndarray, samples: list[str], seed: int) -> np.ndarray:
        """See `Encoder.encode`."""
        check_values(values)
        fires = values[:, :, None] > np.arange(self.levels) / self.levels
        flat = fires.reshape(len(values), 1, -1).astype(np.uint8)
        return np.repeat(flat, self.steps, axis=1)


ENCODER = ToyEncoder
