"""Latency coding: the larger the value, the earlier its one spike (time to first spike).

t_i = round((1 - x_i) (T - 1))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.settings import setting
from snndeep.spikes.encoders.base import Encoder, check_values


@dataclass(frozen=True)
class LatencyEncoder(Encoder):
    """One spike per channel."""

    label = "Latency coding"
    steps: int = setting(16, "Time steps.", least=1)

    def encode(self, values: np.ndarray, samples: list[str], seed: int) -> np.ndarray:
        """See `Encoder.encode`; nothing is drawn at random."""
        check_values(values)
        return spikes_at(spike_times(values, self.steps), self.steps)

    def methods_text(self) -> str:
        """See `Encoder.methods_text`."""
        return f"Latency coding: one spike per channel within {self.steps} time steps, the larger the earlier."


def spike_times(values: np.ndarray, steps: int) -> np.ndarray:
    """Return round((1 - x) (T - 1)), int64, for values of any shape."""
    times: np.ndarray = np.rint((1 - values) * (steps - 1)).astype(np.int64)
    return times


def spikes_at(times: np.ndarray, steps: int) -> np.ndarray:
    """Return uint8 `[N, T, C]` with one spike per channel at `times` `[N, C]`; a time outside 0..T-1 gives none."""
    # Numbers of 32 bits are compared twice as fast as those of 64.
    spikes = np.arange(steps, dtype=np.int32)[:, None] == times[:, None].astype(np.int32)
    return np.asarray(spikes).view(np.uint8)


ENCODER = LatencyEncoder
