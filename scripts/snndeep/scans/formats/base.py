"""What a format offers: to recognise a source and to read an image or a mask from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from snndeep.labels import LESION, ORGAN, MaskLabels
from snndeep.scans.source import Source
from snndeep.volume.errors import UnknownStructureError
from snndeep.volume.geometry import Affine

Voxels = npt.NDArray[Any]
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""DICOM and ITK count x to the left and y to the back, NIfTI to the right and to the front."""


@dataclass(frozen=True)
class Volume:
    """Voxels in space.

    Attributes:
        voxels: [k, j, i].
        affine: [4, 4] matrix from indices (i, j, k) to mm (x to the right, y to the front, z to the head).
    """

    voxels: Voxels
    affine: Affine


@dataclass(frozen=True)
class MaskRequest:
    """How a mask is to be read.

    Attributes:
        labels: The meaning of its labels.
        image: The image that it belongs to, for formats without a grid of their own.
    """

    labels: MaskLabels
    image: Source


ImageReader = Callable[[Source], Volume]
MaskReader = Callable[[Source, MaskRequest], Volume]


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        recognises: Whether a source is of this format.
        read_image: Returns HU; None where the format holds masks alone.
        read_mask: Returns numbers as `MaskLabels` means them; None where the format holds images alone.
    """

    recognises: Callable[[Source], bool]
    read_image: ImageReader | None = None
    read_mask: MaskReader | None = None


def number_regions(
    regions: Sequence[tuple[str, Callable[[], npt.NDArray[np.bool_]]]], labels: MaskLabels, source: Source
) -> npt.NDArray[np.uint8]:
    """Combine regions that have names into one mask of numbers; a lesion goes before the organ.

    Args:
        regions: The name of each and what reads it.
        labels: Which names mean organ and lesion.
        source: For messages.

    Raises:
        UnknownStructureError: If no region is named as the organ, or one looks like a lesion whose name is misspelt.
    """
    names = ", ".join(name for name, _ in regions) or "no region"
    if not labels.named["organ"]:
        raise UnknownStructureError(
            "The regions of the mask have names, and the settings name none of them.",
            where=source.where,
            found=names,
            expected="names of the organ, and of lesions where they are marked",
            remedy="Give the names, for instance dataset={labels: {organ: [liver], lesion: ['livertumor*']}}; "
            "lesion: [] where none are marked.",
        )
    misspelt = labels.misspelt_lesion(name for name, _ in regions)
    if misspelt and not any(labels.region_of_name(name) == LESION for name, _ in regions):
        raise UnknownStructureError(
            "A region of the mask has nearly the name of a lesion.",
            where=source.where,
            found=misspelt,
            expected=f"one of {', '.join(labels.named['lesion'])}",
            remedy="Correct the name, or give this one a meaning: dataset.labels.lesion if it is a lesion, else "
            "dataset.labels.ignore.",
        )
    mask: npt.NDArray[np.uint8] | None = None
    for wanted in (ORGAN, LESION):
        for name, read in regions:
            if labels.region_of_name(name) == wanted:
                region = read()
                mask = np.zeros(region.shape, np.uint8) if mask is None else mask
                mask[region] = labels.number_of(wanted)
    if mask is None or not any(labels.region_of_name(name) == ORGAN for name, _ in regions):
        raise UnknownStructureError(
            "The mask has no region of the organ's name.",
            where=source.where,
            found=names,
            expected=f"one of {', '.join(labels.named['organ'])}",
            remedy="Correct dataset.labels.organ, or the name in the mask.",
        )
    return mask


def plain_mask(read_image: ImageReader) -> MaskReader:
    """Return the reader of masks of a format whose masks are images of numbers."""
    return lambda source, _: read_image(source)


def compact(values: Voxels) -> Voxels:
    """Return values as 16-bit integers where that loses nothing, else in single precision."""
    limits = np.iinfo(np.int16)
    if values.dtype == np.int16 or values.size == 0:
        return values
    if not limits.min <= values.min() <= values.max() <= limits.max:
        return values.astype(np.float32)
    if values.dtype.kind == "f" and not (values == np.rint(values)).all():
        return values.astype(np.float32)
    return values.astype(np.int16)
