"""Holes that an organ encloses: what a mask leaves out, above all tumours that a segmentation tool took for something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from snndeep.labels import ORGAN
from snndeep.volume.reader import Labels


@dataclass(frozen=True)
class Holes:
    """What an organ encloses and its mask leaves out.

    Attributes:
        count: Number of holes.
        voxels: Voxels in them.
        open_voxels: Voxels that the organ encloses in their plane but not in space, such as a tumour at the dome.
    """

    count: int
    voxels: int
    open_voxels: int


def fill_holes(regions: Labels, fill: bool) -> Holes:
    """Find the holes of a mask and, if asked, make them organ in place.

    A hole is background that no path over faces of voxels leads out of. What is open above or below is never filled: it may
    be a vessel.

    Args:
        regions: [z, y, x], 0 outside; at least the voxels of every border are 0.
        fill: Whether to fill them.
    """
    enclosed = sum(_enclosed(plane) for plane in regions)
    if not enclosed:
        return Holes(0, 0, 0)
    background, _ = ndimage.label(regions == 0)
    holes = (background != background[0, 0, 0]) & (regions == 0)
    voxels = int(np.count_nonzero(holes))
    count = np.unique(background[holes]).size
    if fill:
        regions[holes] = ORGAN
    return Holes(count, voxels, enclosed - voxels)


def _enclosed(plane: npt.NDArray[np.uint8]) -> int:
    """Return how many pixels of a plane the organ encloses; a hole in space is one in every plane that it crosses."""
    background, count = ndimage.label(plane == 0)
    return int(np.count_nonzero(background > 1)) if count > 1 else 0
