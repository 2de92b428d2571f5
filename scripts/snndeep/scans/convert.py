"""Scans that are not NIfTI, converted to it once: folders of a DICOM series, .nrrd and .mha."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from snndeep.errors import ScanError
from snndeep.scans.converted import VOLUME
from snndeep.store.content import as_planned
from snndeep.store.files import intact, replacing
from snndeep.volume.errors import ConversionError, FourDimensionalError, MissingScanError
from snndeep.volume.series import read_series

LOGGER = logging.getLogger(__name__)
# How the headers of .nrrd and .mha name a file that holds the voxels.
_DETACHED = re.compile(rb"^(data ?file:|ElementDataFile *=(?! *LOCAL)).*", re.IGNORECASE | re.MULTILINE)
_COMPRESSION = 1  # noise hardly compresses, so a higher level costs time for nothing


def convert(source: Path, folder: Path, provenance: Mapping[str, Any], planned: str = "") -> dict[str, str]:
    """Write a scan as `scan.nii.gz` to a folder, unless it is there, and return its record.

    Args:
        source: A folder of one DICOM series, or a file that ITK reads.
        folder: Where the volume belongs.
        provenance: Of the volume.
        planned: The digest that the plan found, see `snndeep.store.content.content_digest`; not compared if empty.

    Returns:
        Why the scan was `refused`; empty if it was not. Whether a refusal ends the run is decided by who reads the scan.
    """
    if intact(folder / VOLUME):
        LOGGER.info("found %s already converted", source)
        return {"refused": ""}
    try:
        with as_planned(source, planned) if planned else contextlib.nullcontext():
            volume = read_scan(source)
        with replacing(folder / VOLUME, provenance) as temporary:
            sitk.WriteImage(volume, str(temporary), useCompression=True, compressionLevel=_COMPRESSION)
    except ScanError as error:
        LOGGER.warning("cannot convert: %s", error)
        return {"refused": str(error)}
    LOGGER.info("converted %s, %s voxels", source, " x ".join(map(str, volume.GetSize())))
    return {"refused": ""}


def read_scan(source: Path) -> sitk.Image:
    """Read a volume of intensities or labels; whole numbers come as 16-bit integers where they fit.

    Raises:
        ScanError: If it cannot be read or is no single volume.
    """
    volume = read_series(source) if source.is_dir() else _read_file(source)
    if volume.GetDimension() != 3 or volume.GetNumberOfComponentsPerPixel() != 1:
        raise FourDimensionalError(
            "The file holds no single volume.",
            where=f"file {source}",
            found=f"{volume.GetDimension()} dimensions, {volume.GetNumberOfComponentsPerPixel()} values a voxel",
            expected="three dimensions and one value a voxel",
            remedy="Save one volume, in HU or as labels.",
        )
    return _as_short(volume)


def _read_file(source: Path) -> sitk.Image:
    if not source.is_file():
        raise MissingScanError(
            "The scan cannot be opened.", where=f"file {source}", found="no file", expected="a file or a DICOM folder"
        )
    with source.open("rb") as file:
        elsewhere = _DETACHED.search(file.read(4096).partition(b"\n\n")[0])
    if elsewhere:
        raise ConversionError(
            "The file keeps its voxels in another file.",
            where=f"file {source}",
            found=elsewhere[0].decode("ascii", "replace").strip(),
            expected="header and voxels in one file, so that a change of either is noticed",
            remedy="Write it as one file.",
        )
    try:
        return sitk.ReadImage(str(source))
    except RuntimeError as error:
        raise ConversionError(
            "ITK cannot read the scan.",
            where=f"file {source}",
            found=str(error).strip().splitlines()[-1].strip(),
            expected="one undamaged volume, voxels included",
            remedy="Write the scan again from its source, or as NIfTI.",
        ) from error


def _as_short(volume: sitk.Image) -> sitk.Image:
    voxels = sitk.GetArrayViewFromImage(volume)
    limits = np.iinfo(np.int16)
    if voxels.dtype == np.int16 or not limits.min <= voxels.min() <= voxels.max() <= limits.max:
        return volume
    if voxels.dtype.kind == "f" and not (voxels == np.rint(voxels)).all():
        return volume
    return sitk.Cast(volume, sitk.sitkInt16)
