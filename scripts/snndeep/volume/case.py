"""One case: a CT with its mask, cut to the organ, on the canonical grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snndeep.volume.errors import (
    AffineMismatchError,
    ConstantIntensityError,
    ShapeMismatchError,
    location,
)
from snndeep.volume.grid import canonical_grid
from snndeep.volume.header import ScanHeader, read_header
from snndeep.volume.reader import read_intensities, read_labels

_AFFINE_TOLERANCE = 0.05
"""Greatest distance between corresponding corners of image and mask, in units of the smallest spacing."""


@dataclass(frozen=True)
class CaseVolume:
    """Intensities and labels around the organ, [z, y, x] on the canonical grid.

    The box is the one that the labels span, grown by a margin on every side, by default one voxel: what linear
    interpolation needs. Where the margin reaches beyond the border of the scan, it is cut to one voxel that repeats the
    scan's last intensity and has no label.

    Attributes:
        case: Name of the case.
        intensity: float32 [z, y, x], HU.
        labels: uint8 [z, y, x], 0 outside organ and lesion.
        origin: Canonical index (x, y, z) of the box's first voxel; -1 beyond the border.
        shape: Numbers of voxels of the whole scan along x, y, z.
        spacing: Spacing along x, y, z, in mm.
        margins: Voxels before and after the box that the labels span, along z, y, x.
    """

    case: str
    intensity: np.ndarray
    labels: np.ndarray
    origin: tuple[int, int, int]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    margins: tuple[tuple[int, int], ...] = ((1, 1), (1, 1), (1, 1))


def read_case(
    case: str,
    image: Path,
    label: Path,
    labels: frozenset[int],
    margin_voxels: int = 1,
    margin_mm: float = 0.0,
) -> CaseVolume:
    """Read a CT and its mask.

    Args:
        case: Name of the case, for messages.
        image: NIfTI file with intensities in HU.
        label: NIfTI file with integer labels on the same grid.
        labels: The labels of organ and lesion; all others but 0 are errors.
        margin_voxels: Voxels to read around what the labels span, at least 1.
        margin_mm: Distance to read around it in addition, in mm; infinite for the whole scan.

    Returns:
        The region around the labels on the canonical grid.

    Raises:
        ScanError: The scan cannot be used; `snndeep.volume.errors` has one class per reason.
    """
    image, label = Path(image), Path(label)
    image_header, label_header = read_header(image, case), read_header(label, case)
    check_same_grid(image_header, label_header, case)
    image_grid, label_grid = canonical_grid(image_header), canonical_grid(label_header)

    stored_labels, label_box = read_labels(label_header, labels, case)
    core = label_grid.to_canonical_box(label_box)
    wide = [
        min(margin_voxels + math.ceil(min(margin_mm / spacing, size)), size + 1)
        for spacing, size in zip(image_grid.spacing, image_grid.shape, strict=True)
    ]
    box = tuple(
        slice(max(0, span.start - width), min(size, span.stop + width))
        for span, width, size in zip(core, wide, image_grid.shape, strict=True)
    )
    intensity = image_grid.to_canonical(read_intensities(image_header, image_grid.to_file_box(box), case))
    # A voxel is repeated where the margin goes beyond the scan.
    beyond = [
        (int(span.start - width < 0), int(span.stop + width > size))
        for span, width, size in zip(core, wide, image_grid.shape, strict=True)
    ][::-1]
    if any(before or after for before, after in beyond):
        intensity = np.pad(intensity, beyond, mode="edge")
    margins = tuple(
        (part.start - whole.start + before, whole.stop - part.stop + after)
        for part, whole, (before, after) in zip(core[::-1], box[::-1], beyond, strict=True)
    )
    region = np.pad(label_grid.to_canonical(stored_labels), margins)
    _check_varies(intensity, region, location(case, image))
    return CaseVolume(
        case=case,
        intensity=intensity,
        labels=region,
        origin=tuple(span.start - before for span, (before, _) in zip(core, margins[::-1], strict=True)),
        shape=image_grid.shape,
        spacing=image_grid.spacing,
        margins=margins,
    )


def check_same_grid(image_header: ScanHeader, label_header: ScanHeader, case: str) -> None:
    """Check that an image and its mask have the same voxels, whatever the order of their axes.

    Raises:
        ShapeMismatchError: They have different numbers of voxels.
        AffineMismatchError: They lie at different places in space.
    """
    image, label = canonical_grid(image_header), canonical_grid(label_header)
    where = f"{location(case, image_header.path)} and mask {label_header.path}"
    if image.shape != label.shape:
        raise ShapeMismatchError(
            "Image and mask have different shapes.",
            where=where,
            found=f"image {' x '.join(map(str, image.shape))}, mask {' x '.join(map(str, label.shape))} voxels",
            expected="one shape, after bringing both to the same orientation",
            remedy="Check that image and mask belong together; resample the mask onto the image.",
        )
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in image.shape], [1], indexing="ij")).reshape(4, -1)
    distance = np.linalg.norm((image.affine - label.affine) @ corners, axis=0).max()
    if not distance <= _AFFINE_TOLERANCE * min(image.spacing):
        raise AffineMismatchError(
            "Image and mask lie at different places in space.",
            where=where,
            found=f"corners {distance:.3g} mm apart",
            expected=f"at most {_AFFINE_TOLERANCE * min(image.spacing):.3g} mm",
            remedy="Check that image and mask belong together; resample the mask onto the image.",
        )


def _check_varies(intensity: np.ndarray, region: np.ndarray, where: str) -> None:
    values = intensity[region > 0]
    if values.min() == values.max():
        raise ConstantIntensityError(
            "The organ has one intensity only.",
            where=where,
            found=f"{values.size} voxels of {values[0]:g} HU",
            expected="intensities that vary",
            remedy="Check that the image is a CT in HU and that the mask is not saved in its place.",
        )
