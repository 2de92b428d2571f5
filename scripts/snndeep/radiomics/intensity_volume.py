"""Intensity-volume histogram (IBSI P88C): which share of the region has at least an intensity."""

from __future__ import annotations

import math

import numpy as np

from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import HU, features
from snndeep.radiomics.region import Region

FEATURES = features(
    """
    v10 BC2M volume fraction at 10% intensity
    v90 BC2M volume fraction at 90% intensity
    i10 GBPN intensity at 10% volume
    i90 GBPN intensity at 90% volume
    diff_v10_v90 DDTU volume fraction difference between 10% and 90% intensity
    diff_i10_i90 CNV2 intensity difference between 10% and 90% volume
    auc 9CMM area under the IVH curve
    """,
    units=dict.fromkeys(("i10", "i90", "diff_i10_i90"), HU),
    left_out="auc",
)


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the seven features by name, [R] each.

    With levels i from least to greatest, the intensity fraction is gamma = (i - i_min) / (i_max - i_min) and the volume
    fraction nu the share of voxels of at least i. v_x is the greatest nu with gamma >= x %, i_x the least i with nu <= x %.
    Levels are whole HU, or bins by their centres (fixed bin size) or numbers (fixed bin number). They span the
    re-segmentation range where there is one.
    """
    rows = [_features(values, counts, region) for values, counts in region.intensities.rows()]
    return {feature.name: np.array([row[feature.name] for row in rows]) for feature in FEATURES}


def _features(values: np.ndarray, counts: np.ndarray, region: Region) -> dict[str, float]:
    if values.size == 0:
        return {feature.name: math.nan for feature in FEATURES}
    levels, number, width = _levels(values, counts, region)
    total = number.sum()
    volume = 1 - np.concatenate([[0], np.cumsum(number)[:-1]]) / total
    span = levels[-1] - levels[0]
    fraction = (levels - levels[0]) / span if span > 0 else np.ones(levels.size)

    def volume_at(share: float) -> float:
        return float(volume[fraction >= share - 1e-12].max())

    def intensity_at(share: float) -> float:
        reached = levels[volume <= share + 1e-12]
        return float(reached[0]) if reached.size else float(levels[-1] + width)

    v10, v90, i10, i90 = volume_at(0.1), volume_at(0.9), intensity_at(0.1), intensity_at(0.9)
    return {
        "v10": v10,
        "v90": v90,
        "i10": i10,
        "i90": i90,
        "diff_v10_v90": v10 - v90,
        "diff_i10_i90": i10 - i90,
        "auc": float(np.trapezoid(volume, fraction)),
    }


def _levels(values: np.ndarray, counts: np.ndarray, region: Region) -> tuple[np.ndarray, np.ndarray, float]:
    """Return all levels, the voxels at each, and the distance of two levels."""
    how = region.settings.intensity_volume
    least, most = values[0], values[-1]
    if how.discretisation == "fixed_bin_number" or region.intensity_range is None:
        index = np.floor(how.bin_number * (values - least) / (most - least if most > least else 1.0)).astype(np.int64)
        index = np.minimum(index, how.bin_number - 1)
        return np.arange(1.0, how.bin_number + 1), np.bincount(index, counts, how.bin_number), 1.0
    low, high = region.intensity_range
    low, high = (low if math.isfinite(low) else least), (high if math.isfinite(high) else most)
    if how.discretisation == "fixed_bin_size":
        size = max(1, math.ceil((high - low) / how.bin_width))
        index = np.minimum(np.floor((values - low) / how.bin_width).astype(np.int64), size - 1)
        centres = low + (np.arange(size) + 0.5) * how.bin_width
        return centres, np.bincount(index, counts, size), how.bin_width
    first, last = math.ceil(low), math.floor(high)
    number = np.bincount(values.astype(np.int64) - first, counts, last - first + 1)
    return np.arange(first, last + 1.0), number, 1.0


FAMILY = Family("intensity-volume histogram", "intensity-volume histogram", compute, FEATURES, aggregated=False)
