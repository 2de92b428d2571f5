"""Compiled trilinear interpolation of image and mask."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.compiler import compiled


@compiled
def _bilinear(plane: np.ndarray, y: int, x: int, wy: float, wx: float) -> float:
    # A weight of zero may belong to the last voxel, which has none after it.
    y1, x1 = y + (wy > 0), x + (wx > 0)
    upper = plane[y, x] * (1.0 - wx) + plane[y, x1] * wx
    lower = plane[y1, x] * (1.0 - wx) + plane[y1, x1] * wx
    value: float = upper * (1.0 - wy) + lower * wy
    return value


@compiled
def sample_both(
    intensity: np.ndarray,
    mask: np.ndarray,
    z_index: np.ndarray,
    z_weight: np.ndarray,
    y_index: np.ndarray,
    y_weight: np.ndarray,
    x_index: np.ndarray,
    x_weight: np.ndarray,
    threshold: float,
    values: np.ndarray,
    inside: np.ndarray,
) -> None:
    """Write values and mask, both with a border of one voxel; values within the mask alone."""
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


@compiled
def sample_image(
    intensity: np.ndarray,
    z_index: np.ndarray,
    z_weight: np.ndarray,
    y_index: np.ndarray,
    y_weight: np.ndarray,
    x_index: np.ndarray,
    x_weight: np.ndarray,
    sampled: np.ndarray,
) -> None:
    """Write the values everywhere, rounded, without a border."""
    for k in range(z_index.size):
        wz = z_weight[k]
        image_0, image_1 = intensity[z_index[k]], intensity[z_index[k] + (wz > 0)]
        for j in range(y_index.size):
            y, wy = y_index[j], y_weight[j]
            for i in range(x_index.size):
                x, wx = x_index[i], x_weight[i]
                value = _bilinear(image_0, y, x, wy, wx)
                if wz > 0:
                    value = value * (1.0 - wz) + _bilinear(image_1, y, x, wy, wx) * wz
                sampled[k, j, i] = np.rint(value)


@compiled
def sample_mask(
    mask: np.ndarray,
    z_index: np.ndarray,
    z_weight: np.ndarray,
    y_index: np.ndarray,
    y_weight: np.ndarray,
    x_index: np.ndarray,
    x_weight: np.ndarray,
    threshold: float,
    inside: np.ndarray,
) -> None:
    """Write the mask, with a border of one voxel."""
    for k in range(z_index.size):
        wz = z_weight[k]
        mask_0, mask_1 = mask[z_index[k]], mask[z_index[k] + (wz > 0)]
        for j in range(y_index.size):
            y, wy = y_index[j], y_weight[j]
            for i in range(x_index.size):
                x, wx = x_index[i], x_weight[i]
                part = _bilinear(mask_0, y, x, wy, wx)
                if wz > 0:
                    part = part * (1.0 - wz) + _bilinear(mask_1, y, x, wy, wx) * wz
                inside[k + 1, j + 1, i + 1] = part >= threshold
