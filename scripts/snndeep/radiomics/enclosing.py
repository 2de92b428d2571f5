"""The smallest box in any orientation and the smallest ellipsoid around a convex hull."""

from __future__ import annotations

import math

import numpy as np

from snndeep.radiomics.compiler import compiled

_TOLERANCE = 1e-8
"""Relative excess of the ellipsoid's extent at which the iteration ends."""


def minimum_box(vertices: np.ndarray, normals: np.ndarray) -> tuple[float, float, float]:
    """Return the lengths (mm) of the smallest box of those with a side on one of the hull's faces.

    For each face the other two directions come from the smallest rectangle around the vertices seen along its normal,
    which has a side on the outline (Freeman and Shapira, 1975).

    Args:
        vertices: Of the hull, [V, 3], in mm.
        normals: Unit normals of its faces, [F, 3].
    """
    distinct = np.unique(normals.round(6), axis=0)
    lengths: np.ndarray = _smallest_box(vertices, distinct)
    return float(lengths[0]), float(lengths[1]), float(lengths[2])


@compiled
def _outline(points: np.ndarray, order: np.ndarray, hull: np.ndarray) -> int:
    """Write the indices of the convex outline of points [V, 2], sorted by `order`, and return how many."""
    size = 0
    for sweep in range(2):
        start = size
        for k in range(order.size):
            i = order[k] if sweep == 0 else order[order.size - 1 - k]
            while size >= start + 2:
                a, b = hull[size - 2], hull[size - 1]
                turn = (points[b, 0] - points[a, 0]) * (points[i, 1] - points[a, 1]) - (points[b, 1] - points[a, 1]) * (
                    points[i, 0] - points[a, 0]
                )
                if turn > 0:
                    break
                size -= 1
            hull[size] = i
            size += 1
        size -= 1
    return size


@compiled
def _smallest_box(vertices: np.ndarray, normals: np.ndarray) -> np.ndarray:
    best = np.zeros(3)
    best_volume, best_area = np.inf, np.inf
    points = np.empty((len(vertices), 2))
    hull = np.empty(2 * len(vertices) + 2, np.int64)
    for f in range(len(normals)):
        nx, ny, nz = normals[f, 0], normals[f, 1], normals[f, 2]
        # Two directions across the normal.
        if abs(nx) < 0.9:
            ux, uy, uz = 0.0, nz, -ny
        else:
            ux, uy, uz = -nz, 0.0, nx
        norm = np.sqrt(ux * ux + uy * uy + uz * uz)
        ux, uy, uz = ux / norm, uy / norm, uz / norm
        vx, vy, vz = ny * uz - nz * uy, nz * ux - nx * uz, nx * uy - ny * ux
        low, high = np.inf, -np.inf
        for i in range(len(vertices)):
            x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
            height = nx * x + ny * y + nz * z
            low, high = min(low, height), max(high, height)
            points[i, 0] = ux * x + uy * y + uz * z
            points[i, 1] = vx * x + vy * y + vz * z
        # Sorted along an odd direction, since voxels often tie along an even one.
        order = np.argsort(points[:, 0] + 0.6180339887 * points[:, 1])
        size = _outline(points, order, hull)
        for k in range(size):
            a, b = hull[k], hull[(k + 1) % size]
            ex, ey = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
            edge = np.sqrt(ex * ex + ey * ey)
            if edge < 1e-12:
                continue
            ex, ey = ex / edge, ey / edge
            low_a, high_a, low_b, high_b = np.inf, -np.inf, np.inf, -np.inf
            for m in range(size):
                along = ex * points[hull[m], 0] + ey * points[hull[m], 1]
                across = -ey * points[hull[m], 0] + ex * points[hull[m], 1]
                low_a, high_a = min(low_a, along), max(high_a, along)
                low_b, high_b = min(low_b, across), max(high_b, across)
            a_length, b_length, c_length = high - low, high_a - low_a, high_b - low_b
            volume = a_length * b_length * c_length
            area = a_length * b_length + b_length * c_length + c_length * a_length
            # Of boxes of one volume the one of least area counts, whichever comes first.
            if volume < best_volume * (1 - 1e-9) or (volume < best_volume * (1 + 1e-9) and area < best_area):
                best_volume, best_area = volume, area
                best[0], best[1], best[2] = a_length, b_length, c_length
    return best


def minimum_ellipsoid(vertices: np.ndarray) -> tuple[float, float, float]:
    """Return the half axes (mm), greatest first, of the ellipsoid of least volume around points [V, 3].

    Khachiyan's algorithm with the steps away of Todd and Yildirim (2007), to a relative tolerance of 10^-8.
    """
    n, d = vertices.shape
    lifted = np.vstack([vertices.T, np.ones(n)])
    weights = np.full(n, 1 / n)
    for _ in range(20000):
        spread = (lifted * weights) @ lifted.T
        distance = np.einsum("ij,ij->j", lifted, np.linalg.solve(spread, lifted))
        far = int(distance.argmax())
        near = int(np.where(weights > 1e-12, distance, np.inf).argmin())
        excess, deficit = distance[far] / (d + 1) - 1, 1 - distance[near] / (d + 1)
        if max(excess, deficit) <= _TOLERANCE:
            break
        chosen = far if excess >= deficit else near
        step = (distance[chosen] - d - 1) / ((d + 1) * (distance[chosen] - 1))
        if chosen == near and excess < deficit:
            step = max(step, -weights[near] / (1 - weights[near]))
        weights *= 1 - step
        weights[chosen] += step
    centre = vertices.T @ weights
    covariance = (vertices.T * weights) @ vertices - np.outer(centre, centre)
    # The greatest excess is taken into the axes, so that no point lies outside.
    outer = math.sqrt(d * max(1.0, (distance.max() - 1) / d))
    axes = np.sqrt(np.linalg.eigvalsh(covariance)[::-1].clip(0)) * outer
    return float(axes[0]), float(axes[1]), float(axes[2])
