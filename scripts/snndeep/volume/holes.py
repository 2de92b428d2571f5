"""Holes that an organ encloses: what a mask leaves out, above all tumours that a segmentation tool took for something else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from snndeep.labels import ORGAN
from snndeep.volume.reader import Labels


def fill_holes(regions: Labels, fill: bool) -> tuple[int, int]:
    """Find the holes of a mask and, if asked, make them organ in place.

    A hole is background that no path over faces of voxels leads out of.

    Args:
        regions: [z, y, x], 0 outside; at least the voxels of every border are 0.
        fill: Whether to fill them.

    Returns:
        The number of holes and the voxels in them.
    """
    inside = _enclosed_in_planes(regions)
    if not inside.any():
        return 0, 0
    background, _ = ndimage.label(regions == 0)
    holes = (background != background[0, 0, 0]) & (regions == 0)
    count = np.unique(background[holes]).size
    if fill:
        regions[holes] = ORGAN
    return count, int(np.count_nonzero(holes))


def _enclosed_in_planes(regions: Labels) -> npt.NDArray[np.bool_]:
    """Return which planes have a hole in the plane: a hole in space has one in every plane that it crosses."""
    return np.array([ndimage.label(plane == 0)[1] > 1 for plane in regions])
