"""Morphology (IBSI HCUG): the shape of the volume, from its mesh, its convex hull and its principal axes."""

from __future__ import annotations

import math

import numpy as np

from snndeep.radiomics.feature import features
from snndeep.radiomics.mesh import mesh_area_volume

FEATURES = features(
    """
    volume RNU0 volume (mesh)
    vol_approx YEKZ volume (voxel counting)
    area_mesh C0JK surface area (mesh)
    av 2PR5 surface to volume ratio
    comp_1 SKGS compactness 1
    comp_2 BQWJ compactness 2
    sph_dispr KRCK spherical disproportion
    sphericity QCFX sphericity
    asphericity 25C7 asphericity
    diam L0JK maximum 3D diameter
    pca_maj_axis TDIC major axis length
    pca_min_axis P9VJ minor axis length
    pca_least_axis 7J51 least axis length
    pca_elongation Q3CK elongation
    pca_flatness N17B flatness
    vol_dens_aabb PBX1 volume density (axis-aligned bounding box)
    area_dens_aabb R59B area density (axis-aligned bounding box)
    vol_dens_ombb ZH1A volume density (oriented minimum bounding box)
    area_dens_ombb IQYR area density (oriented minimum bounding box)
    vol_dens_aee 6BDE volume density (approximate enclosing ellipsoid)
    area_dens_aee RDD2 area density (approximate enclosing ellipsoid)
    vol_dens_mvee SWZ1 volume density (minimum volume enclosing ellipsoid)
    area_dens_mvee BRI8 area density (minimum volume enclosing ellipsoid)
    vol_dens_conv_hull R3ER volume density (convex hull)
    area_dens_conv_hull 7T7F area density (convex hull)
    com KLMA centre of mass shift
    integ_int 99N0 integrated intensity
    moran_i N365 Moran's I index
    geary_c NPT7 Geary's C measure
    """,
    units={"volume": "mm³", "vol_approx": "mm³", "area_mesh": "mm²", "av": "1/mm", "integ_int": "HU mm³"}
    | dict.fromkeys(("diam", "pca_maj_axis", "pca_min_axis", "pca_least_axis", "com"), "mm"),
    left_out="vol_approx comp_1 comp_2 sph_dispr asphericity vol_dens_aabb area_dens_aabb vol_dens_ombb area_dens_ombb "
    "vol_dens_aee area_dens_aee vol_dens_mvee area_dens_mvee com integ_int moran_i geary_c",
)

_LEGENDRE_TERMS = 20
"""Terms of the series for the surface of an ellipsoid, as many as IBSI takes."""


def shape_features(mask: np.ndarray, spacing: tuple[float, float, float], enclosing: bool = True) -> dict[str, float]:
    """Return the features of a mask's shape by name; `snndeep.radiomics.spatial` has those that need intensities.

    With V and A volume and area of the mesh: vol_approx = voxels times their volume, av = A / V, comp_1 = V / sqrt(pi
    A^3), comp_2 = 36 pi V^2 / A^3, sph_dispr = A / (36 pi V^2)^(1/3), sphericity its inverse, asphericity = sph_dispr - 1,
    diam the greatest distance of two vertices; with l1 >= l2 >= l3 the variances of the voxel centres along their
    principal axes, axes = 4 sqrt(l), pca_elongation = sqrt(l2 / l1), pca_flatness = sqrt(l3 / l1); volume and area as
    shares of those of the bounding box along the axes (aabb) and in any orientation (ombb), of the ellipsoid of the
    principal axes (aee), of the smallest ellipsoid (mvee) and of the convex hull. Lengths in mm.

    Args:
        mask: uint8 [z, y, x] of 0 and 1, zero on its border, at least one voxel.
        spacing: Along x, y, z, in mm.
        enclosing: Whether to fit the smallest box and ellipsoid, which takes longer than all else.
    """
    area, volume = mesh_area_volume(mask, spacing)
    vertices, normals, hull_volume, hull_area = _convex_hull(mask, spacing)
    major, minor, least = _principal_axes(mask, spacing)
    box = np.ptp(vertices, axis=0)
    box_area = 2 * (box[0] * box[1] + box[1] * box[2] + box[2] * box[0])
    ellipsoid_volume = math.pi / 6 * major * minor * least
    ellipsoid_area = _ellipsoid_area(major / 2, minor / 2, least / 2)
    cubed = 36 * math.pi * volume**2
    dispersion = area / cubed ** (1 / 3)
    fitted = _enclosing(vertices, normals, volume, area) if enclosing else {}
    return fitted | {
        "volume": volume,
        "vol_approx": float(np.count_nonzero(mask)) * math.prod(spacing),
        "area_mesh": area,
        "av": area / volume,
        "comp_1": volume / math.sqrt(math.pi * area**3),
        "comp_2": cubed / area**3,
        "sph_dispr": dispersion,
        "sphericity": 1 / dispersion,
        "asphericity": dispersion - 1,
        "diam": _diameter(vertices),
        "pca_maj_axis": major,
        "pca_min_axis": minor,
        "pca_least_axis": least,
        "pca_elongation": minor / major if major else math.nan,
        "pca_flatness": least / major if major else math.nan,
        "vol_dens_aabb": volume / float(box.prod()),
        "area_dens_aabb": area / float(box_area),
        "vol_dens_aee": volume / ellipsoid_volume if ellipsoid_volume else math.nan,
        "area_dens_aee": area / ellipsoid_area if ellipsoid_area else math.nan,
        "vol_dens_conv_hull": volume / hull_volume,
        "area_dens_conv_hull": area / hull_area,
    }


