"""Local binary patterns in the plane (Ojala, Pietikäinen and Mäenpää, 2002)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics.filters.base import ImageFilter, check_length
from snndeep.settings import setting


@dataclass(frozen=True)
class LocalBinaryPattern(ImageFilter):
    """The rotation-invariant uniform pattern of the points on a circle that are at least as bright as its centre.

    With P points and U the changes between neighbours around the circle: the number of bright points where U <= 2, else
    P + 1. Between voxels, intensities are interpolated bilinearly; beyond the border the image goes on as it ends there.
    """

    filter: str = setting("lbp", "Name of the filter.", choices=("lbp",))
    points: int = setting(8, "Number of points on the circle.", least=4, most=32)
    circle: float = setting(1.0, "Radius of the circle, in voxels.", above=0, most=32)

    def radius(self, spacing: float) -> int:
        """Return the circle's radius."""
        return math.ceil(self.circle)

    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return the patterns, whole numbers from 0 to P + 1."""
        reach = math.ceil(self.circle) + 1
        check_length(2 * math.ceil(self.circle) + 1, image, (1, 2), self.label)
        centre = np.asarray(image, np.float32)
        padded = np.pad(centre, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
        number = np.zeros(image.shape, np.int16)
        changes = np.zeros(image.shape, np.int16)
        first = previous = None
        for point in range(self.points):
            angle = 2 * math.pi * point / self.points
            bright = (
                self._sampled(padded, reach, -self.circle * math.sin(angle), self.circle * math.cos(angle)) >= centre
            )
            number += bright
            if previous is None:
                first = bright
            else:
                changes += bright != previous
            previous = bright
        changes += previous != first
        return np.where(changes <= 2, number, self.points + 1).astype(np.float32)

    @staticmethod
    def _sampled(padded: np.ndarray, reach: int, dy: float, dx: float) -> np.ndarray:
        """Return the image at an offset from every voxel."""
        # Whole offsets must come out whole: rounding noise would blur a comparison of equal intensities.
        dy, dx = round(dy, 5), round(dx, 5)
        y, x = math.floor(dy), math.floor(dx)
        wy, wx = np.float32(dy - y), np.float32(dx - x)
        ny, nx = padded.shape[1] - 2 * reach, padded.shape[2] - 2 * reach

        def shifted(down: int, right: int) -> np.ndarray:
            return padded[:, reach + down : reach + down + ny, reach + right : reach + right + nx]

        upper = shifted(y, x) * (1 - wx) + shifted(y, x + 1) * wx if wx else shifted(y, x)
        if not wy:
            return upper
        lower = shifted(y + 1, x) * (1 - wx) + shifted(y + 1, x + 1) * wx if wx else shifted(y + 1, x)
        return upper * (1 - wy) + lower * wy
