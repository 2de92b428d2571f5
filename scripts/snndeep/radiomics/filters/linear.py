"""Mean, Laplacian of Gaussian and gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics.filters.base import (
    BOUNDARIES,
    DESCRIBED_BOUNDARY,
    DESCRIBED_DIMENSION,
    DIMENSIONS,
    ImageFilter,
    axes_of,
    check_length,
)
from snndeep.radiomics.filters.separable import convolve
from snndeep.settings import setting


@dataclass(frozen=True)
class MeanFilter(ImageFilter):
    """Mean of a cube or square of voxels (IBSI S60F)."""

    filter: str = setting("mean", "Name of the filter.", choices=("mean",))
    size: int = setting(15, "Length of its sides, in voxels, odd.", choices=range(1, 100, 2))
    dimension: str = setting("3d", DESCRIBED_DIMENSION, choices=DIMENSIONS)
    boundary: str = setting("mirror", DESCRIBED_BOUNDARY, choices=tuple(BOUNDARIES))

    def radius(self, spacing: float) -> int:
        """Return half the side."""
        return self.size // 2

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return h = sum of f over the cube / M^D."""
        from scipy.ndimage import uniform_filter1d

        axes = axes_of(self.dimension)
        check_length(self.size, image, axes, self.label)
        response = np.asarray(image, np.float32)
        for axis in axes:
            response = uniform_filter1d(response, self.size, axis=axis, mode=BOUNDARIES[self.boundary])
        return response


@dataclass(frozen=True)
class LaplacianOfGaussian(ImageFilter):
    """Laplacian of a Gaussian (IBSI L6PA): blobs and edges of a size.

        g(k) = -1 / sigma^2 (1 / (sqrt(2 pi) sigma))^D (D - |k|^2 / sigma^2) exp(-|k|^2 / (2 sigma^2))

    with sigma in voxels. The sum of products of one kernel per axis is the same kernel.
    """

    filter: str = setting("log", "Name of the filter.", choices=("log",))
    sigma: float = setting(3.0, "Width of the Gaussian, in mm.", above=0)
    truncate: float = setting(4.0, "Where the kernel ends, in sigma.", above=0)
    dimension: str = setting("3d", DESCRIBED_DIMENSION, choices=DIMENSIONS)
    boundary: str = setting("mirror", DESCRIBED_BOUNDARY, choices=tuple(BOUNDARIES))

    def radius(self, spacing: float) -> int:
        """Return where the kernel ends."""
        return math.floor(self.truncate * self.sigma / spacing + 0.5)

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return the convolution with the kernel."""
        axes = axes_of(self.dimension)
        steps = spacing[: len(axes)]
        check_length(2 * max(self.radius(step) for step in steps) + 1, image, axes, self.label)
        gaussians, curvatures = [], []
        for step in steps:
            sigma, radius = self.sigma / step, self.radius(step)
            k = np.arange(-radius, radius + 1.0)
            gaussian = np.exp(-(k**2) / (2 * sigma**2)) / (math.sqrt(2 * math.pi) * sigma)
            gaussians.append(gaussian)
            curvatures.append(gaussian * (k**2 / sigma**2 - 1) / sigma**2)
        # x and y of the terms share their passes: (g" g + g g") along the plane, then g; g g, then g".
        one = np.ones(1)
        along_y = convolve(image, (one, gaussians[1]), self.boundary)
        curved_y = convolve(image, (one, curvatures[1]), self.boundary)
        plane = convolve(along_y, (curvatures[0],), self.boundary)
        plane += convolve(curved_y, (gaussians[0],), self.boundary)
        if self.dimension == "2d":
            return plane
        smooth = convolve(along_y, (gaussians[0],), self.boundary)
        response = convolve(plane, (one, one, gaussians[2]), self.boundary)
        response += convolve(smooth, (one, one, curvatures[2]), self.boundary)
        return response


@dataclass(frozen=True)
class Gradient(ImageFilter):
    """Magnitude of the gradient, by central differences, in HU per mm."""

    filter: str = setting("gradient", "Name of the filter.", choices=("gradient",))
    dimension: str = setting("3d", DESCRIBED_DIMENSION, choices=DIMENSIONS)
    boundary: str = setting("nearest", DESCRIBED_BOUNDARY, choices=tuple(BOUNDARIES))

    def radius(self, spacing: float) -> int:
        """Return one voxel."""
        return 1

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return sqrt(sum over axes of ((f[k + 1] - f[k - 1]) / (2 spacing))^2)."""
        squared = np.zeros(image.shape, np.float32)
        for number in range(len(axes_of(self.dimension))):
            kernels = [np.ones(1)] * number + [np.array([0.5, 0.0, -0.5]) / spacing[number]]
            squared += convolve(image, tuple(kernels), self.boundary) ** 2
        return np.sqrt(squared, out=squared)
