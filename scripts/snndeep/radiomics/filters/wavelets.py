"""Separable wavelets (IBSI 25BO) and the non-separable one of Simoncelli (IBSI PRT7)."""

from __future__ import annotations

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
from snndeep.radiomics.filters.separable import Kernels, Pool, convolve, proper_rotations, upsampled
from snndeep.settings import setting

FAMILIES = ("haar", *(f"db{n}" for n in range(1, 39)), *(f"coif{n}" for n in range(1, 18)))


@dataclass(frozen=True)
class SeparableWavelet(ImageFilter):
    """A band of a separable wavelet transform: low (L) or high (H) pass along each axis.

    Level j follows j - 1 low passes along all axes. Without decimation the kernels of level j have 2^(j - 1) - 1 zeros
    between their elements; with decimation every 2^j-th voxel is kept, and its value stands for the block it begins.
    """

    filter: str = setting("wavelet", "Name of the filter.", choices=("wavelet",))
    wavelet: str = setting("coif1", "Wavelet: haar, db1 to db38, coif1 to coif17.", choices=FAMILIES)
    band: str = setting("LLH", "Low or high pass along x, y, z, or x, y in 2d.", pattern="^[LH]{2,3}$")
    level: int = setting(1, "Level of the decomposition.", least=1, most=8)
    decimated: bool = setting(False, "Whether to keep every 2^level-th voxel alone.")
    pooling: str = setting("none", DESCRIBED_POOLING, choices=POOLINGS)
    dimension: str = setting("3d", DESCRIBED_DIMENSION, choices=DIMENSIONS)
    boundary: str = setting("mirror", DESCRIBED_BOUNDARY, choices=tuple(BOUNDARIES))

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.band) != len(axes_of(self.dimension)) or set(self.band) - set("LH"):
            raise ConfigError(
                "The band of a wavelet is impossible.",
                where="features.filters: wavelet",
                found=f"{self.band} in {self.dimension}",
                expected=f"{len(axes_of(self.dimension))} letters L or H",
            )

    def _passes(self) -> tuple[np.ndarray, np.ndarray]:
        import pywt

        wavelet = pywt.Wavelet(self.wavelet)
        return np.array(wavelet.dec_lo), np.array(wavelet.dec_hi)

    def radius(self, spacing: float) -> int:
        """Return half of all kernels that follow each other."""
        length = self._passes()[0].size
        return (length - 1) * int(2**self.level - 1) // 2 + int(2**self.level)

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return the band's coefficients."""
        low, high = self._passes()
        axes = axes_of(self.dimension)
        check_length((low.size - 1) * 2 ** (self.level - 1) + 1, image, axes, self.label)
        band = tuple(low if letter == "L" else high for letter in self.band)
        if self.pooling == "none":
            response = self._cascade(image, band, low, (False,) * len(axes))
        else:
            pool = Pool(self.pooling)
            for turned, flips in _distinct(band):
                pool.add(self._cascade(image, turned, low, flips))
            response = pool.result()
        return _blocks(response, 2**self.level, axes) if self.decimated else response

    def _cascade(self, image: np.ndarray, band: Kernels, low: np.ndarray, flips: tuple[bool, ...]) -> np.ndarray:
        """Return the response to low passes up to the level before, then to the band's kernels."""
        response = image
        for level in range(1, self.level + 1):
            passes = band if level == self.level else (low,) * len(band)
            kernels = tuple(upsampled(kernel, 2 ** (level - 1)) for kernel in passes)
            response = convolve(response, kernels, self.boundary, flips)
        return response


def _distinct(band: Kernels) -> list[tuple[Kernels, tuple[bool, ...]]]:
    """Return the kernels and flips of all rotations that differ. Each occurs equally often, so means are the same."""
    found = {
        (tuple(band[axis].tobytes() for axis in order), flips): (tuple(band[axis] for axis in order), flips)
        for order, flips in proper_rotations(len(band))
    }
    return list(found.values())


def _blocks(response: np.ndarray, step: int, axes: tuple[int, ...]) -> np.ndarray:
    for axis in axes:
        kept = np.arange(response.shape[axis]) // step * step
        response = response.take(kept, axis=axis)
    return response


@dataclass(frozen=True)
class Simoncelli(ImageFilter):
    """The isotropic band pass B of Simoncelli's wavelet, in the Fourier domain.

        B(nu) = cos(pi / 2 log2(2 nu / nu_j))        for nu_j / 4 <= nu <= nu_j, else 0

    with nu_1 the Nyquist frequency, nu_j = nu_1 / 2^(j - 1) and nu the magnitude of the frequency. The image is periodic.
    Along an axis of N voxels the band is sampled at N frequencies from -nu_1 to nu_1, both ends included, and the response
    is the real part: what the reference maps have. For even N no sample is at 0.
    """

    filter: str = setting("simoncelli", "Name of the filter.", choices=("simoncelli",))
    level: int = setting(1, "Level of the decomposition.", least=1, most=8)
    dimension: str = setting("3d", DESCRIBED_DIMENSION, choices=DIMENSIONS)

    @property
    def whole_image(self) -> bool:
        """Return that it does."""
        return True

    def radius(self, spacing: float) -> int:
        """Return a number without use, since the response depends on the whole image."""
        return 4 << self.level

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return the band of the image."""
        from scipy.fft import irfftn, rfftn

        axes = axes_of(self.dimension)
        check_length(2**self.level, image, axes, self.label)
        shape = [image.shape[axis] for axis in axes]
        band = self._transfer(shape)
        spectrum = rfftn(np.asarray(image, np.float32), axes=axes)
        spectrum *= band
        response: np.ndarray = irfftn(spectrum, shape, axes=axes)
        return response

    def _transfer(self, shape: list[int]) -> np.ndarray:
        """Return the factor of each frequency of the half spectrum, float32."""
        # The real part of the response is the response to the mean of the bands at a frequency and at its opposite.
        transfer = np.zeros((*shape[:-1], shape[-1] // 2 + 1), np.float32)
        for sign in (1, -1):
            lines = []
            for size in shape:
                line = np.fft.ifftshift((np.arange(size) - (size - 1) / 2) / max((size - 1) / 2, 0.5))
                lines.append(line[sign * np.arange(size) % size])
            lines[-1] = lines[-1][: shape[-1] // 2 + 1]
            grid = np.meshgrid(*lines, indexing="ij", sparse=True)
            nu = np.sqrt(sum((line**2 for line in grid), start=np.zeros(()))) * 2 ** (self.level - 1)
            inside = (nu >= 0.25) & (nu <= 1)
            transfer[inside] += np.cos(np.pi / 2 * np.log2(2 * nu[inside])) / 2
        return transfer
