"""What an encoder is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from snndeep.errors import InvalidInputError
from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class Encoder(Settings, ABC):
    """Base of all encoders: a dataclass of its settings, `steps` among them, all with defaults.

    Attributes:
        label: As in text.
    """

    label: ClassVar[str]
    steps: int = setting(16, "Time steps.", least=1)

    @abstractmethod
    def encode(self, values: np.ndarray, samples: list[str], seed: int) -> np.ndarray:
        """Return spikes uint8 `[N, T, C]` for values `[N, F]` in [0, 1].

        A sample's spikes depend on its values, the seed and its own id alone, so neither the order of samples nor the
        company they are in changes anything.
        """

    def methods_text(self) -> str:
        """Return the encoder in a sentence for the methods section of a report; every setting must be in it.

        An encoder that has nothing else to say lists its settings.
        """
        return f"{self.label}: {self.listed()}."


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
