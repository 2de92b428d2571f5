"""What an encoder is."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from snndeep.errors import ConfigError, InvalidInputError


class Encoder(Protocol):
    """Turns values into spikes. Its constructor takes its settings, all with defaults."""

    steps: int

    def encode(self, values: np.ndarray, samples: list[str], seed: int) -> np.ndarray:
        """Return spikes uint8 `[T, N, C]` for values `[N, F]` in [0, 1].

        A sample's spikes depend on its values, the seed and its own id alone, so neither the order of samples nor the
        company they are in changes anything.
        """


def check_values(values: np.ndarray) -> None:
    """Check the values given to an encoder.

    Raises:
        InvalidInputError: If they are not `[N, F]` within [0, 1].
    """
    if values.ndim != 2:
        raise InvalidInputError(
            "Values to encode have the wrong shape.", where="values", found=f"shape {values.shape}", expected="[N, F]"
        )
    outside = values[~((values >= 0) & (values <= 1))]
    if outside.size:
        raise InvalidInputError(
            "A value to encode is out of range.", where="values", found=str(outside[0]), expected="0 to 1"
        )


def check_at_least(name: str, value: float, least: float) -> None:
    """Check a setting.

    Raises:
        ConfigError: If it is below its least value.
    """
    if not value >= least:
        raise ConfigError("An encoder setting is impossible.", where=name, found=str(value), expected=f">= {least}")
