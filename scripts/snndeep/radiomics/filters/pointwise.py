"""Functions of single intensities, scaled so that the response spans the range of the image, as pyradiomics has them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics.filters.base import ImageFilter
from snndeep.settings import setting

_GREATEST = "Magnitude m, in HU, that the function maps to itself; the same for all patients."


@dataclass(frozen=True)
class _Pointwise(ImageFilter):
    """A function of single intensities."""

    def radius(self, spacing: float) -> int:
        """Return 0."""
        return 0


@dataclass(frozen=True)
class Square(_Pointwise):
    """f^2 / m."""

    filter: str = setting("square", "Name of the filter.", choices=("square",))
    greatest: float = setting(1000.0, _GREATEST, above=1)

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return f^2 / m."""
        return np.asarray(image, np.float32) ** 2 / np.float32(self.greatest)


@dataclass(frozen=True)
class SquareRoot(_Pointwise):
    """sign(f) sqrt(m |f|)."""

    filter: str = setting("square_root", "Name of the filter.", choices=("square_root",))
    greatest: float = setting(1000.0, _GREATEST, above=1)

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return sign(f) sqrt(m |f|)."""
        root: np.ndarray = np.sign(image) * np.sqrt(np.abs(image) * self.greatest)
        return root.astype(np.float32)


@dataclass(frozen=True)
class Logarithm(_Pointwise):
    """sign(f) m log(1 + |f|) / log(1 + m)."""

    filter: str = setting("logarithm", "Name of the filter.", choices=("logarithm",))
    greatest: float = setting(1000.0, _GREATEST, above=1)

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return sign(f) m log(1 + |f|) / log(1 + m)."""
        scale = self.greatest / math.log1p(self.greatest)
        logarithm: np.ndarray = np.sign(image) * np.log1p(np.abs(image)) * scale
        return logarithm.astype(np.float32)


@dataclass(frozen=True)
class Exponential(_Pointwise):
    """exp(|f| log(m) / m)."""

    filter: str = setting("exponential", "Name of the filter.", choices=("exponential",))
    greatest: float = setting(1000.0, _GREATEST, above=1)

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return exp(|f| log(m) / m)."""
        return np.exp(np.abs(np.asarray(image, np.float64)) * math.log(self.greatest) / self.greatest).astype(
            np.float32
        )