def _enclosing(vertices: np.ndarray, normals: np.ndarray, volume: float, area: float) -> dict[str, float]:
    """Return volume and area as shares of those of the smallest box and of the smallest ellipsoid."""
    from snndeep.radiomics.enclosing import minimum_box, minimum_ellipsoid

    a, b, c = minimum_box(vertices, normals)
    major, minor, least = minimum_ellipsoid(vertices)
    return {
        "vol_dens_ombb": volume / (a * b * c),
        "area_dens_ombb": area / (2 * (a * b + b * c + c * a)),
        "vol_dens_mvee": volume / (4 / 3 * math.pi * major * minor * least),
        "area_dens_mvee": area / _ellipsoid_area(major, minor, least),
    }


def _convex_hull(mask: np.ndarray, spacing: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return vertices [V, 3] (mm), normals [F, 3], volume and area of the mesh's convex hull.

    The mesh's vertices lie half a voxel from the outermost voxels along the axes, so the hull of the six such points
    around the two ends of every line of voxels is the hull of the mesh.
    """
    # Imported here: it takes longer than the features of the slices, which do not need it.
    from scipy.spatial import ConvexHull

    lines = np.argwhere(mask.any(2))
    filled = mask[lines[:, 0], lines[:, 1]] > 0
    first = filled.argmax(1)
    last = filled.shape[1] - 1 - filled[:, ::-1].argmax(1)
    ends = np.concatenate([np.column_stack([x, lines[:, 1], lines[:, 0]]) for x in (first, last)])
    halves = np.concatenate([np.eye(3), -np.eye(3)]) / 2
    points = (_outermost(ends)[:, None, :] + halves).reshape(-1, 3) * np.array(spacing)
    hull = ConvexHull(points)
    return points[hull.vertices], hull.equations[:, :3], float(hull.volume), float(hull.area)


def _outermost(ends: np.ndarray) -> np.ndarray:
    """Return those of the points [P, 3] that are ends of their line along y and along z too: hull vertices are."""
    ends = np.unique(ends, axis=0)
    keep = np.ones(len(ends), bool)
    for axis in (1, 2):
        others = [other for other in range(3) if other != axis]
        order = np.lexsort((ends[:, axis], ends[:, others[0]], ends[:, others[1]]))
        line = ends[order][:, others]
        changes = (line[1:] != line[:-1]).any(1)
        outer = np.zeros(len(ends), bool)
        outer[order] = np.append(True, changes) | np.append(changes, True)
        keep &= outer
    return ends[keep]


def _diameter(vertices: np.ndarray) -> float:
    """Return the greatest distance between two of the vertices [V, 3], in blocks to bound memory."""
    centred = vertices - vertices.mean(0)
    squares = (centred**2).sum(1)
    blocks = (slice(start, start + 256) for start in range(0, len(vertices), 256))
    greatest = max((squares[block, None] + squares - 2 * centred[block] @ centred.T).max() for block in blocks)
    return math.sqrt(greatest)


def _principal_axes(mask: np.ndarray, spacing: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return four standard deviations of the voxel centres along their principal axes, in mm, greatest first."""
    projections = {(1, 2): mask.sum(0, np.int64), (0, 2): mask.sum(1, np.int64), (0, 1): mask.sum(2, np.int64)}
    n = projections[1, 2].sum()
    freedom = max(n - 1, 1)  # the sample covariance, which IBSI's reference values use
    at = [np.arange(size, dtype=np.float64) for size in mask.shape]
    margins = (projections[0, 1].sum(1), projections[0, 1].sum(0), projections[0, 2].sum(0))
    for axis, margin in enumerate(margins):
        at[axis] = (at[axis] - margin @ at[axis] / n) * spacing[2 - axis]
    covariance = np.diag([margin @ position**2 / freedom for margin, position in zip(margins, at, strict=True)])
    for (a, b), projection in projections.items():
        covariance[a, b] = covariance[b, a] = at[a] @ projection @ at[b] / freedom
    variances = np.linalg.eigvalsh(covariance)[::-1]
    # A flat or straight mask has variances of zero, which come out as rounding noise of either sign.
    variances = np.where(variances > 1e-12 * variances[0], variances, 0.0)
    major, minor, least = (float(4 * math.sqrt(variance)) for variance in variances)
    return major, minor, least


def _ellipsoid_area(a: float, b: float, c: float) -> float:
    """Return the area of an ellipsoid with half axes a >= b >= c by IBSI's series of Legendre polynomials P_n.

    A = 4 pi a b sum_n (alpha beta)^n / (1 - 4 n^2) P_n((alpha^2 + beta^2) / (2 alpha beta))
    alpha = sqrt(1 - b^2 / a^2)        beta = sqrt(1 - c^2 / a^2)
    """
    if a == 0:
        return 0.0
    alpha, beta = math.sqrt(1 - (b / a) ** 2), math.sqrt(max(0.0, 1 - (c / a) ** 2))
    # P_n times (alpha beta)^n by the polynomials' recurrence, which stays finite where alpha is 0.
    mean, product = (alpha**2 + beta**2) / 2, (alpha * beta) ** 2
    previous, current = 1.0, mean
    series = 1.0 - current / 3
    for n in range(1, _LEGENDRE_TERMS):
        previous, current = current, ((2 * n + 1) * mean * current - n * product * previous) / (n + 1)
        series += current / (1 - 4 * (n + 1) ** 2)
    return 4 * math.pi * a * b * series
