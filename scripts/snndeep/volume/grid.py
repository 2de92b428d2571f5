"""The canonical grid: axes reordered and flipped so that x runs to the right, y to the front and z to the head."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from snndeep.volume.geometry import Affine
from snndeep.volume.header import ScanHeader

Box = tuple[slice, slice, slice]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class CanonicalGrid:
    """How the axes of a file map onto the canonical axes x, y, z.

    Attributes:
        axes: `axes[c]` is the file axis that runs along canonical axis c.
        flips: Whether that file axis runs against the canonical direction.
        shape: Numbers of voxels along x, y, z.
        spacing: Spacing along x, y, z, in mm.
        affine: [4, 4] matrix from canonical indices to mm.
    """

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    affine: Affine

    def to_file_box(self, box: Box) -> Box:
        """Return a canonical box (slices along x, y, z) as slices along the file's axes."""
        file_box: list[slice] = [slice(0)] * 3
        for canonical, axis in enumerate(self.axes):
            span, size = box[canonical], self.shape[canonical]
            flipped = slice(size - span.stop, size - span.start)
            file_box[axis] = flipped if self.flips[canonical] else span
        return (file_box[0], file_box[1], file_box[2])

    def to_canonical_box(self, box: Box) -> Box:
        """Return a box of the file's axes as slices along x, y, z."""
        canonical_box = []
        for axis, flip, size in zip(self.axes, self.flips, self.shape, strict=True):
            span = box[axis]
            canonical_box.append(slice(size - span.stop, size - span.start) if flip else span)
        return (canonical_box[0], canonical_box[1], canonical_box[2])

    def to_canonical(self, voxels: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Return an array stored as [file axis 2, 1, 0] as a C-contiguous array [z, y, x]."""
        by_file_axis = voxels.transpose(2, 1, 0)
        by_canonical_axis = by_file_axis.transpose(self.axes)
        steps = tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)
        return np.ascontiguousarray(by_canonical_axis[steps].transpose(2, 1, 0))


def canonical_grid(header: ScanHeader) -> CanonicalGrid:
    """Find the axis order and the flips that bring a scan closest to right-front-head.

    An oblique scan keeps its obliqueness: voxels are reordered, never resampled. The order is the permutation with the
    greatest sum of direction cosines.
    """
    cosines = header.affine[:3, :3] / np.linalg.norm(header.affine[:3, :3], axis=0)
    axes = max(permutations(range(3), 3), key=lambda order: sum(abs(cosines[c, order[c]]) for c in range(3)))
    x, y, z = axes
    flips = (bool(cosines[0, x] < 0), bool(cosines[1, y] < 0), bool(cosines[2, z] < 0))
    shape = (header.shape[x], header.shape[y], header.shape[z])

    to_file = np.zeros((4, 4))
    to_file[3, 3] = 1.0
    for canonical, axis in enumerate(axes):
        to_file[axis, canonical] = -1.0 if flips[canonical] else 1.0
        to_file[axis, 3] = shape[canonical] - 1 if flips[canonical] else 0.0
    return CanonicalGrid(
        axes=(x, y, z),
        flips=flips,
        shape=shape,
        spacing=(header.spacing[x], header.spacing[y], header.spacing[z]),
        affine=header.affine @ to_file,
    )
