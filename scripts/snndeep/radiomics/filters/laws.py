"""Laws' kernels and their energy (IBSI JTXT)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snndeep.errors import ConfigError
from snndeep.radiomics.filters.base import (
    BOUNDARIES,
    DESCRIBED_BOUNDARY,
    DESCRIBED_DIMENSION,
    DESCRIBED_POOLING,
    DIMENSIONS,
    POOLINGS,
    ImageFilter,
    axes_of,
    check_length,
)
from snndeep.radiomics.filters.separable import pooled
from snndeep.settings import setting

KERNELS = {
    "L3": np.array([1.0, 2, 1]) / math.sqrt(6),
    "E3": np.array([-1.0, 0, 1]) / math.sqrt(2),
    "S3": np.array([-1.0, 2, -1]) / math.sqrt(6),
    "L5": np.array([1.0, 4, 6, 4, 1]) / math.sqrt(70),
    "E5": np.array([-1.0, -2, 0, 2, 1]) / math.sqrt(10),
    "S5": np.array([-1.0, 0, 2, 0, -1]) / math.sqrt(6),
    "W5": np.array([-1.0, 2, 0, -2, 1]) / math.sqrt(10),
    "R5": np.array([1.0, -4, 6, -4, 1]) / math.sqrt(70),
}
"""Level, edge, spot, wave and ripple, each of norm 1."""


@dataclass(frozen=True)
class Laws(ImageFilter):
    """A product of Laws' kernels, one per axis; the energy is the mean magnitude of the response around each voxel."""

    filter: str = setting("laws", "Name of the filter.", choices=("laws",))
    kernels: str = setting(
        "L5E5E5", "Names of the kernels along x, y, z, or x, y in 2d.", pattern="^([LES][35]|[WR]5){2,3}$"
    )
    energy: int = setting(0, "Distance of the energy's neighbourhood, in voxels; 0 for the response itself.", least=0)
    pooling: str = setting("none", DESCRIBED_POOLING, choices=POOLINGS)
    dimension: str = setting("3d", DESCRIBED_DIMENSION, choices=DIMENSIONS)
    boundary: str = setting("mirror", DESCRIBED_BOUNDARY, choices=tuple(BOUNDARIES))

    def __post_init__(self) -> None:
        super().__post_init__()
        named = self._names
        if "".join(named) != self.kernels or len(named) != len(axes_of(self.dimension)) or set(named) - set(KERNELS):
            raise ConfigError(
                "The names of Laws' kernels are impossible.",
                where="features.filters: laws",
                found=f"{self.kernels} in {self.dimension}",
                expected=f"{len(axes_of(self.dimension))} of {', '.join(KERNELS)}",
            )

    @property
    def _names(self) -> list[str]:
        return [self.kernels[start : start + 2] for start in range(0, len(self.kernels), 2)]

    def radius(self, spacing: float) -> int:
        """Return half the longest kernel, and the energy's neighbourhood."""
        return max(KERNELS[name].size for name in self._names) // 2 + self.energy

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return the response, or its energy sum |h| / (2 delta + 1)^D."""
        from scipy.ndimage import uniform_filter1d

        axes = axes_of(self.dimension)
        check_length(2 * self.radius(1.0) + 1, image, axes, self.label)
        response = pooled(image, tuple(KERNELS[name] for name in self._names), self.boundary, self.pooling)
        if self.energy:
            np.abs(response, out=response)
            for axis in axes:
                response = uniform_filter1d(response, 2 * self.energy + 1, axis=axis, mode=BOUNDARIES[self.boundary])
        return response
