"""Trilinear resampling of intensities and mask onto a grid of another spacing (IBSI section 2.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics.compiler import compiled

_WEIGHT_STEPS = 2.0**20


@dataclass(frozen=True)
class Axis:
    """Where the samples of one axis lie among the voxels.

    Attributes:
        index: Voxel before each sample.
        weight: Weight of the voxel after it; the voxel before it has the rest.
    """

    index: np.ndarray
    weight: np.ndarray


def align_axis(n_voxels: int, spacing: float, new_spacing: float) -> Axis:
    """Lay samples over the voxels of one axis so that both grids share their centre.

        n_new = ceil(n * spacing / new_spacing)
        position_k = (n - 1) / 2 + (k - (n_new - 1) / 2) * new_spacing / spacing

    The grid is the box that the region spans, so padding or cropping the scan around it moves no sample. The arrays
    to be sampled have one more voxel on either side of the box, and indices count from that voxel.

    Args:
        n_voxels: Voxels of the region's box along the axis.
        spacing: Their spacing, in mm.
        new_spacing: Spacing of the samples, in mm.
    """
    ratio = new_spacing / spacing
    n_samples = max(1, math.ceil(n_voxels / ratio - 1e-6))
    position = (n_voxels - 1) / 2 + (np.arange(n_samples) - (n_samples - 1) / 2) * ratio
    position = np.clip(position, -1.0, n_voxels) + 1.0
    # Weights on a binary grid: 1 - w is exact, so a mirrored scan takes the mirrored sides of all ties.
    position = np.rint(position * _WEIGHT_STEPS) / _WEIGHT_STEPS
    index = np.minimum(np.floor(position).astype(np.int64), n_voxels)
    return Axis(index, position - index)


def keep_axis(index: np.ndarray) -> Axis:
    """Lay one sample on each of the given voxels of an axis."""
    return Axis(index, np.zeros(index.size))


def resample(
    intensity: np.ndarray, mask: np.ndarray, axes: tuple[Axis, Axis, Axis], threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Sample intensities and mask.

    Args:
        intensity: float32 [z, y, x], HU.
        mask: uint8 [z, y, x] of 0 and 1.
        axes: Samples along z, y, x.
        threshold: Least interpolated mask value that counts as inside.

    Returns:
        Intensities as int16, rounded to whole HU as IBSI asks for CT, and the mask as uint8, both with one voxel of
        zeros around them. Intensities outside the mask are not computed and are zero.
    """
    shape = tuple(axis.index.size + 2 for axis in axes)
    values, inside = np.zeros(shape, np.int16), np.zeros(shape, np.uint8)
    z, y, x = axes
    _resample(intensity, mask, z.index, z.weight, y.index, y.weight, x.index, x.weight, threshold, values, inside)
    return values, inside


@compiled
def _bilinear(plane, y, x, wy, wx):
    upper = plane[y, x] * (1.0 - wx) + plane[y, x + 1] * wx
    lower = plane[y + 1, x] * (1.0 - wx) + plane[y + 1, x + 1] * wx
    return upper * (1.0 - wy) + lower * wy


@compiled
def _resample(intensity, mask, z_index, z_weight, y_index, y_weight, x_index, x_weight, threshold, values, inside):
    for k in range(z_index.size):
        wz = z_weight[k]
        image_0, image_1 = intensity[z_index[k]], intensity[z_index[k] + (wz > 0)]
        mask_0, mask_1 = mask[z_index[k]], mask[z_index[k] + (wz > 0)]
        for j in range(y_index.size):
            y, wy = y_index[j], y_weight[j]
            for i in range(x_index.size):
                x, wx = x_index[i], x_weight[i]
                part = _bilinear(mask_0, y, x, wy, wx)
                if wz > 0:
                    part = part * (1.0 - wz) + _bilinear(mask_1, y, x, wy, wx) * wz
                if part >= threshold:
                    value = _bilinear(image_0, y, x, wy, wx)
                    if wz > 0:
                        value = value * (1.0 - wz) + _bilinear(image_1, y, x, wy, wx) * wz
                    inside[k + 1, j + 1, i + 1] = 1
                    values[k + 1, j + 1, i + 1] = min(max(np.rint(value), -32768.0), 32767.0)
