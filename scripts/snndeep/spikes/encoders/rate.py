"""Rate coding: the larger the value, the more often a spike.

P(spike of channel i at step t) = least + (most - least) x_i, independently (Bernoulli)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.errors import ConfigError
from snndeep.seeds import generator
from snndeep.settings import as_text, setting
from snndeep.spikes.encoders.base import Encoder, check_values


@dataclass(frozen=True)
class RateEncoder(Encoder):
    """Bernoulli spikes."""

    label = "Rate coding"
    steps: int = setting(25, "Time steps.", least=1)
    least: float = setting(0.0, "Spike probability at value 0.", least=0, most=1)
    most: float = setting(0.5, "Spike probability at value 1.", least=0, most=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.least >= self.most:
            raise ConfigError(
                "The spike probabilities are impossible.",
                where="least, most",
                found=f"{self.least}, {self.most}",
                expected="least < most",
            )

    def encode(self, values: np.ndarray, samples: list[str], seed: int) -> np.ndarray:
        """See `Encoder.encode`."""
        check_values(values)
        spikes = np.empty((values.shape[0], self.steps, values.shape[1]), np.uint8)
        probability = self.least + (self.most - self.least) * values
        for n, sample in enumerate(samples):
            draws = generator(seed, "rate", sample).random((self.steps, values.shape[1]))
            spikes[n] = draws < probability[n]
        return spikes

    def methods_text(self) -> str:
        """See `Encoder.methods_text`."""
        return (
            f"Rate coding: at each of {self.steps} time steps a channel fires with a probability between "
            f"{as_text(self.least)} (value 0) and {as_text(self.most)} (value 1)."
        )


ENCODER = RateEncoder
