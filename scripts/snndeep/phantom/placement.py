"""Possible positions of focal findings in a liver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.phantom.geometry import Point, VoxelGrid, Window
from snndeep.phantom.liver import LiverShape

_MOST_POINTS = 64  # per axis, so that the survey of a large volume costs no more than that of the demo


@dataclass(frozen=True)
class LiverSurvey:
    """Signed distances to the liver's surface at a subset of the voxel centres.

    Attributes:
        x: Surveyed voxel centres along x in mm, [x].
        y: Surveyed voxel centres along y in mm, [y].
        z: Surveyed planes that contain liver deeper than one voxel, in mm, [plane].
        distances: Signed distance in mm, negative inside, [plane, x, y].
        window: Part of the axial planes that contains the whole liver.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    distances: np.ndarray
    window: Window

    @classmethod
    def of(cls, shape: LiverShape, grid: VoxelGrid) -> LiverSurvey:
        """Survey a liver.

        Args:
            shape: Outline of the liver.
            grid: Voxel grid of the case.
        """
        steps = [-(-n // _MOST_POINTS) for n in grid.shape]
        sparse = (slice(None, None, steps[0]), slice(None, None, steps[1]))
        planes: list[np.ndarray] = []
        heights: list[float] = []
        for z in grid.z[:: steps[2]].tolist():
            distance = shape.distance(grid, z, shape.torso.depth(z), sparse)
            # A thinner section may have no voxel in the label, and a lesion in it would vanish.
            if (distance < -grid.spacing[0]).any():
                planes.append(distance)
                heights.append(z)
        distances = np.stack(planes)
        # A plane or row between the surveyed ones can contain liver a little farther out.
        near: np.ndarray = np.any(distances < 6.0, axis=0)
        window = (
            _covering(np.any(near, axis=1), steps[0], grid.shape[0]),
            _covering(np.any(near, axis=0), steps[1], grid.shape[1]),
        )
        return cls(grid.x[sparse[0]], grid.y[sparse[1]], np.asarray(heights), distances, window)

    def place(self, random: np.random.Generator, radius: float) -> Point:
        """Draw the centre of a voxel in the liver, in mm, for a finding of the given radius (mm).

        The plane is drawn first and uniformly, so that findings are as frequent in small sections of the liver as in
        large ones: the area of a slice must not reveal disease. Within the plane, the position is as deep as the radius
        requires or, if the section is smaller, near the deepest point.
        """
        k = int(random.integers(len(self.z)))
        distance = self.distances[k]
        wanted = max(-0.7 * radius, 0.8 * float(distance.min()))
        candidates = np.flatnonzero(distance <= wanted)
        i, j = np.unravel_index(int(random.choice(candidates)), distance.shape)
        return float(self.x[i]), float(self.y[j]), float(self.z[k])


def _covering(hit: np.ndarray, step: int, n: int) -> slice:
    """Return the part of an axis of n voxels, every `step`-th of which was surveyed, that covers all hits."""
    hits = np.flatnonzero(hit)
    return slice(max(0, (int(hits[0]) - 2) * step), min(n, (int(hits[-1]) + 3) * step))
