"""Where in a liver a focal finding can lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.phantom.geometry import VoxelGrid, Window
from snndeep.phantom.liver import LiverShape

_MOST_POINTS = 64  # per axis: keeps the survey of a large volume as small as that of the demo


@dataclass(frozen=True)
class LiverSurvey:
    """Signed distances to the liver's surface at a subset of the voxel centres.

    Attributes:
        x: Surveyed centres along x in mm.
        y: Surveyed centres along y in mm.
        z: Surveyed planes that hold liver deeper than a voxel, in mm.
        distances: Signed distance in mm, negative inside, [plane, x, y].
        window: Part of the axial planes that holds all liver.
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
            shape: Its outline.
            grid: The voxel grid that the case will be sampled on.
        """
        steps = [-(-n // _MOST_POINTS) for n in grid.shape]
        sparse = (slice(None, None, steps[0]), slice(None, None, steps[1]))
        planes, heights = [], []
        for z in grid.z[:: steps[2]].tolist():
            distance = shape.distance(grid, z, shape.torso.depth(z), sparse)
            # A thinner section may have no voxel in the label, and a lesion in it would vanish.
            if (distance < -grid.spacing[0]).any():
                planes.append(distance)
                heights.append(z)
        distances = np.stack(planes)
        # A plane or row between the surveyed ones can hold liver a little farther out.
        near = (distances < 6.0).any(axis=0)
        window = tuple(
            slice(max(0, (int(hit[0]) - 2) * step), min(n, (int(hit[-1]) + 3) * step))
            for hit, step, n in zip(
                (np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))),
                steps,
                grid.shape,
                strict=False,
            )
        )
        return cls(grid.x[sparse[0]], grid.y[sparse[1]], np.asarray(heights), distances, window)

    def place(self, random: np.random.Generator, radius: float) -> tuple[float, float, float]:
        """Draw a voxel centre in the liver for a finding of this radius (mm).

        The plane is drawn first and evenly, so that findings are as frequent in small sections of the liver as in
        large ones: the area of a slice must not tell disease. In the plane the place is as deep as the radius needs
        or, where the section is smaller, near the deepest point.
        """
        k = int(random.integers(len(self.z)))
        distance = self.distances[k]
        wanted = max(-0.7 * radius, 0.8 * float(distance.min()))
        candidates = np.flatnonzero(distance <= wanted)
        i, j = np.unravel_index(int(random.choice(candidates)), distance.shape)
        return float(self.x[i]), float(self.y[j]), float(self.z[k])
