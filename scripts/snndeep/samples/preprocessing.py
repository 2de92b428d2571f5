"""The fitted transformation of features to values in [0, 1], as it is stored and applied to new samples.

    z = (x - centre) / scale        x' = Phi(z), the normal distribution function

It consists of a few arrays and is stored as plain JSON; `snndeep.samples.fit_preprocessing` fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import ndtr


@dataclass(frozen=True)
class Preprocessing:
    """A fitted transformation of K selected features.

    Attributes:
        features: Names of the selected features, strongest first.
        fill: Values that replace missing ones, in the unit of each feature, `[K]`.
        centre: Mean or median of each feature, `[K]`.
        scale: Standard deviation or interquartile range of each feature, `[K]`.
        representation: What was selected from: none, zscore or both, see `PreprocessingSettings.within_patient`.
        compared: Where the training part chose, the ROC-AUC of its inner cross-validation by representation.
    """

    features: tuple[str, ...]
    fill: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    representation: str = "none"
    compared: Mapping[str, float] = field(default_factory=dict)

    def standardise(self, values: np.ndarray) -> np.ndarray:
        """Return z of the selected features `[N, K]`, of the same shape."""
        z: np.ndarray = (np.where(np.isfinite(values), values, self.fill) - self.centre) / self.scale
        return z

    def unit_interval(self, values: np.ndarray) -> np.ndarray:
        """Return Phi(z), in [0, 1], of the selected features `[N, K]`, of the same shape."""
        phi: np.ndarray = ndtr(self.standardise(values))
        return phi

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Rebuild from the values of `to_json`."""
        fill, centre, scale = (np.array(values[name], np.float64) for name in ("fill", "centre", "scale"))
        return cls(
            tuple(values["features"]), fill, centre, scale, str(values["representation"]), dict(values["compared"])
        )

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "features": list(self.features),
            "fill": self.fill.tolist(),
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "representation": self.representation,
            "compared": dict(self.compared),
        }


def read_preprocessing(values: Mapping[str, Any]) -> dict[str, Preprocessing]:
    """Return the fitted transformations of a run by name of the split, from the JSON values that its stage wrote."""
    return {name: Preprocessing.from_json(fitted) for name, fitted in values.items()}
