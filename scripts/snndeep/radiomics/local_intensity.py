"""Local intensity (IBSI 9ST6): the greatest mean intensity of a sphere of 1 cm³ within the region."""

from __future__ import annotations

import math

import numpy as np

from snndeep.errors import InvalidInputError
from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import HU, features
from snndeep.radiomics.region import Region

FEATURES = features(
    """
    peak_loc VJGA local intensity peak
    peak_glob 0F91 global intensity peak
    """,
    unit=HU,
)

RADIUS_MM = 10 * (3 / (4 * math.pi)) ** (1 / 3)
"""Radius of a sphere of 1 cm³."""


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return both peaks by name, [1] each.

    The mean is that of all voxels whose centres lie within 6.2 mm of a voxel's centre, also outside of the region. Global
    peak: the greatest mean about a voxel of the intensity mask; local peak: the mean about the voxel of the greatest
    intensity, of several the greatest mean.

    Raises:
        InvalidInputError: If the region has no surroundings.
    """
    from snndeep.radiomics.kernels import mean_of_neighbours

    around = region.surroundings
    if around is None:
        raise InvalidInputError(
            "Local intensity needs the image around the region.",
            where="radiomics.local_intensity",
            found="a region without surroundings",
            expected="a volume that was resampled with a margin",
        )
    spacing = np.array(region.spacing[::-1])
    reach = [range(-int(RADIUS_MM / step), int(RADIUS_MM / step) + 1) for step in spacing]
    grid = np.array(np.meshgrid(*reach, indexing="ij")).reshape(3, -1).T
    sphere = grid[np.linalg.norm(grid * spacing, axis=1) <= RADIUS_MM]
    inside = np.argwhere(region.levels > 0)
    if not len(inside):
        return {"peak_loc": np.array([math.nan]), "peak_glob": np.array([math.nan])}
    means = mean_of_neighbours(around.values, inside + np.array(around.offset), sphere)
    intensity = region.values[region.levels > 0]
    return {
        "peak_loc": np.array([means[intensity == intensity.max()].max()]),
        "peak_glob": np.array([means.max()]),
    }


FAMILY = Family("local intensity", "local intensity", compute, FEATURES, aggregated=False, of_slices=False)
