"""Resampling of slices to a common in-plane spacing.

Trilinear interpolation reduces to bilinear within a slice, as the thickness stays as it is. The new grid has
ceil(n a / b) points for n voxels of a mm and a new spacing of b mm, and its centre lies on the old one's centre
(IBSI 2.4, "align by centre"). HU are rounded to integers afterwards.
"""

from __future__ import annotations

import numpy as np


def resampling_positions(size: int, spacing: float, new_spacing: float) -> np.ndarray:
    """Return where the new grid's points lie, in voxels of the old grid, clamped to it."""
    new_size = max(1, int(np.ceil(size * spacing / new_spacing - 1e-9)))
    centre = (size - 1) / 2
    positions = centre + (np.arange(new_size) - (new_size - 1) / 2) * (new_spacing / spacing)
    return np.clip(positions, 0, size - 1)


def interpolate_axis(volume: np.ndarray, positions: np.ndarray, axis: int) -> np.ndarray:
    """Interpolate linearly along one axis; returns float32."""
    low = np.minimum(np.floor(positions).astype(np.int64), max(volume.shape[axis] - 2, 0))
    high = np.minimum(low + 1, volume.shape[axis] - 1)
    shape = [1] * volume.ndim
    shape[axis] = -1
    weight = (positions - low).astype(np.float32).reshape(shape)
    below, above = np.take(volume, low, axis), np.take(volume, high, axis)
    return below + (above - below) * weight


def resample_slices(volume: np.ndarray, spacing_yx: tuple[float, float], new_spacing: float) -> np.ndarray:
    """Resample float32 `[z, y, x]` in plane to `new_spacing` mm."""
    for axis, spacing in zip((1, 2), spacing_yx, strict=True):
        volume = interpolate_axis(volume, resampling_positions(volume.shape[axis], spacing, new_spacing), axis)
    return volume
