"""Where in the volume the intensities lie: the features of IBSI's morphology family that need them."""

from __future__ import annotations

import math

import numpy as np


def spatial_features(
    values: np.ndarray, mask: np.ndarray, intensity_mask: np.ndarray, spacing: tuple[float, float, float], volume: float
) -> dict[str, float]:
    """Return centre of mass shift, integrated intensity and the two measures of spatial autocorrelation.

    com (KLMA): distance, in mm, from the centre of the mask to that of the intensities; integ_int (99N0): mean
    intensity times mesh volume. With n voxels, deviations e from their mean and weights w_ij = 1 / distance, moran_i
    (N365) = n / sum w * sum w e_i e_j / sum e^2 and geary_c (NPT7) = (n - 1) / (2 sum w) * sum w (e_i - e_j)^2 / sum e^2. All
    sums over pairs are one convolution with the kernel 1 / distance, so they take n log n steps, not n^2.

    Args:
        values: [z, y, x], HU.
        mask: bool [z, y, x], the morphological mask.
        intensity_mask: bool [z, y, x], the voxels whose intensities count.
        spacing: Along x, y, z, in mm.
        volume: Volume of the mesh, in mm³.
    """
    steps = np.array(spacing[::-1])
    where = np.argwhere(intensity_mask)
    intensity = values[intensity_mask].astype(np.float64)
    total = intensity.sum()
    centre = np.argwhere(mask).mean(0)
    weighted = intensity @ where / total if total else np.full(3, math.nan)
    moran_i, geary_c = _autocorrelation(values, intensity_mask, steps)
    return {
        "com": float(np.linalg.norm((weighted - centre) * steps)),
        "integ_int": float(intensity.mean()) * volume,
        "moran_i": moran_i,
        "geary_c": geary_c,
    }


def _autocorrelation(values: np.ndarray, mask: np.ndarray, steps: np.ndarray) -> tuple[float, float]:
    # Imported here: these features are extras, and the import would cost every job.
    from scipy.fft import irfftn, next_fast_len, rfftn

    box = tuple(slice(line.min(), line.max() + 1) for line in np.nonzero(mask))
    inside = mask[box]
    n = int(inside.sum())
    intensity = values[box].astype(np.float64)
    deviation = np.where(inside, intensity - intensity[inside].mean(), 0.0)
    squared = float((deviation**2).sum())
    if n < 2 or squared == 0:
        return math.nan, math.nan
    shape = tuple(next_fast_len(2 * size, real=True) for size in inside.shape)
    offsets = [
        np.minimum(np.arange(size), size - np.arange(size)) * step for size, step in zip(shape, steps, strict=True)
    ]
    distance = np.sqrt(sum(np.square(line) for line in np.meshgrid(*offsets, indexing="ij", sparse=True)))
    distance[0, 0, 0] = np.inf
    kernel = rfftn(1 / distance)

    def weigh(field: np.ndarray) -> np.ndarray:
        full = irfftn(rfftn(field, shape) * kernel, shape)
        return full[tuple(slice(size) for size in inside.shape)]

    weights = weigh(inside.astype(np.float64))
    total = float(weights[inside].sum())
    together = float((deviation * weigh(deviation)).sum())
    apart = 2 * (float((deviation**2 * weights).sum()) - together)
    return n / total * together / squared, (n - 1) / (2 * total) * apart / squared
