"""Re-segmentation and discretisation (IBSI 2.6, 2.7): which voxels count, and in which grey level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snndeep.errors import ConfigError
from snndeep.radiomics.family_settings import FamilySettings
from snndeep.radiomics.region import Region, Surroundings, plane_rows
from snndeep.radiomics.statistics import Intensities

METHODS = ("fixed_bin_size", "fixed_bin_number", "fixed_bin_size_aligned")
MOST_LEVELS = 65535


@dataclass(frozen=True)
class Discretisation:
    """How intensities become grey levels.

    Attributes:
        resegmentation: Lowest and highest HU of the intensity mask; None for no limits.
        outlier_sigma: Voxels further than this many standard deviations from the mean of the region leave the intensity
            mask (IBSI 7ACA, 3 there); 0 for none.
        method: `fixed_bin_size` (Q3RU): bins of one width from the lower limit, or from the region's minimum where there
            is none; `fixed_bin_number` (K15C): a number of equal bins from minimum to maximum;
            `fixed_bin_size_aligned`: bins of one width from the greatest multiple of it below the minimum, as pyradiomics
            has it.
        bin_width: In HU.
        bin_number: Number of bins.
    """

    resegmentation: tuple[float, float] | None = (-150.0, 250.0)
    outlier_sigma: float = 0.0
    method: str = "fixed_bin_size"
    bin_width: float = 25.0
    bin_number: int = 32


@dataclass(frozen=True)
class _Bounds:
    """Lowest and highest intensity of the intensity mask of each region, float64 [R]."""

    low: np.ndarray
    high: np.ndarray


def make_region(
    values: np.ndarray,
    mask: np.ndarray,
    how: Discretisation,
    each_plane: bool,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    settings: FamilySettings | None = None,
    surroundings: Surroundings | None = None,
) -> Region:
    """Re-segment and discretise a resampled region.

    With the lowest bin's edge o and width w, level = floor((x - o) / w) + 1; the upper end belongs to the last bin. Both
    limits, range and outliers, are taken from the region before either is applied. Voxels outside of them leave the
    intensity mask and stay in the morphological mask.

    Args:
        values: int16 [z, y, x] with a border of one voxel, HU.
        mask: uint8 [z, y, x] of 0 and 1, zero on the border.
        how: Conventions.
        each_plane: Whether every plane is a region of its own, rather than a part of one.
        spacing: Along x, y, z, in mm.
        settings: Conventions of the families, by default the defaults.
        surroundings: The image around the region.
    """
    from snndeep.radiomics.kernels import count_values

    rows = plane_rows(values.shape[0], each_plane)
    n_rows = values.shape[0] - 2 if each_plane else 1
    first, last = _value_range(values, mask, how)
    counts = count_values(values, mask, rows, n_rows, first, last)
    range_values = np.arange(first, last + 1)
    bounds = _bounds(range_values, counts, how)
    counts *= (range_values >= bounds.low[:, None]) & (range_values <= bounds.high[:, None])
    if how.method == "fixed_bin_size" and how.resegmentation is not None and not how.outlier_sigma:
        levels, n_levels = _from_lower_limit(values, mask, how.resegmentation, how.bin_width, first, last)
    else:
        least, most = _extremes(range_values, counts)
        levels, n_levels = _binned(values, mask, rows, bounds, least, most, how)
    return Region(
        values,
        mask,
        levels,
        n_levels,
        "2d" if each_plane else "3d",
        each_plane,
        Intensities(((range_values, counts),)),
        spacing,
        settings or FamilySettings(),
        surroundings,
        how.resegmentation or (-math.inf, math.inf),
    )


def response_region(
    response: np.ndarray, base: Region, bin_number: int, surroundings: Surroundings | None = None
) -> Region:
    """Return the region of a filter's response: the intensity mask of the image, grey levels of a fixed number of bins.

    Responses have no unit, so a fixed bin size means nothing for them (IBSI 2, 3.3).

    Args:
        response: float32 [z, y, x], as the base region's values.
        base: The region of the image that was filtered.
        bin_number: Number of bins.
        surroundings: The response around the region.
    """
    inside = (base.levels > 0).view(np.uint8)
    rows = plane_rows(response.shape[0], base.each_plane)
    n_rows = response.shape[0] - 2 if base.each_plane else 1
    if base.each_plane:
        listed = [response[plane][inside[plane] > 0] for plane in range(1, n_rows + 1)]
    else:
        listed = [response[inside > 0]]
    least = np.array([row.min(initial=np.inf) for row in listed], np.float64)
    most = np.array([row.max(initial=-np.inf) for row in listed], np.float64)
    how = Discretisation(None, 0.0, "fixed_bin_number", bin_number=bin_number)
    levels, n_levels = _binned(response, inside, rows, _Bounds(least, most), least, most, how)
    return Region(
        response,
        base.mask,
        levels,
        n_levels,
        "2d" if base.each_plane else "3d",
        base.each_plane,
        Intensities.listed(listed),
        base.spacing,
        base.settings,
        surroundings,
        None,
    )


def _value_range(values: np.ndarray, mask: np.ndarray, how: Discretisation) -> tuple[int, int]:
    """Return the lowest and the highest HU that must be counted."""
    if how.resegmentation is not None and not how.outlier_sigma:
        return math.ceil(how.resegmentation[0]), math.floor(how.resegmentation[1])
    inside = values[mask > 0]
    return (int(inside.min()), int(inside.max())) if inside.size else (0, 0)


def _bounds(values: np.ndarray, counts: np.ndarray, how: Discretisation) -> _Bounds:
    low = np.full(len(counts), -np.inf)
    high = np.full(len(counts), np.inf)
    if how.outlier_sigma:
        n = np.maximum(counts.sum(1), 1)
        mean = counts @ values / n
        deviation = np.sqrt((counts * (values - mean[:, None]) ** 2).sum(1) / n)
        low, high = mean - how.outlier_sigma * deviation, mean + how.outlier_sigma * deviation
    if how.resegmentation is not None:
        low, high = np.maximum(low, how.resegmentation[0]), np.minimum(high, how.resegmentation[1])
    return _Bounds(low, high)


def _extremes(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest value that occurs, float64 [R]; infinite where none does."""
    present = counts > 0
    occurs = present.any(1)
    least = np.where(occurs, values[present.argmax(1)], np.inf)
    most = np.where(occurs, values[::-1][present[:, ::-1].argmax(1)], -np.inf)
    return least.astype(np.float64), most.astype(np.float64)


