"""Neighbourhoods of texture matrices: which voxels count as neighbours, and with what weight (IBSI 3.6, 3.10, 3.11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from snndeep.settings import Settings, setting

NORMS = ("chebyshev", "euclidean", "manhattan")
WEIGHTINGS = ("none", "inverse", "gaussian")

Offset = tuple[int, int, int]


@dataclass(frozen=True)
class Neighbourhood(Settings):
    """The neighbours of a voxel."""

    distance: int = setting(1, "Distance of the neighbours, in voxels.", least=1, most=16)
    norm: str = setting("chebyshev", "Norm that measures the distance.", choices=NORMS)
    weighting: str = setting(
        "none",
        "Weight of a neighbour at distance d, none (1), inverse (1 / d) or gaussian (exp(-d^2)).",
        choices=WEIGHTINGS,
    )
    weighting_norm: str = setting("euclidean", "Norm that measures d for the weight.", choices=NORMS)


@dataclass(frozen=True)
class DependenceSettings(Neighbourhood):
    """The neighbours that the dependence matrix counts."""

    coarseness: int = setting(0, "Greatest difference of grey levels that counts as dependence.", least=0)


def length(offset: Offset, norm: str) -> float:
    """Return the length of an offset (dz, dy, dx) in voxels."""
    steps = [abs(step) for step in offset]
    if norm == "chebyshev":
        return float(max(steps))
    if norm == "manhattan":
        return float(sum(steps))
    return float(np.sqrt(sum(step * step for step in steps)))


def weight(offset: Offset, neighbourhood: Neighbourhood) -> float:
    """Return the weight of a neighbour."""
    distance = length(offset, neighbourhood.weighting_norm)
    weights = {"none": 1.0, "inverse": 1 / distance, "gaussian": float(np.exp(-(distance**2)))}
    return weights[neighbourhood.weighting]


def half(offsets: Iterable[Offset]) -> list[Offset]:
    """Return of every pair of opposite offsets the one that points onwards."""
    return [offset for offset in offsets if offset > (0, 0, 0)]


@cache
def within(distance: int, norm: str, in_plane: bool) -> tuple[Offset, ...]:
    """Return all offsets (dz, dy, dx) up to a distance, in scan order."""
    reach = range(-distance, distance + 1)
    offsets = product((0,) if in_plane else reach, reach, reach)
    return tuple(offset for offset in offsets if 0 < length(offset, norm) <= distance + 1e-9)


def directions(neighbourhood: Neighbourhood, in_plane: bool) -> list[Offset]:
    """Return one half of the direction vectors of a co-occurrence matrix.

    With the Chebyshev norm these are the 4 or 13 unit directions times the distance; with another norm all vectors that
    are longer than distance - 1 and at most as long as the distance.
    """
    distance, norm = neighbourhood.distance, neighbourhood.norm
    if norm == "chebyshev":
        return [(dz * distance, dy * distance, dx * distance) for dz, dy, dx in half(within(1, norm, in_plane))]
    return [offset for offset in half(within(distance, norm, in_plane)) if length(offset, norm) > distance - 1 + 1e-9]
