"""Rate coding: the larger the value, the more often a spike.

P(spike of channel i at step t) = least + (most - least) x_i, independently (Bernoulli)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.errors import ConfigError
from snndeep.seeds import generator
from snndeep.spikes.encoders.base import check_at_least, check_values


@dataclass(frozen=True)
class RateEncoder:
    """Bernoulli spikes.

    Attributes:
        steps: Number T of time steps.
        least: Spike probability at x = 0.
        most: Spike probability at x = 1.
    """

    steps: int = 25
    least: float = 0.0
    most: float = 0.5

    def __post_init__(self):
        check_at_least("steps", self.steps, 1)
        if not 0 <= self.least < self.most <= 1:
            raise ConfigError(
                "The spike probabilities are impossible.",
                where="least, most",
                found=f"{self.least}, {self.most}",
                expected="0 <= least < most <= 1",
            )

    def encode(self, values: np.ndarray, samples: list[str], seed: int) -> np.ndarray:
        """See `Encoder.encode`."""
        check_values(values)
        spikes = np.empty((self.steps, *values.shape), np.uint8)
        probability = self.least + (self.most - self.least) * values
        for n, sample in enumerate(samples):
            draws = generator(seed, "rate", sample).random((self.steps, values.shape[1]))
            spikes[:, n] = draws < probability[n]
        return spikes


ENCODER = RateEncoder
