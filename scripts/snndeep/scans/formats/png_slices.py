"""A mask as one PNG per slice of a DICOM series, in the order of the file names: the layout of CHAOS.

The pictures have no place in space. The first belongs to the first file of the series, by name, and so on; any value but 0
is organ.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from snndeep.labels import ORGAN
from snndeep.scans.formats.base import Format, MaskRequest, Volume
from snndeep.scans.formats.dicom_series import read_stack
from snndeep.scans.source import Source
from snndeep.volume.errors import ConversionError, ShapeMismatchError


def read_mask(source: Source, request: MaskRequest) -> Volume:
    """Put the pictures where the slices of the image lie.

    Raises:
        ScanError: If the pictures do not fit the slices of the image.
    """
    pictures = _pictures(source.path)
    stack = read_stack(request.image)
    by_name = sorted(range(len(stack.slices)), key=lambda k: _natural(stack.slices[k].file))
    columns, rows = stack.slices[0].size
    mask = np.zeros((len(stack.slices), rows, columns), np.uint8)
    if len(pictures) != len(by_name):
        raise ShapeMismatchError(
            "Image and mask have different numbers of slices.",
            where=source.where,
            found=f"{len(pictures)} pictures, {len(by_name)} slices in {request.image.path}",
            expected="one picture for each slice",
            remedy="Check that image and mask belong together.",
        )
    for picture, k in zip(pictures, by_name, strict=True):
        try:
            values = sitk.GetArrayFromImage(sitk.ReadImage(str(picture)))
        except RuntimeError as error:
            raise ConversionError(
                "A picture of the mask cannot be read.",
                where=f"file {picture}",
                found=str(error).strip().splitlines()[-1].strip(),
                expected="an undamaged PNG",
                remedy="Copy it again.",
            ) from error
        inside = values.reshape(*values.shape[:2], -1).any(axis=-1)
        if inside.shape != (rows, columns):
            raise ShapeMismatchError(
                "Image and mask have different shapes.",
                where=f"file {picture}",
                found=f"{inside.shape[1]} x {inside.shape[0]} pixels",
                expected=f"{columns} x {rows}",
                remedy="Check that image and mask belong together.",
            )
        mask[k][inside] = request.labels.number_of(ORGAN)
    return Volume(mask, stack.affine)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return a key by which slice_2 comes before slice_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def _pictures(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if path.suffix.lower() == ".png"), key=_natural)


def _recognises(source: Source) -> bool:
    return source.path.is_dir() and bool(_pictures(source.path))


FORMAT = Format(_recognises, read_mask=read_mask)
