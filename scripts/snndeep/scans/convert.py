"""Scans that are not NIfTI, converted to it once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snndeep.errors import ScanError
from snndeep.labels import MaskLabels
from snndeep.scans.converted import VOLUME
from snndeep.scans.formats.base import MaskRequest, Source, Volume
from snndeep.scans.formats.nifti import write_volume
from snndeep.scans.formats.registry import read_image, read_mask
from snndeep.store.files import intact, replacing

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConversionRequest:
    """What is to be converted, as JSON values can say it.

    Attributes:
        source: The scan or mask.
        labels: The meaning of a mask; None for an image.
        image: The image that a mask belongs to; None for an image.
    """

    source: Source
    labels: MaskLabels | None = None
    image: Source | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ConversionRequest:
        """Rebuild from the values of `to_json`."""
        image, labels = values["image"], values["labels"]
        return cls(
            _source(values["source"]),
            None if labels is None else MaskLabels.from_mapping(labels),
            None if image is None else _source(image),
        )

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "source": _words(self.source),
            "labels": None if self.labels is None else self.labels.to_mapping(),
            "image": None if self.image is None else _words(self.image),
        }

    def read(self) -> Volume:
        """Read the scan.

        Raises:
            ScanError: If it cannot be read.
        """
        if self.labels is None or self.image is None:
            return read_image(self.source)
        return read_mask(self.source, MaskRequest(self.labels, self.image))


def convert(
    request: ConversionRequest, folder: Path, skip_bad: bool, provenance: Mapping[str, Any]
) -> dict[str, str]:
    """Write a scan as `scan.nii.gz` to a folder, unless it is there, and return its record.

    Args:
        request: The scan.
        folder: Where the volume belongs.
        skip_bad: Record why a scan cannot be converted instead of ending.
        provenance: Of the volume.

    Returns:
        Why the scan was `refused`, empty if it was not, and its `source` for messages.

    Raises:
        ScanError: If the scan cannot be converted and bad scans are not to be skipped.
    """
    path = request.source.path
    if intact(folder / VOLUME):
        LOGGER.info("found %s already converted", path)
        return {"refused": "", "source": str(path)}
    try:
        volume = request.read()
    except ScanError as error:
        if not skip_bad:
            raise
        LOGGER.warning("cannot convert: %s", error)
        return {"refused": str(error), "source": str(path)}
    with replacing(folder / VOLUME, provenance) as temporary:
        write_volume(temporary, volume)
    LOGGER.info("converted %s, %s voxels", path, " x ".join(map(str, volume.voxels.shape[::-1])))
    return {"refused": "", "source": str(path)}


def _words(source: Source) -> dict[str, Any]:
    return {"path": str(source.path), "series": source.series, "slice_tolerance": source.slice_tolerance}


def _source(values: Mapping[str, Any]) -> Source:
    return Source(Path(values["path"]), values["series"], values["slice_tolerance"])
