"""Scans that are not NIfTI, converted to it once."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snndeep.errors import ScanError
from snndeep.scans.converted import RECORD, VOLUME
from snndeep.scans.formats.base import MaskRequest, Volume
from snndeep.scans.formats.nifti import write_volume
from snndeep.scans.formats.registry import read_image, read_mask
from snndeep.scans.source import ConversionRequest
from snndeep.store.content import as_planned
from snndeep.store.files import intact, made_again, replacing

LOGGER = logging.getLogger(__name__)


def convert(request: ConversionRequest, folder: Path, provenance: Mapping[str, Any]) -> dict[str, str]:
    """Write a scan as `scan.nii.gz` to a folder, unless it is there, and return its record.

    Args:
        request: The scan.
        folder: Where the volume belongs.
        provenance: Of the volume.

    Returns:
        Why the scan was `refused`; empty if it was not. Whether a refusal ends the run is decided by who reads the scan.

    Raises:
        DatasetError: If the source is not the one that was planned with.
    """
    path = request.source.path
    if intact(folder / VOLUME) and not made_again(folder / RECORD):
        LOGGER.info("found %s already converted", path)
        return {"refused": ""}
    try:
        with as_planned(path, request.planned) if request.planned else contextlib.nullcontext():
            volume = read_requested(request)
    except ScanError as error:
        LOGGER.warning("cannot convert: %s", error)
        return {"refused": str(error)}
    with replacing(folder / VOLUME, provenance) as temporary:
        write_volume(temporary, volume)
    LOGGER.info("converted %s, %s voxels", path, " x ".join(map(str, volume.voxels.shape[::-1])))
    return {"refused": ""}


def read_requested(request: ConversionRequest) -> Volume:
    """Read what is to be converted.

    Raises:
        ScanError: If it cannot be read.
    """
    if request.labels is None or request.image is None:
        return read_image(request.source)
    return read_mask(request.source, MaskRequest(request.labels, request.image))
