"""The fitted way from features to values in [0, 1], as it is stored and used on new samples.

    z = (x - centre) / scale        x' = Phi(z), the normal distribution function

It is a handful of arrays, so that it can be stored, read and understood without unpickling;
`snndeep.samples.fit_preprocessing` fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr


@dataclass(frozen=True)
class Preprocessing:
    """A fitted transformation.

    Attributes:
        features: Names of the selected features, strongest first.
        fill: Value used where a feature is missing, `[K]`.
        centre: `[K]`.
        scale: `[K]`.
    """

    features: tuple[str, ...]
    fill: np.ndarray
    centre: np.ndarray
    scale: np.ndarray

    def standardise(self, values: np.ndarray) -> np.ndarray:
        """Return z for the selected features `[N, K]`."""
        return (np.where(np.isfinite(values), values, self.fill) - self.centre) / self.scale

    def unit_interval(self, values: np.ndarray) -> np.ndarray:
        """Return Phi(z), in [0, 1], for the selected features `[N, K]`."""
        return ndtr(self.standardise(values))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Rebuild from the values of `to_json`."""
        numbers = (np.array(values[name], np.float64) for name in ("fill", "centre", "scale"))
        return cls(tuple(values["features"]), *numbers)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "features": list(self.features),
            "fill": self.fill.tolist(),
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
        }


def read_preprocessing(values: Mapping[str, Any]) -> dict[str, Preprocessing]:
    """Return the fitted transformations of a run by name of the split, from the JSON values that the stage wrote."""
    return {name: Preprocessing.from_json(fitted) for name, fitted in values.items()}
