"""NRRD and MetaImage in one file, read by ITK."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from snndeep.scans.formats.base import LPS_TO_RAS, Format, Volume, compact, plain_mask
from snndeep.scans.source import Source
from snndeep.volume.errors import ConversionError, FourDimensionalError

SUFFIXES = (".nrrd", ".mha")
# How the headers of .nrrd and .mha name a file that holds the voxels.
_DETACHED = re.compile(rb"^(data ?file:|ElementDataFile *=(?! *LOCAL)).*", re.IGNORECASE | re.MULTILINE)


def read_image(source: Source) -> Volume:
    """Read a file of one volume; further axes may have the length 1.

    Raises:
        ConversionError: If ITK cannot read it, or the voxels are in another file.
        FourDimensionalError: If it holds several volumes.
    """
    _check_whole(source.path)
    try:
        image = sitk.ReadImage(str(source.path))
    except RuntimeError as error:
        raise ConversionError(
            "ITK cannot read the scan.",
            where=f"file {source.path}",
            found=str(error).strip().splitlines()[-1].strip(),
            expected="one undamaged volume, voxels included",
            remedy="Write the scan again from its source, or as NIfTI.",
        ) from error
    dimensions, values = image.GetDimension(), image.GetNumberOfComponentsPerPixel()
    if dimensions < 3 or values != 1 or any(size > 1 for size in image.GetSize()[3:]):
        raise FourDimensionalError(
            "The file does not hold a single volume.",
            where=f"file {source.path}",
            found=f"{dimensions} dimensions, {values} values a voxel",
            expected="three dimensions, or further ones of length 1, and one value a voxel",
            remedy="Save one volume, in HU or as labels.",
        )
    directions = np.array(image.GetDirection()).reshape(dimensions, dimensions)[:3, :3]
    affine = np.eye(4)
    affine[:3, :3] = directions * np.array(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    voxels = sitk.GetArrayFromImage(image)
    return Volume(compact(voxels.reshape(voxels.shape[-3:])), LPS_TO_RAS @ affine)


def _check_whole(path: Path) -> None:
    with path.open("rb") as file:
        elsewhere = _DETACHED.search(file.read(4096).partition(b"\n\n")[0])
    if elsewhere:
        raise ConversionError(
            "The file keeps its voxels in another file.",
            where=f"file {path}",
            found=elsewhere[0].decode("ascii", "replace").strip(),
            expected="header and voxels in one file, so that a change of either is noticed",
            remedy="Write it as one file.",
        )


def _recognises(source: Source) -> bool:
    return source.path.is_file() and source.path.suffix.lower() in SUFFIXES


FORMAT = Format(_recognises, read_image, plain_mask(read_image))
