"""The region of interest as every family sees it: grey levels, and how to count them, by slice or as a volume."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from snndeep.radiomics.family_settings import FamilySettings
from snndeep.radiomics.neighbourhood import Offset, half, within
from snndeep.radiomics.statistics import Intensities

DIMENSIONS = ("2d", "2.5d", "3d")
"""Neighbours in the plane and one matrix per plane; in the plane and one matrix; in space and one matrix."""

_FACES: dict[bool, list[Offset]] = {True: [(0, 0, 1), (0, 1, 0)], False: [(0, 0, 1), (0, 1, 0), (1, 0, 0)]}


@dataclass(frozen=True)
class Surroundings:
    """The resampled image around a region, outside of it too.

    Attributes:
        values: float32 [z, y, x], HU.
        offset: Index of the region's first voxel (of the border of zeros) in `values`, along z, y, x.
    """

    values: np.ndarray
    offset: tuple[int, int, int]


@dataclass(frozen=True)
class Region:
    """A resampled and discretised region.

    All arrays [z, y, x] have one voxel of zeros around them. How neighbours are counted is the dimension: `2d` has one
    output row per plane and neighbours in the plane (4 directions), `2.5d` a single row and neighbours in the plane,
    `3d` a single row and neighbours in space (13 directions).

    Attributes:
        values: int16 or float32 [z, y, x], HU or a filter's response.
        mask: uint8 [z, y, x], the morphological mask (1 inside).
        levels: uint8 or uint16 [z, y, x], grey levels 1..n_levels in the intensity mask, 0 elsewhere.
        n_levels: Greatest grey level there could be.
        dimension: One of `DIMENSIONS`.
        each_plane: Whether every plane is a region of its own, rather than a part of one.
        intensities: The values in the intensity mask, of every plane if `each_plane`, else of the region.
        spacing: Along x, y, z, in mm.
        settings: Conventions of the families.
        surroundings: The image around the region, where a family needs it.
        intensity_range: Lowest and highest HU of the re-segmentation range, infinite where there is none; None for values
            that are no HU.
    """

    values: np.ndarray
    mask: np.ndarray
    levels: np.ndarray
    n_levels: int
    dimension: str
    each_plane: bool
    intensities: Intensities
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    settings: FamilySettings = field(default_factory=FamilySettings)
    surroundings: Surroundings | None = None
    intensity_range: tuple[float, float] | None = (-np.inf, np.inf)

    def counted(self, dimension: str) -> Region:
        """Return the same region with its neighbours counted in another dimension."""
        return self if dimension == self.dimension else replace(self, dimension=dimension)

    @property
    def in_plane(self) -> bool:
        """Whether neighbours lie in the plane."""
        return self.dimension != "3d"

    @property
    def n_rows(self) -> int:
        """Number of output rows R."""
        return self.levels.shape[0] - 2 if self.dimension == "2d" else 1

    @property
    def rows(self) -> np.ndarray:
        """Output row of each plane, int64 [z]."""
        return plane_rows(self.levels.shape[0], self.dimension == "2d")

    @cached_property
    def level_counts(self) -> np.ndarray:
        """How many voxels have each grey level, int64 [R, n_levels]."""
        from snndeep.radiomics.kernels import count_levels

        counts: np.ndarray = count_levels(self.levels, self.rows, self.n_rows, self.n_levels)
        return counts

    @property
    def voxels(self) -> np.ndarray:
        """Voxels in the intensity mask, int64 [R]."""
        counts: np.ndarray = self.level_counts.sum(1)
        return counts

    @property
    def highest_level(self) -> np.ndarray:
        """The greatest grey level in the region, IBSI's N_g, int64 [R]; 0 where there is no voxel.

        A row that is a region of its own has its own; the planes of one region share that of the region.
        """
        present = self.level_counts > 0
        own = np.where(present.any(1), self.n_levels - present[:, ::-1].argmax(1), 0)
        return own if self.each_plane else np.full(self.n_rows, own.max(initial=0))

    @property
    def steps(self) -> np.ndarray:
        """Flat distances to one half of the neighbours at Chebyshev distance 1, int64 [D]."""
        return self.flat(half(within(1, "chebyshev", self.in_plane)))

    @property
    def face_steps(self) -> np.ndarray:
        """Flat distances to one half of the neighbours across a face, int64 [2 or 3]."""
        return self.flat(_FACES[self.in_plane])

    def flat(self, offsets: list[Offset]) -> np.ndarray:
        """Return offsets (dz, dy, dx) as distances in the flattened arrays, int64."""
        return flat_steps(offsets, self.levels.shape)

    def padded_levels(self, distance: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the grey levels with a border of `distance` voxels of zeros, and the output row of each plane."""
        if distance == 1:
            return self.levels, self.rows
        extra = distance - 1
        return np.pad(self.levels, extra), np.pad(self.rows, extra, mode="edge")


def plane_rows(n_planes: int, each: bool) -> np.ndarray:
    """Return the output row of each plane, int64 [z]: its own, or one for all; borders go with their neighbours."""
    return np.clip(np.arange(n_planes) - 1, 0, n_planes - 3) if each else np.zeros(n_planes, np.int64)


def flat_steps(offsets: list[Offset], shape: tuple[int, ...]) -> np.ndarray:
    """Return offsets (dz, dy, dx) as distances in an array of this shape, flattened."""
    _, ny, nx = shape
    return np.array([(dz * ny + dy) * nx + dx for dz, dy, dx in offsets], np.int64)
