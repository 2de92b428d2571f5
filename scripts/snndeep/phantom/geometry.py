"""Shapes and smooth random fields in patient coordinates (mm), evaluated one axial plane at a time.

Coordinates are RAS+: x increases to the patient's right, y to anterior, z to superior; the origin is the middle of the
volume. Plane by plane, a case needs no more memory than its image and its label.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Point = tuple[float, float, float]
"""x, y and z in mm."""

Window = tuple[slice, slice]
"""Part of an axial plane: slices along x and y."""

# Integral of the squared cubic B-spline: the variance per axis of a field with unit coefficients.
_B_SPLINE_POWER = 151.0 / 315.0


def point(coordinates: Iterable[float]) -> Point:
    """Return three coordinates as plain floats."""
    x, y, z = map(float, coordinates)
    return x, y, z


@dataclass(frozen=True)
class VoxelGrid:
    """Voxel centres of a volume.

    Attributes:
        shape: Voxels along x, y and z.
        spacing: Distance of voxel centres along x, y and z in mm.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]

    def _axis(self, axis: int) -> np.ndarray:
        n = self.shape[axis]
        return ((np.arange(n) - (n - 1) / 2) * self.spacing[axis]).astype(np.float32)

    @cached_property
    def x(self) -> np.ndarray:
        """Centres along x in mm, [x]."""
        return self._axis(0)

    @cached_property
    def y(self) -> np.ndarray:
        """Centres along y in mm, [y]."""
        return self._axis(1)

    @cached_property
    def z(self) -> np.ndarray:
        """Centres along z in mm, [z]."""
        return self._axis(2)

    def window(self, centre: tuple[float, float], reach: tuple[float, float], within: Window | None = None) -> Window:
        """Return the window of all voxels within `reach` (mm) of `centre` (mm), clipped to `within`."""
        parts = within or (slice(0, self.shape[0]), slice(0, self.shape[1]))
        bounds = []
        for axis, middle, half, part in zip((self.x, self.y), centre, reach, parts, strict=True):
            first = max(part.start, int(np.searchsorted(axis, middle - half)))
            last = min(part.stop, int(np.searchsorted(axis, middle + half, side="right")))
            bounds.append(slice(min(first, part.stop), max(min(first, part.stop), last)))
        return bounds[0], bounds[1]


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid that is rotated about the z axis.

    Attributes:
        centre: x, y, z in mm.
        semi_axes: Half lengths in mm.
        angle: Rotation in the axial plane in radians.
    """

    centre: Point
    semi_axes: Point
    angle: float = 0.0

    @property
    def radius(self) -> float:
        """Radius of the sphere of equal volume in mm."""
        return float(np.prod(self.semi_axes) ** (1 / 3))

    def distance(self, x: np.ndarray, y: np.ndarray, z: float) -> np.ndarray:
        """Return the approximate signed distance in mm, negative inside, [x, y]: (|p / semi-axes| - 1) min(a, b).

        Args:
            x: Voxel centres along x in mm, [x].
            y: Voxel centres along y in mm, [y].
            z: Position of the plane in mm.
        """
        dx, dy = (x - self.centre[0])[:, None], (y - self.centre[1])[None, :]
        cos, sin = float(np.cos(self.angle)), float(np.sin(self.angle))
        a, b, c = self.semi_axes
        u, v = dx * (cos / a) + dy * (sin / a), dy * (cos / b) - dx * (sin / b)
        height = ((float(z) - self.centre[2]) / c) ** 2
        distance: np.ndarray = (np.sqrt(u * u + v * v + np.float32(height)) - np.float32(1)) * np.float32(min(a, b))
        return distance

    def crosses(self, z: float, margin: float) -> bool:
        """Return whether the plane z (mm) lies within `margin` mm of the ellipsoid."""
        return abs(z - self.centre[2]) <= self.semi_axes[2] + margin

    def window(self, grid: VoxelGrid, margin: float, within: Window | None = None) -> Window:
        """Return the part of an axial plane that the ellipsoid, extended by `margin` mm, can reach."""
        reach = max(self.semi_axes[:2]) + margin
        return grid.window(self.centre[:2], (reach, reach), within)


@dataclass(frozen=True)
class SmoothField:
    """A smooth random field of mean 0 and standard deviation 1: cubic B-splines over a grid of normal numbers.

    It is defined in mm, so that the same patient can be sampled at any voxel size.

    Attributes:
        coefficients: Normal numbers, [grid x, grid y, grid z].
        pitch: Distance between grid points in mm; structures are about twice as wide.
        origin: Position of the first grid point in mm.
    """

    coefficients: np.ndarray
    pitch: float
    origin: Point

    @classmethod
    def sample(
        cls,
        random: np.random.Generator,
        pitch: float,
        extent: Point,
        centre: Point = (0.0, 0.0, 0.0),
    ) -> SmoothField:
        """Draw a field that covers `centre` plus and minus `extent` (mm)."""
        points = tuple(int(np.ceil(2 * half / pitch)) + 4 for half in extent)
        coefficients = random.standard_normal(points, dtype=np.float32)
        coefficients *= np.float32(_B_SPLINE_POWER**-1.5)
        origin = point(middle - (n - 1) / 2 * pitch for middle, n in zip(centre, points, strict=True))
        return cls(coefficients, pitch, origin)

    def _taps(self, positions: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Return indices and weights of the four grid points around each position, each [4, position]."""
        n = self.coefficients.shape[axis]
        place = np.clip((positions - self.origin[axis]) / self.pitch, 1.0, n - 2.001)
        left = np.floor(place).astype(np.intp)
        t = (place - left).astype(np.float32)
        weights = np.stack(((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 3 * (t + t**2 - t**3) + 1, t**3)) / np.float32(6)
        return left + np.arange(-1, 3)[:, None], weights

    def plane(self, x: np.ndarray, y: np.ndarray, z: float) -> np.ndarray:
        """Return the field at the voxel centres x [x] and y [y] of the plane z (all in mm), [x, y]."""
        (ix, wx), (iy, wy), (iz, wz) = self._taps(x, 0), self._taps(y, 1), self._taps(np.asarray([z]), 2)
        # Plain sums, not a matrix product: the result must not depend on the BLAS or its threads.
        grid: np.ndarray = sum(self.coefficients[:, :, iz[k, 0]] * wz[k, 0] for k in range(4))
        rows: np.ndarray = sum(grid[:, iy[k]] * wy[k] for k in range(4))
        field: np.ndarray = sum(rows[ix[k]] * wx[k][:, None] for k in range(4))
        return field


def membership(distance: np.ndarray, edge: float) -> np.ndarray:
    """Return the share that falls linearly from 1 to 0 over `edge` mm around the surface, from signed distances in mm."""
    share: np.ndarray = np.clip(np.float32(0.5) - distance / np.float32(edge), 0, 1)
    return share


def smooth_maximum(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Return the signed distance of an intersection, its edge rounded over `width` mm (quadratic smooth maximum)."""
    overlap = np.maximum(np.float32(width) - np.abs(a - b), 0)
    rounded: np.ndarray = np.maximum(a, b) + overlap * overlap * np.float32(0.25 / width)
    return rounded


def smooth_minimum(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Return the signed distance of a union, its seam rounded over `width` mm."""
    return -smooth_maximum(-a, -b, width)
