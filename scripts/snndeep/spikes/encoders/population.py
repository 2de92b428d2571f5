"""Population coding: each feature drives a row of neurons with Gaussian receptive fields, which then code by latency.

    r_ij = exp(-(x_i - c_j)^2 / (2 sigma^2))      c_j = j / (fields - 1)      sigma = 1 / (gamma (fields - 1))
    t_ij = round((1 - r_ij) (T - 1)), no spike where r_ij < floor

Source: Bohte, Kok and La Poutré 2002, Neurocomputing 48, 17-37.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.settings import as_text, setting
from snndeep.spikes.encoders.base import Encoder, check_values
from snndeep.spikes.encoders.latency import spike_times, spikes_at


@dataclass(frozen=True)
class PopulationEncoder(Encoder):
    """Gaussian receptive fields."""

    label = "Population coding"
    steps: int = setting(8, "Time steps.", least=1)
    fields: int = setting(8, "Receptive fields per feature.", least=2)
    gamma: float = setting(1.0, "Sharpness of the fields.", above=0)
    floor: float = setting(0.1, "Responses below this give no spike.", least=0, most=1)

    def encode(self, values: np.ndarray, samples: list[str], seed: int) -> np.ndarray:
        """See `Encoder.encode`; nothing is drawn at random. Channel i * fields + j is field j of feature i."""
        check_values(values)
        centres = np.linspace(0, 1, self.fields)
        sigma = 1 / (self.gamma * (self.fields - 1))
        response = np.exp(-((values[:, :, None] - centres) ** 2) / (2 * sigma**2))
        times = np.where(response < self.floor, -1, spike_times(response, self.steps))
        return spikes_at(times.reshape(values.shape[0], -1), self.steps)

    def methods_text(self) -> str:
        """See `Encoder.methods_text`."""
        return (
            f"Population coding (Bohte et al. 2002): {self.fields} Gaussian receptive fields per feature with sharpness "
            f"{as_text(self.gamma)} over {self.steps} time steps; responses below {as_text(self.floor)} give no spike."
        )


ENCODER = PopulationEncoder
