"""One case: a CT with its mask, cut to the organ, on the canonical grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snndeep.labels import MaskLabels
from snndeep.volume.errors import (
    AffineMismatchError,
    ConstantIntensityError,
    ShapeMismatchError,
    location,
)
from snndeep.volume.grid import Box, CanonicalGrid, canonical_grid
from snndeep.volume.header import ScanHeader, read_header
from snndeep.volume.holes import Holes, fill_holes
from snndeep.volume.reader import Intensities, Labels, read_intensities, read_labels

_AFFINE_TOLERANCE = 0.05
"""Greatest distance between corresponding corners of image and mask, in units of the smallest spacing."""

Margins = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

SIDES = ("left", "right", "back", "front", "feet", "head")
"""The sides of a scan: before and behind x, y, z."""


@dataclass(frozen=True)
class CaseVolume:
    """Intensities and labels around the organ, [z, y, x] on the canonical grid.

    The box is the one that the labels span, grown by one voxel on every side: what linear interpolation needs. Where
    the labels reach the border of the scan, the grown voxel repeats the scan's last intensity and has no label.

    Attributes:
        case: Name of the case.
        intensity: HU.
        labels: 0 outside, `snndeep.labels.ORGAN` or `LESION`; holes are filled where the settings ask for it.
        origin: Canonical index (x, y, z) of the box's first voxel; -1 beyond the border.
        shape: Numbers of voxels of the whole scan along x, y, z.
        spacing: Spacing along x, y, z, in mm.
        extremes: Lowest and highest HU of the whole scan.
        holes: What the organ enclosed and the mask left out.
        touched: The sides of the scan that the organ reaches, some of `SIDES`.
        margins: Voxels before and after the box that the labels span, along z, y, x.
    """

    case: str
    intensity: Intensities
    labels: Labels
    origin: tuple[int, int, int]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    extremes: tuple[float, float]
    holes: Holes
    touched: tuple[str, ...]
    margins: Margins = ((1, 1), (1, 1), (1, 1))


def read_case(
    case: str, image: Path, label: Path, labels: MaskLabels, margin_voxels: int = 1, margin_mm: float = 0.0
) -> CaseVolume:
    """Read a CT and its mask.

    Args:
        case: Name of the case, for messages.
        image: NIfTI file with intensities in HU.
        label: NIfTI file with integer labels on the grid of the image or on a part of it.
        labels: The meaning of the numbers.
        margin_voxels: Voxels to read around what the labels span, at least 1.
        margin_mm: Distance to read around it in addition, in mm; infinite for the whole scan.

    Returns:
        The region around the labels on the canonical grid.

    Raises:
        ScanError: The scan cannot be used; `snndeep.volume.errors` has one class per reason.
    """
    image, label = Path(image), Path(label)
    image_header, label_header = read_header(image, case), read_header(label, case)
    offset = place_mask(image_header, label_header, case)
    image_grid, label_grid = canonical_grid(image_header), canonical_grid(label_header)

    stored_labels, label_box = read_labels(label_header, labels, case)
    core = moved(label_grid.to_canonical_box(label_box), offset)
    wide = [
        min(margin_voxels + math.ceil(min(margin_mm / spacing, size)), size + 1)
        for spacing, size in zip(image_grid.spacing, image_grid.shape, strict=True)
    ]
    x, y, z = (
        slice(max(0, span.start - width), min(size, span.stop + width))
        for span, width, size in zip(core, wide, image_grid.shape, strict=True)
    )
    box = (x, y, z)
    read = read_intensities(image_header, image_grid.to_file_box(box), case)
    intensity = image_grid.to_canonical(read.values)
    # A voxel is repeated where the margin goes beyond the scan.
    beyond = [
        (int(span.start - width < 0), int(span.stop + width > size))
        for span, width, size in zip(core, wide, image_grid.shape, strict=True)
    ][::-1]
    if any(before or after for before, after in beyond):
        intensity = np.pad(intensity, beyond, mode="edge")
    of_z, of_y, of_x = (
        (part.start - whole.start + before, whole.stop - part.stop + after)
        for part, whole, (before, after) in zip(core[::-1], box[::-1], beyond, strict=True)
    )
    bordered = np.pad(label_grid.to_canonical(stored_labels), 1)
    holes = fill_holes(bordered, labels.fill_holes)
    region = np.pad(bordered[1:-1, 1:-1, 1:-1], (of_z, of_y, of_x))
    _check_varies(intensity, region, location(case, image))
    return CaseVolume(
        case=case,
        intensity=intensity,
        labels=region,
        origin=(core[0].start - of_x[0], core[1].start - of_y[0], core[2].start - of_z[0]),
        shape=image_grid.shape,
        spacing=image_grid.spacing,
        extremes=(read.lowest, read.highest),
        holes=holes,
        touched=_touched(core, image_grid.shape),
        margins=(of_z, of_y, of_x),
    )


def _touched(core: Box, shape: tuple[int, int, int]) -> tuple[str, ...]:
    reached = [end for span, size in zip(core, shape, strict=True) for end in (span.start == 0, span.stop == size)]
    return tuple(side for side, there in zip(SIDES, reached, strict=True) if there)


def moved(box: Box, offset: tuple[int, int, int]) -> Box:
    """Return a box of the mask's canonical grid as a box of the image's."""
    x, y, z = (slice(span.start + step, span.stop + step) for span, step in zip(box, offset, strict=True))
    return x, y, z


def place_mask(image_header: ScanHeader, label_header: ScanHeader, case: str) -> tuple[int, int, int]:
    """Return where in the image's grid the mask's grid begins, as canonical index (x, y, z).

    The mask has the voxels of the image or of a box of it, whatever the order of their axes.

    Raises:
        ShapeMismatchError: They have different numbers of voxels, and the voxels are not the same.
        AffineMismatchError: They lie at different places in space.
    """
    image, label = canonical_grid(image_header), canonical_grid(label_header)
    where = f"{location(case, image_header.path)} and mask {label_header.path}"
    remedy = "Check that image and mask belong together; resample the mask onto the image."
    start = (np.linalg.inv(image.affine) @ label.affine[:, 3])[:3]
    whole = np.rint(np.clip(start, -1e6, 1e6)).astype(int)
    distance = _corner_distance(image, label, whole)
    tolerance = _AFFINE_TOLERANCE * min(image.spacing)
    if not distance <= tolerance:
        if image.shape != label.shape:
            raise ShapeMismatchError(
                "Image and mask have different shapes.",
                where=where,
                found=f"image {_voxels(image)}, mask {_voxels(label)} voxels",
                expected="one shape, or a mask whose voxels are some of the image's",
                remedy=remedy,
            )
        raise AffineMismatchError(
            "Image and mask lie at different places in space.",
            where=where,
            found=f"corners {distance:.3g} mm apart",
            expected=f"at most {tolerance:.3g} mm",
            remedy=remedy,
        )
    beyond = np.maximum(-whole, whole + np.array(label.shape) - np.array(image.shape))
    if (beyond > 0).any():
        axis = int((beyond * np.array(image.spacing)).argmax())
        raise AffineMismatchError(
            "Image and mask lie at different places in space: the mask extends beyond the image.",
            where=where,
            found=f"{beyond[axis] * image.spacing[axis]:.3g} mm beyond it along {'xyz'[axis]}",
            expected="a mask on the image's grid or on a part of it",
            remedy=remedy,
        )
    return int(whole[0]), int(whole[1]), int(whole[2])


def _corner_distance(image: CanonicalGrid, label: CanonicalGrid, start: npt.NDArray[np.int_]) -> float:
    """Return how far the mask's corners are from the image's voxels that they should be, in mm."""
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in label.shape], [1], indexing="ij")).reshape(4, -1)
    expected = image.affine @ (corners + np.array([*start, 0])[:, None])
    return float(np.linalg.norm(expected - label.affine @ corners, axis=0).max())


def _voxels(grid: CanonicalGrid) -> str:
    return " x ".join(map(str, grid.shape))


def _check_varies(intensity: Intensities, region: Labels, where: str) -> None:
    values = intensity[region > 0]
    if values.min() == values.max():
        raise ConstantIntensityError(
            "The organ has one intensity only.",
            where=where,
            found=f"{values.size} voxels of {values[0]:g} HU",
            expected="intensities that vary",
            remedy="Check that the image is a CT in HU and that the mask is not saved in its place.",
        )
