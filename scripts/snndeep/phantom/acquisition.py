"""How a patient was scanned: field of view, slice thickness, dose, reconstruction kernel and bias.

By these traits a model can recognise a patient instead of a disease. None of them depends on disease.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from snndeep.phantom.geometry import SmoothField, VoxelGrid, point

FIELD_OF_VIEW_MM = (300.0, 420.0)
COVERAGE_MM = (225.0, 310.0)


@dataclass(frozen=True)
class Kernel:
    """Response of the scanner and its reconstruction in the axial plane: G(w) + e (G(w) - G(2 w)).

    G(w) is a Gaussian of standard deviation w. The kernel blurs the patient and correlates the noise.

    Attributes:
        width: w in voxels.
        enhancement: e, the edge enhancement of sharp kernels.
    """

    width: float
    enhancement: float

    def apply(self, plane: np.ndarray) -> np.ndarray:
        """Return a filtered axial plane [x, y]."""
        narrow: np.ndarray = gaussian_filter(plane, self.width, mode="nearest", truncate=3.0)
        if self.enhancement == 0.0:
            return narrow
        wide: np.ndarray = gaussian_filter(plane, 2 * self.width, mode="nearest", truncate=3.0)
        sharpened: np.ndarray = narrow + np.float32(self.enhancement) * (narrow - wide)
        return sharpened

    @property
    def noise_gain(self) -> float:
        """Standard deviation of filtered unit white noise: the root of the summed squared response."""
        impulse = np.zeros((33, 33), np.float32)
        impulse[16, 16] = 1.0
        return float(np.sqrt(np.square(self.apply(impulse), dtype=np.float64).sum()))


@dataclass(frozen=True)
class Acquisition:
    """One patient's scan parameters.

    Attributes:
        field_of_view: Side of the square that the shorter of the x and y axes spans, mm.
        coverage: Length of the scan along z, mm.
        noise: Standard deviation of the noise in soft tissue, HU (the dose).
        noise_correlation: Correlation of the noise in neighbouring slices, 0 to 1 (overlapping slices).
        kernel: Reconstruction kernel.
        cupping: HU by which beam hardening lowers the middle of the body.
        bias_amplitude: Standard deviation of the slow bias field, HU.
    """

    field_of_view: float
    coverage: float
    noise: float
    noise_correlation: float
    kernel: Kernel
    cupping: float
    bias_amplitude: float

    @classmethod
    def sample(cls, random: np.random.Generator, spread: float) -> Acquisition:
        """Draw the parameters of a scan; `spread` scales the differences between patients."""

        def around(middle: float, factor: float) -> float:
            return float(middle * factor ** (spread * random.uniform(-1, 1)))

        sharp = random.random() < 0.4
        return cls(
            field_of_view=float(random.uniform(*FIELD_OF_VIEW_MM)),
            coverage=float(random.uniform(*COVERAGE_MM)),
            noise=around(11.0, 2.6),
            noise_correlation=float(np.clip(0.3 + spread * random.uniform(-0.3, 0.3), 0.0, 0.9)),
            kernel=Kernel(around(0.62, 2.3), around(0.6, 2.0) if sharp else 0.0),
            cupping=around(3.5, 3.3),
            bias_amplitude=around(3.0, 2.8),
        )

    def grid(self, shape: tuple[int, int, int]) -> VoxelGrid:
        """Return the voxel grid of a volume: the field of view over x and y, the coverage over z."""
        pixel = round(self.field_of_view / min(shape[0], shape[1]), 4)
        return VoxelGrid(shape, (pixel, pixel, round(self.coverage / shape[2], 4)))


@dataclass(frozen=True)
class Bias:
    """Slow errors of the HU scale within one patient.

    Attributes:
        field: Smooth field of standard deviation 1.
        amplitude: Its standard deviation in HU.
        cupping: HU by which the middle of the body is lowered.
    """

    field: SmoothField
    amplitude: float
    cupping: float

    @classmethod
    def sample(cls, random: np.random.Generator, acquisition: Acquisition, grid: VoxelGrid) -> Bias:
        """Draw the bias field of one patient."""
        extent = point(np.max(axis) for axis in (grid.x, grid.y, grid.z))
        return cls(SmoothField.sample(random, 90.0, extent), acquisition.bias_amplitude, acquisition.cupping)

    def plane(self, grid: VoxelGrid, depth: np.ndarray, z: float) -> np.ndarray:
        """Return the error in HU, [x, y]; `depth` is 0 at the skin and 1 in the middle of the body."""
        bias = self.field.plane(grid.x, grid.y, z)
        bias *= np.float32(self.amplitude)
        bias -= np.float32(self.cupping) * depth
        return bias


def white_noise(random: np.random.Generator, shape: tuple[int, int, int], correlation: float) -> Iterator[np.ndarray]:
    """Yield planes [x, y] of standard normal noise that is correlated between neighbouring slices.

    This is an autoregressive process of order 1 along z, w[k] = r w[k-1] + sqrt(1 - r^2) n[k], with one plane in memory.
    """
    plane = random.standard_normal(shape[:2], dtype=np.float32)
    yield plane
    for _ in range(1, shape[2]):
        fresh = random.standard_normal(shape[:2], dtype=np.float32)
        plane = np.float32(correlation) * plane + np.float32(np.sqrt(1 - correlation**2)) * fresh
        yield plane
