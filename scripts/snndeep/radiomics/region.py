"""The region of interest as every family sees it: grey levels, and how to count them, by slice or as a volume."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics.kernels import assign_levels, count_values

# One half of each neighbourhood, (dz, dy, dx): of every pair of opposite directions the one that points onwards.
_IN_PLANE = ((0, 0, 1), (0, 1, -1), (0, 1, 0), (0, 1, 1))
_IN_SPACE = (*_IN_PLANE, *((1, dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)))
_FACES_IN_PLANE = ((0, 0, 1), (0, 1, 0))
_FACES_IN_SPACE = (*_FACES_IN_PLANE, (1, 0, 0))


@dataclass(frozen=True)
class Region:
    """A resampled and discretised region.

    All arrays [z, y, x] have one voxel of zeros around them. A region counted *by slice* has one output row per plane
    and neighbours in the plane (4 directions); as a *volume* it has a single row and neighbours in space (13).

    Attributes:
        values: int16 [z, y, x], HU.
        mask: uint8 [z, y, x], the morphological mask (1 inside).
        levels: uint8 or uint16 [z, y, x], grey levels 1..n_levels in the intensity mask, 0 elsewhere.
        n_levels: Greatest possible grey level N_g.
        by_slice: Whether planes are counted one by one.
        range_values: int64 [K], the HU of the re-segmentation range.
        level_of_value: int64 [K], the grey level of each of these HU.
        counts: int64 [R, K], how many voxels have each of these HU.
    """

    values: np.ndarray
    mask: np.ndarray
    levels: np.ndarray
    n_levels: int
    by_slice: bool
    range_values: np.ndarray
    level_of_value: np.ndarray
    counts: np.ndarray

    @property
    def n_rows(self) -> int:
        """Number of output rows R."""
        return self.counts.shape[0]

    @property
    def rows(self) -> np.ndarray:
        """Output row of each plane, int64 [z]."""
        return _rows(self.levels.shape[0], self.by_slice)

    @property
    def voxels(self) -> np.ndarray:
        """Voxels in the intensity mask, int64 [R]."""
        return self.counts.sum(1)

    @property
    def steps(self) -> np.ndarray:
        """Flat distances to one half of the neighbours at Chebyshev distance 1, int64 [D]."""
        return self._flat(_IN_PLANE if self.by_slice else _IN_SPACE)

    @property
    def face_steps(self) -> np.ndarray:
        """Flat distances to one half of the neighbours across a face, int64 [2 or 3]."""
        return self._flat(_FACES_IN_PLANE if self.by_slice else _FACES_IN_SPACE)

    def _flat(self, directions: tuple[tuple[int, int, int], ...]) -> np.ndarray:
        _, ny, nx = self.levels.shape
        return np.array([(dz * ny + dy) * nx + dx for dz, dy, dx in directions], np.int64)


def _rows(n_planes: int, by_slice: bool) -> np.ndarray:
    return np.clip(np.arange(n_planes) - 1, 0, n_planes - 3) if by_slice else np.zeros(n_planes, np.int64)


def number_of_levels(low: float, high: float, bin_width: float) -> int:
    """Return N_g, the number of bins of one width that cover a range."""
    return max(1, math.ceil((high - low) / bin_width))


def make_region(
    values: np.ndarray,
    mask: np.ndarray,
    resegmentation: tuple[float, float],
    bin_width: float,
    by_slice: bool,
) -> Region:
    """Re-segment and discretise a resampled region.

        level = min(floor((HU - low) / bin_width) + 1, N_g)        N_g = ceil((high - low) / bin_width)

    Fixed bin size from the lower bound (IBSI Q3RU); the upper bound itself belongs to the last bin. Voxels outside the
    range leave the intensity mask and stay in the morphological mask.

    Args:
        values: int16 [z, y, x] with a border of one voxel, HU.
        mask: uint8 [z, y, x] of 0 and 1, zero on the border.
        resegmentation: Lowest and highest HU of the intensity mask.
        bin_width: Width of a grey level, in HU.
        by_slice: Count planes one by one, rather than the volume.
    """
    low, high = resegmentation
    lower, upper = math.ceil(low), math.floor(high)
    n_levels = number_of_levels(low, high, bin_width)
    range_values = np.arange(lower, upper + 1)
    level_of_value = np.minimum(np.floor((range_values - low) / bin_width).astype(np.int64) + 1, n_levels)
    levels = np.empty(values.shape, np.uint8 if n_levels < 256 else np.uint16)
    assign_levels(values, mask, level_of_value, lower, levels)
    n_rows = values.shape[0] - 2 if by_slice else 1
    counts = count_values(values, mask, _rows(values.shape[0], by_slice), n_rows, lower, upper)
    return Region(values, mask, levels, n_levels, by_slice, range_values, level_of_value, counts)
