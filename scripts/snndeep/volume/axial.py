"""One axial slice of a case, to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snndeep.errors import InvalidInputError
from snndeep.labels import MaskLabels
from snndeep.volume.case import moved, place_mask
from snndeep.volume.grid import canonical_grid
from snndeep.volume.header import read_header
from snndeep.volume.reader import Intensities, Labels, read_labels, read_values

AIR = -1000.0


@dataclass(frozen=True)
class AxialSlice:
    """A slice around the organ, [y, x] on the canonical grid: x runs to the right, y to the front.

    Attributes:
        intensity: [y, x], HU.
        labels: [y, x], 0 outside, `snndeep.labels.ORGAN` or `LESION`.
        spacing: Along x and y, in mm.
    """

    intensity: Intensities
    labels: Labels
    spacing: tuple[float, float]


def read_axial_slice(case: str, image: Path, label: Path, labels: MaskLabels, index: int, margin: float) -> AxialSlice:
    """Read one slice; see `read_axial_slices`."""
    return read_axial_slices(case, image, label, labels, [index], margin)[0]


def read_axial_slices(
    case: str, image: Path, label: Path, labels: MaskLabels, indices: Sequence[int], margin: float
) -> list[AxialSlice]:
    """Read some slices, each cut to what its labels span and a margin; both files are read once.

    Args:
        case: Name of the case, for messages.
        image: NIfTI file with intensities in HU; NaN and infinity are shown as air.
        label: NIfTI file with integer labels on the same grid.
        labels: The meaning of the mask's numbers. Holes are shown as they are.
        indices: Canonical indices of the slices, at least one.
        margin: Around the labels, in mm.

    Raises:
        ScanError: The scan cannot be used.
        InvalidInputError: A slice has no label.
    """
    image_header, label_header = read_header(Path(image), case), read_header(Path(label), case)
    grid, label_grid = canonical_grid(image_header), canonical_grid(label_header)
    stored, file_box = read_labels(label_header, labels, case)
    box = moved(label_grid.to_canonical_box(file_box), place_mask(image_header, label_header, case))
    regions = label_grid.to_canonical(stored)
    planes, cuts = [], []
    for index in indices:
        inside = box[2].start <= index < box[2].stop
        plane = regions[index - box[2].start] if inside else np.zeros((1, 1), np.uint8)
        if not plane.any():
            raise InvalidInputError(
                "A slice to show has no organ.",
                where=f"{case}, slice {index}",
                found="no label",
                expected=f"a slice within {box[2].start} to {box[2].stop - 1}",
            )
        whole = np.zeros((grid.shape[1], grid.shape[0]), np.uint8)
        whole[box[1], box[0]] = plane
        planes.append(whole)
        cuts.append(
            tuple(
                _grown(np.flatnonzero(whole.any(axis=axis)), margin / spacing, size)
                for axis, spacing, size in ((1, grid.spacing[1], grid.shape[1]), (0, grid.spacing[0], grid.shape[0]))
            )
        )
    y, x = (slice(min(cut[k].start for cut in cuts), max(cut[k].stop for cut in cuts)) for k in (0, 1))
    z = slice(min(indices), max(indices) + 1)
    values = read_values(image_header, grid.to_file_box((x, y, z)), case).values
    intensity = np.nan_to_num(grid.to_canonical(values), nan=AIR, posinf=AIR, neginf=AIR)
    return [
        AxialSlice(
            intensity[index - z.start][_within(rows, y), _within(columns, x)], plane[rows, columns], grid.spacing[:2]
        )
        for index, plane, (rows, columns) in zip(indices, planes, cuts, strict=True)
    ]


def _within(part: slice, whole: slice) -> slice:
    """Return a part of an axis as indices into a larger part of it."""
    return slice(part.start - whole.start, part.stop - whole.start)


def _grown(occupied: npt.NDArray[np.intp], margin: float, size: int) -> slice:
    voxels = math.ceil(margin)
    return slice(max(0, int(occupied[0]) - voxels), min(size, int(occupied[-1]) + 1 + voxels))