def _from_lower_limit(
    values: np.ndarray, mask: np.ndarray, limits: tuple[float, float], width: float, first: int, last: int
) -> tuple[np.ndarray, int]:
    """Return the grey levels of whole HU by a table, and how many there could be."""
    from snndeep.radiomics.kernels import assign_levels

    n_levels = max(1, math.ceil((limits[1] - limits[0]) / width))
    level_of_value = np.floor((np.arange(first, last + 1) - limits[0]) / width).astype(np.int64) + 1
    levels = np.empty(values.shape, level_type(n_levels))
    assign_levels(values, mask, np.minimum(level_of_value, n_levels), first, levels)
    return levels, n_levels


def _binned(
    values: np.ndarray,
    mask: np.ndarray,
    rows: np.ndarray,
    bounds: _Bounds,
    least: np.ndarray,
    most: np.ndarray,
    how: Discretisation,
) -> tuple[np.ndarray, int]:
    """Return the grey levels by each region's own lowest edge and width, and how many there could be."""
    from snndeep.radiomics.kernels import assign_bins

    span = np.where(most > least, most - least, 1.0)
    origin, number = np.where(np.isfinite(least), least, 0.0), how.bin_number
    # Multiplying by a whole number of bins before dividing keeps the edges where the formula has them.
    factor, divisor = np.full(len(span), float(number)), span
    if how.method != "fixed_bin_number":
        if how.method == "fixed_bin_size_aligned":
            origin = np.floor(origin / how.bin_width) * how.bin_width
        elif how.resegmentation is not None:
            origin = np.full(len(span), how.resegmentation[0])
        factor, divisor = np.ones(len(span)), np.full(len(span), how.bin_width)
        occurs = np.isfinite(least)
        number = int(np.floor((most - origin)[occurs].max(initial=0.0) / how.bin_width)) + 1
        if how.resegmentation is not None and how.method == "fixed_bin_size":
            number = min(number, max(1, math.ceil((how.resegmentation[1] - how.resegmentation[0]) / how.bin_width)))
    if number > MOST_LEVELS:
        raise ConfigError(
            "There are more grey levels than can be counted.",
            where="features.bin_width" if how.method != "fixed_bin_number" else "features.bin_number",
            found=f"{number} grey levels",
            expected=f"at most {MOST_LEVELS}",
            remedy="Widen the bins.",
        )
    levels = np.empty(values.shape, level_type(number))
    assign_bins(values, mask, rows, bounds.low, bounds.high, origin, factor, divisor, number, levels)
    return levels, number


def level_type(n_levels: int) -> type[np.uint8] | type[np.uint16]:
    """Return the smallest type that holds the grey levels."""
    return np.uint8 if n_levels < 256 else np.uint16
