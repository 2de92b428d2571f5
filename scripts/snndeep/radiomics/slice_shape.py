"""Shape of the region in a slice, from its outline by marching squares. No family of IBSI; pyradiomics calls it shape2D.

It is never on by default: the size of the organ in a slice gives the answer away.
"""

from __future__ import annotations

import math

import numpy as np

from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import features
from snndeep.radiomics.region import Region

FEATURES = features(
    """
    area_mesh - area of the outline
    area_pixel - area of the pixels
    perimeter - perimeter
    perimeter_area_ratio - perimeter to area ratio
    sphericity - circularity
    sph_dispr - circular disproportion
    diam - maximum diameter
    pca_maj_axis - major axis length
    pca_min_axis - minor axis length
    pca_elongation - elongation
    """,
    units={"area_mesh": "mm²", "area_pixel": "mm²", "perimeter_area_ratio": "1/mm"}
    | dict.fromkeys(("perimeter", "diam", "pca_maj_axis", "pca_min_axis"), "mm"),
)


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the ten features by name, [R] each; NaN for a slice without region.

    With A and P area and length of the outline, which runs midway between pixel centres inside and outside:
    sphericity = 2 sqrt(pi A) / P, sph_dispr its inverse; with l1 >= l2 the variances of the pixel centres along their
    principal axes, axes = 4 sqrt(l), elongation = sqrt(l2 / l1).
    """
    rows = [_of_plane(plane, region.spacing) for plane in region.mask[1:-1]]
    return {feature.name: np.array([row[feature.name] for row in rows]) for feature in FEATURES}


def _of_plane(plane: np.ndarray, spacing: tuple[float, float, float]) -> dict[str, float]:
    at = np.argwhere(plane)
    if not len(at):
        return {feature.name: math.nan for feature in FEATURES}
    sx, sy = spacing[:2]
    area, perimeter = _outline(plane, sx, sy)
    centres = at * [sy, sx]
    variances = np.linalg.eigvalsh(np.atleast_2d(np.cov(centres.T, bias=True)))[::-1].clip(0)
    major, minor = (4 * math.sqrt(variance) for variance in variances)
    return {
        "area_mesh": area,
        "area_pixel": len(at) * sx * sy,
        "perimeter": perimeter,
        "perimeter_area_ratio": perimeter / area,
        "sphericity": 2 * math.sqrt(math.pi * area) / perimeter,
        "sph_dispr": perimeter / (2 * math.sqrt(math.pi * area)),
        "diam": _diameter(centres, sx, sy),
        "pca_maj_axis": major,
        "pca_min_axis": minor,
        "pca_elongation": minor / major if major else math.nan,
    }


def _outline(plane: np.ndarray, sx: float, sy: float) -> tuple[float, float]:
    """Return area and length of the outline. Each square of four pixel centres adds by which of them are inside."""
    a, b, c, d = plane[:-1, :-1], plane[:-1, 1:], plane[1:, :-1], plane[1:, 1:]
    number = a.astype(np.int64) + b + c + d
    diagonal = (number == 2) & (a == d)
    # Of two pixels that touch by their corners, the outline keeps both in one piece, as textures do.
    shares = np.array([0.0, 0.125, 0.5, 0.875, 1.0])[number] + 0.25 * diagonal
    corners = np.count_nonzero((number == 1) | (number == 3)) + 2 * np.count_nonzero(diagonal)
    along_x = np.count_nonzero((a == b) & (c == d) & (a != c))
    along_y = np.count_nonzero((a == c) & (b == d) & (a != b))
    length = corners * math.hypot(sx, sy) / 2 + along_x * sx + along_y * sy
    return float(shares.sum() * sx * sy), length


def _diameter(centres: np.ndarray, sx: float, sy: float) -> float:
    """Return the greatest distance of two points of the outline."""
    halves = np.array([[0, sx], [0, -sx], [sy, 0], [-sy, 0]]) / 2
    y = centres[:, 0]
    edge = np.ones(len(centres), bool)
    # The ends of each row of pixels are all that can be far apart.
    edge[1:-1] = (y[1:-1] != y[:-2]) | (y[1:-1] != y[2:])
    points = (centres[edge][:, None] + halves).reshape(-1, 2)
    squared = ((points[:, None] - points) ** 2).sum(2)
    return float(math.sqrt(squared.max()))


FAMILY = Family(
    "shape of the slice",
    "shape of the slice",
    compute,
    FEATURES,
    aggregated=False,
    of_volume=False,
    of_responses=False,
)
