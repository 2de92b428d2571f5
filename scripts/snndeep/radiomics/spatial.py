"""Where in the volume the intensities lie: the features of IBSI's morphology family that need them."""

from __future__ import annotations

import math

import numpy as np

_FREQUENCIES = 8
"""Frequencies along x that are worked on at a time."""


def spatial_features(
    values: np.ndarray, mask: np.ndarray, intensity_mask: np.ndarray, spacing: tuple[float, float, float], volume: float
) -> dict[str, float]:
    """Return centre of mass shift, integrated intensity and the two measures of spatial autocorrelation.

    com (KLMA): distance, in mm, from the centre of the mask to that of the intensities; integ_int (99N0): mean
    intensity times mesh volume. With n voxels, deviations e from their mean and weights w_ij = 1 / distance, moran_i
    (N365) = n / sum w * sum w e_i e_j / sum e^2 and geary_c (NPT7) = (n - 1) / (2 sum w) * sum w (e_i - e_j)^2 / sum e^2. Sums
    over pairs take n log n steps, see `_pair_sums`.

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
    box = tuple(slice(line.min(), line.max() + 1) for line in np.nonzero(mask))
    inside = mask[box].astype(np.float64)
    n = int(inside.sum())
    intensity = values[box].astype(np.float64)
    deviation = inside * (intensity - (intensity * inside).sum() / max(n, 1))
    squared = float((deviation**2).sum())
    if n < 2 or squared == 0:
        return math.nan, math.nan
    total, together, weighted = _pair_sums(inside, deviation, steps)
    return n / total * together / squared, (n - 1) / total * (weighted - together) / squared


def _pair_sums(mask: np.ndarray, field: np.ndarray, steps: np.ndarray) -> tuple[float, float, float]:
    """Return the sums over pairs of w_ij, of w_ij e_i e_j and of w_ij e_i^2, with w_ij = 1 / distance.

    By Parseval's theorem a sum over pairs, a convolution in disguise, is a sum over frequencies of the product of the
    transforms of both fields and of the kernel. It is taken a few frequencies of the last axis at a time, so that no
    transform of a whole volume is ever in memory.
    """
    # Imported here: these features are extras, and the import would cost every job.
    from scipy.fft import dctn

    lengths = [_even_length(2 * size) for size in mask.shape]
    half_z, half_y, half_x = (length // 2 + 1 for length in lengths)
    offsets = [np.arange(half) * step for half, step in zip((half_z, half_y, half_x), steps, strict=True)]
    x = np.arange(mask.shape[2])
    fields = (mask, field, field**2)
    sums = np.zeros(3)
    for start in range(0, half_x, _FREQUENCIES):
        frequencies = np.arange(start, min(start + _FREQUENCIES, half_x))
        # The kernel is even along all axes, so its transform is made of cosines.
        ends = np.where((np.arange(half_x) == 0) | (np.arange(half_x) == half_x - 1), 1.0, 2.0)
        cosines = ends[:, None] * np.cos(2 * np.pi * np.outer(np.arange(half_x), frequencies) / lengths[2])
        kernel = np.stack([_inverse_distance(z, offsets[1], offsets[2]) @ cosines for z in offsets[0]])
        kernel = dctn(kernel, type=1, axes=(0, 1), overwrite_x=True)
        angles = 2 * np.pi * np.outer(x, frequencies) / lengths[2]
        waves = np.concatenate([np.cos(angles), -np.sin(angles)], axis=1)
        # Frequencies beyond the half are the mirror images of these.
        count = np.where((frequencies == 0) | (frequencies == half_x - 1), 1.0, 2.0)
        of_mask, of_field, of_square = (_transform(part, waves, lengths) for part in fields)
        power = np.stack([_power(of_mask, of_mask), _power(of_field, of_field), _power(of_square, of_mask)])
        sums += np.einsum("fzyk,zyk,k->f", _folded(power), kernel, count, optimize=True)
    total, together, weighted = sums / math.prod(lengths)
    return float(total), float(together), float(weighted)


def _transform(part: np.ndarray, waves: np.ndarray, lengths: list[int]) -> np.ndarray:
    """Return the transform of a field [z, y, x] at some frequencies of x and all of z and y, complex [z, y, K]."""
    from scipy.fft import fft2

    both = part @ waves
    half = both.shape[2] // 2
    transformed: np.ndarray = fft2(
        both[:, :, :half] + 1j * both[:, :, half:], lengths[:2], axes=(0, 1), overwrite_x=True
    )
    return transformed


def _power(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    product: np.ndarray = one.real * other.real + one.imag * other.imag
    return product


def _folded(power: np.ndarray) -> np.ndarray:
    """Return [F, z, y, K] with the frequencies of z and y beyond the half added to their mirror images."""
    for axis in (1, 2):
        half = power.shape[axis] // 2 + 1
        first = power.take(np.arange(half), axis=axis)
        mirrored = power.take(np.arange(power.shape[axis] - 1, half - 1, -1), axis=axis)
        inner: tuple[slice, ...] = (*[slice(None)] * axis, slice(1, half - 1))
        first[inner] += mirrored
        power = first
    return power


def _even_length(least: int) -> int:
    """Return an even length of at least this that a Fourier transform is fast for."""
    from scipy.fft import next_fast_len

    return 2 * int(next_fast_len(math.ceil(least / 2)))


def _inverse_distance(z: float, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return 1 / distance, [y, x]; 0 at no distance."""
    squared = z**2 + y[:, None] ** 2 + x**2
    inverse: np.ndarray = np.where(squared > 0, 1 / np.sqrt(np.where(squared > 0, squared, 1.0)), 0.0)
    return inverse
