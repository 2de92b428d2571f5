"""Gabor filter (IBSI Q88H): waves of one length and direction."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics.filters.base import (
    BOUNDARIES,
    DESCRIBED_BOUNDARY,
    PADDING,
    ImageFilter,
    check_length,
)
from snndeep.radiomics.filters.separable import Pool
from snndeep.settings import setting

_FALLEN_TO = 1e-4
"""Where the Gaussian ends."""

_PLANES = 8
"""Planes that are transformed at a time, which bounds the memory."""


@dataclass(frozen=True)
class Gabor(ImageFilter):
    """The magnitude of the response to a complex wave under a Gaussian, in planes.

    g(k) = exp(-(a^2 + gamma^2 b^2) / (2 sigma^2) + 2 pi i a / lambda)
    a = k_x cos theta + k_y sin theta        b = -k_x sin theta + k_y cos theta
    """

    filter: str = setting("gabor", "Name of the filter.", choices=("gabor",))
    sigma: float = setting(5.0, "Width of the Gaussian, in mm.", above=0)
    wavelength: float = setting(2.0, "Length lambda of the wave, in mm.", above=0)
    gamma: float = setting(1.0, "Ratio of the Gaussian's axes.", above=0)
    theta: float = setting(0.0, "Direction of the wave, in degrees.")
    theta_step: float = setting(
        0.0, "Step of the directions that are pooled, in degrees; 0 for theta alone.", least=0, most=180
    )
    planes: str = setting(
        "axial", "axial, or all for the planes along each pair of axes, which are pooled.", choices=("axial", "all")
    )
    pooling: str = setting("mean", "How directions and planes are pooled.", choices=("mean", "max", "min"))
    boundary: str = setting("mirror", DESCRIBED_BOUNDARY, choices=tuple(BOUNDARIES))

    @property
    def of_slices(self) -> bool:
        """Whether it acts in the plane alone."""
        return self.planes == "axial"

    def radius(self, spacing: float) -> int:
        """Return where the Gaussian has fallen to 10^-4."""
        width = max(self.sigma, self.sigma / self.gamma) / spacing
        return math.ceil(width * math.sqrt(-2 * math.log(_FALLEN_TO)))

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return the magnitude, pooled over directions and planes."""
        pool = Pool(self.pooling)
        step = max(spacing[:2])
        check_length(math.ceil(max(self.wavelength, self.sigma) / step), image, (1, 2), self.label)
        # Stacks [n, v, u] of planes: axial (u = x, v = y), sagittal (y, z), coronal (z, x).
        orders = [(0, 1, 2)] if self.planes == "axial" else [(0, 1, 2), (1, 0, 2), (2, 0, 1)]
        for order in orders:
            stack = np.ascontiguousarray(np.transpose(image, order), np.float32)
            for response in self._responses(stack, step):
                pool.add(np.transpose(response, np.argsort(order)))
        return pool.result()

    def _directions(self) -> list[float]:
        if self.theta_step == 0:
            return [math.radians(self.theta)]
        # Opposite directions have the same magnitude: half a turn is enough where it is made of whole steps.
        turn = 180.0 if (180 / self.theta_step) % 1 == 0 else 360.0
        number = math.ceil(turn / self.theta_step - 1e-9)
        return [math.radians(self.theta + k * self.theta_step) for k in range(number)]

    def _responses(self, stack: np.ndarray, spacing: float) -> Iterator[np.ndarray]:
        """Yield the magnitude for each direction, [n, v, u], by products of Fourier transforms."""
        from scipy.fft import fft2, ifft2, next_fast_len

        radius = self.radius(spacing)
        n, nv, nu = stack.shape
        shape = tuple(next_fast_len(size + 2 * radius) for size in (nv, nu))
        for theta in self._directions():
            spectrum = fft2(self._kernel(theta, spacing, radius), shape).astype(np.complex64)
            response = np.empty(stack.shape, np.float32)
            for start in range(0, n, _PLANES):
                around = ((0, 0), (radius, radius), (radius, radius))
                padded = np.pad(stack[start : start + _PLANES], around, mode=PADDING[self.boundary])  # type: ignore[call-overload]
                waves = ifft2(fft2(padded, shape) * spectrum, overwrite_x=True)
                # The first 2 radius rows and columns of the circular product are those that wrap around.
                response[start : start + _PLANES] = np.abs(
                    waves[:, 2 * radius : 2 * radius + nv, 2 * radius : 2 * radius + nu]
                )
            yield response

    def _kernel(self, theta: float, spacing: float, radius: int) -> np.ndarray:
        """Return the kernel, complex128 [v, u]."""
        k = np.arange(-radius, radius + 1.0)
        v, u = np.meshgrid(k, k, indexing="ij")
        a = u * math.cos(theta) + v * math.sin(theta)
        b = -u * math.sin(theta) + v * math.cos(theta)
        sigma, wavelength = self.sigma / spacing, self.wavelength / spacing
        kernel: np.ndarray = np.exp(-(a**2 + (self.gamma * b) ** 2) / (2 * sigma**2) + 2j * np.pi * a / wavelength)
        return kernel
