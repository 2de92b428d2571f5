"""Resampling of intensities and mask onto a grid of another spacing (IBSI 2.4).

The new grid shares its centre with the whole image, so what is outside of the region has no part in where samples lie
except by the extent of the image. Only the samples about the region are computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics.errors import SplineInputError

ORDERS = ("nearest", "linear", "cubic")

_WEIGHT_STEPS = 2.0**20
_SPLINE_MARGIN = 12
"""Voxels after which a sample has less than 10^-6 to do with another in a cubic spline."""


@dataclass(frozen=True)
class AxisSpan:
    """The part of one axis of the image that is in memory.

    Attributes:
        n_image: Voxels of the whole image along the axis.
        start: Index in the image of the first voxel in memory; -1 for a voxel that repeats the first of the image.
        size: Number of voxels in memory.
        first: Index in the image of the first voxel of the region.
        last: Index of the last.
    """

    n_image: int
    start: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Axis:
    """Where the samples of one axis lie among the voxels in memory.

    Attributes:
        position: In voxels, from the first one in memory, ascending.
        first: Number of the first sample in the grid of the whole image.
        total: Number of samples of the whole image.
        ratio: Distance of two samples, in voxels.
    """

    position: np.ndarray
    first: int = 0
    total: int = 0
    ratio: float = 1.0

    @property
    def index(self) -> np.ndarray:
        """Voxel before each sample, int64."""
        index: np.ndarray = np.floor(self.position).astype(np.int64)
        return index

    @property
    def weight(self) -> np.ndarray:
        """Weight of the voxel after each sample; the voxel before it has the rest."""
        weight: np.ndarray = self.position - self.index
        return weight

    def part(self, start: int, stop: int) -> Axis:
        """Return the axis of some of the samples, counted from the first of this axis."""
        return Axis(self.position[start:stop], self.first + start, self.total, self.ratio)


def align_axis(span: AxisSpan, spacing: float, new_spacing: float | None, margin_mm: float = 0.0) -> Axis:
    """Lay samples over one axis so that both grids share their centre, and return those about the region.

        n_new = ceil(n * spacing / new_spacing)
        position_k = (n - 1) / 2 + (k - (n_new - 1) / 2) * new_spacing / spacing

    Args:
        span: What is in memory.
        spacing: Of the voxels, in mm.
        new_spacing: Of the samples, in mm; None keeps the voxels.
        margin_mm: How far beyond the region samples are wanted, in mm.
    """
    ratio = 1.0 if new_spacing is None else new_spacing / spacing
    total = max(1, math.ceil(span.n_image / ratio - 1e-6))
    position = (span.n_image - 1) / 2 + (np.arange(total) - (total - 1) / 2) * ratio
    # A sample is in the region only if it is less than a voxel away from one; the grid's own step goes on top.
    beyond = 1.0 + margin_mm / spacing
    wanted = np.flatnonzero((position > span.first - beyond) & (position < span.last + beyond))
    if not wanted.size:
        middle = (span.first + span.last) / 2
        wanted = np.array([np.abs(position - middle).argmin()])
    # Beyond the outermost voxel's centre the image goes on as it ends there.
    inside = np.clip(position[wanted], max(0, span.start), min(span.n_image, span.start + span.size) - 1) - span.start
    # Weights on a binary grid: 1 - w is exact, so a mirrored scan takes the mirrored sides of all ties.
    inside = np.rint(inside * _WEIGHT_STEPS) / _WEIGHT_STEPS
    return Axis(inside, int(wanted[0]), total, ratio)


def keep_axis(index: np.ndarray) -> Axis:
    """Lay one sample on each of the given voxels in memory."""
    return Axis(index.astype(np.float64))


def margin_voxels(order: str, anti_aliasing: bool, ratios: tuple[float, ...]) -> int:
    """Return how many voxels around a sample its value depends on."""
    smoothing = max(math.ceil(4 * _smoothing(ratio)) for ratio in ratios) if anti_aliasing else 0
    return (_SPLINE_MARGIN if order == "cubic" else 1) + smoothing


def resample(
    intensity: np.ndarray, mask: np.ndarray, axes: tuple[Axis, Axis, Axis], threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Sample intensities and mask by trilinear interpolation, intensities within the mask alone.

    Args:
        intensity: float32 [z, y, x], HU.
        mask: uint8 [z, y, x] of 0 and 1.
        axes: Samples along z, y, x.
        threshold: Least interpolated mask value that counts as inside.

    Returns:
        Intensities as int16, rounded to whole HU as IBSI asks for CT, and the mask as uint8, both with one voxel of
        zeros around them. Intensities outside the mask are not computed and are zero.
    """
    from snndeep.radiomics.resampling_kernels import sample_both

    shape = tuple(axis.position.size + 2 for axis in axes)
    values, inside = np.zeros(shape, np.int16), np.zeros(shape, np.uint8)
    z, y, x = axes
    sample_both(intensity, mask, z.index, z.weight, y.index, y.weight, x.index, x.weight, threshold, values, inside)
    return values, inside


