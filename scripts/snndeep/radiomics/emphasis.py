"""The formulas that run-length, size-zone, distance-zone and dependence matrices share.

All four count elements by grey level i and a size j (length, size, distance, number of neighbours) and weigh them
alike. The matrix comes as a list of its entries that are not zero: zones of an organ are up to a million voxels large,
and a full matrix would be nearly empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from snndeep.radiomics.feature import Feature
from snndeep.radiomics.statistics import log2


@dataclass(frozen=True)
class Entries:
    """The entries of R matrices: `count` elements of grey level `level` and size `size` in matrix `row`, [E] each.

    Sizes are whole numbers, except for dependences that are weighted by distance.
    """

    row: np.ndarray
    level: np.ndarray
    size: np.ndarray
    count: np.ndarray

    @classmethod
    def from_matrix(cls, counts: np.ndarray) -> Entries:
        """Return the entries of counts [R, N_g, J], levels and sizes counted from 1."""
        row, level, size = np.nonzero(counts)
        return cls(row, level + 1, size + 1, counts[row, level, size])

    @classmethod
    def from_list(cls, elements: np.ndarray) -> Entries:
        """Return the entries of elements listed one by one, [E, 3] of row, level, size."""
        unique, count = np.unique(elements, axis=0, return_counts=True)
        row, level = unique[:, 0].astype(np.int64), unique[:, 1].astype(np.int64)
        return cls(row, level, unique[:, 2], count)

    def joined(self, other: Entries) -> Entries:
        """Return the entries of both; no element may be in both."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in ("row", "level", "size", "count"))
        return Entries(*(np.concatenate(pair) for pair in pairs))


def emphasis_features(entries: Entries, n_rows: int, possible: ArrayLike) -> dict[str, np.ndarray]:
    """Return the features that the four families share, under common names.

    With n_ij elements of level i and size j, N in all, p = n / N, r_j and g_i the margins: short = sum p / j^2, long =
    sum p j^2, low = sum p / i^2, high = sum p i^2, short_low = sum p / (i j)^2, short_high = sum p i^2 / j^2, long_low =
    sum p j^2 / i^2, long_high = sum p (i j)^2, level_nonuniformity = sum g^2 / N, size_nonuniformity = sum r^2 / N, both
    also / N^2 (`_norm`), percentage = N / possible, variance of i and of j under p, entropy and energy of p.

    Args:
        entries: The matrices' entries.
        n_rows: Number R of matrices.
        possible: The number of elements there could be at most, scalar or [R].

    Returns:
        By name, [R] each; NaN for a matrix without elements.
    """
    row, level, size = entries.row, entries.level.astype(np.float64), entries.size.astype(np.float64)

    def total(weight: np.ndarray) -> np.ndarray:
        return np.bincount(row, weight, n_rows)

    n = total(entries.count)
    n = np.where(n > 0, n, np.nan)
    p = entries.count / n[row]
    level_squared, size_squared = level**2, size**2
    mean_level, mean_size = total(p * level), total(p * size)
    level_sums = _sum_of_squared_margins(row, entries.level, entries.count, n_rows)
    size_sums = _sum_of_squared_margins(row, entries.size, entries.count, n_rows)
    features = {
        "short": total(p / size_squared),
        "long": total(p * size_squared),
        "low": total(p / level_squared),
        "high": total(p * level_squared),
        "short_low": total(p / (level_squared * size_squared)),
        "short_high": total(p * level_squared / size_squared),
        "long_low": total(p * size_squared / level_squared),
        "long_high": total(p * level_squared * size_squared),
        "level_nonuniformity": level_sums / n,
        "level_nonuniformity_norm": level_sums / n**2,
        "size_nonuniformity": size_sums / n,
        "size_nonuniformity_norm": size_sums / n**2,
        "percentage": n / possible,
        "level_variance": total(p * (level - mean_level[row]) ** 2),
        "size_variance": total(p * (size - mean_size[row]) ** 2),
        "entropy": -total(p * log2(p)),
        "energy": total(p * p),
    }
    return {name: np.where(np.isnan(n), np.nan, values) for name, values in features.items()}


def _sum_of_squared_margins(row: np.ndarray, key: np.ndarray, count: np.ndarray, n_rows: int) -> np.ndarray:
    """Return, [R], the sum over keys of the squared number of elements with that key."""
    if key.dtype.kind == "f":
        key = np.unique(key, return_inverse=True)[1]
    unique, inverse = np.unique(row * (key.max(initial=0) + 1) + key, return_inverse=True)
    margin = np.bincount(inverse, count, unique.size)
    owner = np.zeros(unique.size, np.int64)
    owner[inverse] = row
    return np.bincount(owner, margin**2, n_rows)


COMMON = (
    "short", "long", "low", "high", "short_low", "short_high", "long_low", "long_high", "level_nonuniformity",
    "level_nonuniformity_norm", "size_nonuniformity", "size_nonuniformity_norm", "percentage", "level_variance",
    "size_variance", "entropy", "energy",
)  # fmt: skip
"""The common names, in the order in which every family lists its features."""


def renamed(features: dict[str, np.ndarray], family: tuple[Feature, ...]) -> dict[str, np.ndarray]:
    """Return the features under a family's own names."""
    return {own.name: features[common] for own, common in zip(family, COMMON, strict=False)}