def resample_mask(mask: np.ndarray, axes: tuple[Axis, Axis, Axis], threshold: float, order: str) -> np.ndarray:
    """Sample a mask, uint8 [z, y, x] of 0 and 1; the result has one voxel of zeros around it."""
    shape = tuple(axis.position.size + 2 for axis in axes)
    if order == "linear":
        from snndeep.radiomics.resampling_kernels import sample_mask

        z, y, x = axes
        inside = np.zeros(shape, np.uint8)
        sample_mask(mask, z.index, z.weight, y.index, y.weight, x.index, x.weight, threshold, inside)
        return inside
    sampled = interpolate(mask.astype(np.float32), axes, order)
    # The noise of single precision must not decide a tie.
    return np.pad((sampled >= threshold - 1e-6).view(np.uint8), 1)


def resample_image(
    intensity: np.ndarray, axes: tuple[Axis, Axis, Axis], order: str, anti_aliasing: bool = False
) -> np.ndarray:
    """Sample intensities everywhere, float32 [z, y, x], rounded to whole HU within the range of 16 bits.

    With anti-aliasing, each axis whose samples are r > 1 voxels apart is smoothed by a Gaussian of (r - 1) / 2 voxels.
    """
    if anti_aliasing:
        # Imported here: an option that is off by default, and scipy.ndimage takes long.
        from scipy.ndimage import gaussian_filter1d

        for number, axis in enumerate(axes):
            if _smoothing(axis.ratio) > 0:
                intensity = gaussian_filter1d(intensity, _smoothing(axis.ratio), axis=number, mode="nearest")
    if order == "linear":
        from snndeep.radiomics.resampling_kernels import sample_image

        # The arithmetic of `resample`, operation by operation, so that ties are rounded alike.
        sampled = np.empty(tuple(axis.position.size for axis in axes), np.float32)
        z, y, x = axes
        sample_image(intensity, z.index, z.weight, y.index, y.weight, x.index, x.weight, sampled)
    else:
        sampled = np.rint(interpolate(intensity, axes, order))
    return np.clip(sampled, -32768, 32767, out=sampled)


def interpolate(values: np.ndarray, axes: tuple[Axis, Axis, Axis], order: str) -> np.ndarray:
    """Sample an array along its three axes, one after the other; the interpolations are separable.

    `cubic` interpolates with cubic B-splines: values are exact at the voxels and the second derivative is continuous.

    Args:
        values: float32 [z, y, x].
        axes: Samples along z, y, x.
        order: One of `ORDERS`.

    Raises:
        SplineInputError: If a spline meets a value that is no number, which would spread over the whole line.
    """
    if order == "cubic" and not np.isfinite(values).all():
        raise SplineInputError(
            "A spline cannot pass through values that are no numbers.",
            where="features.image_interpolation",
            found=f"{np.count_nonzero(~np.isfinite(values))} NaN or infinite values",
            expected="finite intensities",
            remedy="Write the scan again from its source, or use linear interpolation.",
        )
    for number, axis in enumerate(axes):
        values = _along(values, number, axis.position, order)
    return np.array(values, np.float32, order="C")


def _along(values: np.ndarray, number: int, position: np.ndarray, order: str) -> np.ndarray:
    """Return the samples along one axis."""
    index = np.floor(position).astype(np.int64)
    shape = [1, 1, 1]
    shape[number] = -1
    t = (position - index).reshape(shape)
    taps: tuple[tuple[int, np.ndarray | float], ...]
    if order == "nearest":
        index, taps = np.floor(position + 0.5).astype(np.int64), ((0, 1.0),)
    elif not t.any():
        taps = ((0, 1.0),)
    elif order == "linear":
        taps = ((0, 1 - t), (1, t))
    else:
        values, index = _spline_coefficients(values, number), index + _SPLINE_MARGIN
        taps = (
            (-1, (1 - t) ** 3 / 6),
            (0, (4 - 6 * t**2 + 3 * t**3) / 6),
            (1, (1 + 3 * t + 3 * t**2 - 3 * t**3) / 6),
            (2, t**3 / 6),
        )
    last = values.shape[number] - 1
    sampled: np.ndarray = np.zeros(())
    for step, weight in taps:
        sampled = sampled + values.take(np.minimum(index + step, last), axis=number) * weight
    return sampled


def _spline_coefficients(values: np.ndarray, number: int) -> np.ndarray:
    """Return the coefficients of the cubic B-spline along one axis, with a margin before and after."""
    from scipy.ndimage import spline_filter1d

    width = [(0, 0)] * 3
    width[number] = (_SPLINE_MARGIN, _SPLINE_MARGIN)
    padded = np.pad(values.astype(np.float64), width, mode="edge")
    coefficients: np.ndarray = spline_filter1d(padded, 3, axis=number, mode="mirror")
    return coefficients


def _smoothing(ratio: float) -> float:
    return max(0.0, (ratio - 1) / 2)
