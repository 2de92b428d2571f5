"""Scans and masks as the user has them, and what it takes to convert one; nothing here reads a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snndeep.labels import MaskLabels

if TYPE_CHECKING:
    from snndeep.scans.formats.dicom_files import DicomFile


@dataclass(frozen=True)
class Source:
    """A scan or a mask as the user has it.

    Attributes:
        path: A file or a folder.
        series: Which DICOM series of a folder: its number, description or UID; empty where there is one.
        slice_tolerance: How far a DICOM slice may be from its even place, in mm.
    """

    path: Path
    series: str = ""
    slice_tolerance: float = 0.1

    @cached_property
    def dicom(self) -> tuple[DicomFile, ...]:
        """The DICOM objects of a folder, or the one of a file; empty if there are none."""
        # Planning names sources and opens none, so it has no need of pydicom.
        from snndeep.scans.formats.dicom_files import list_dicom

        return list_dicom(self.path)

    @property
    def where(self) -> str:
        """The source in messages."""
        return f"{'folder' if self.path.is_dir() else 'file'} {self.path}"

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"path": str(self.path), "series": self.series, "slice_tolerance": self.slice_tolerance}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Source:
        """Rebuild from the values of `to_json`."""
        return cls(Path(values["path"]), values["series"], values["slice_tolerance"])


@dataclass(frozen=True)
class ConversionRequest:
    """What is to be converted.

    Attributes:
        source: The scan or mask.
        labels: The meaning of a mask; None for an image.
        image: The image that a mask belongs to; None for an image.
        planned: The digest of the source's bytes that the plan found; empty if it is not to be compared.
    """

    source: Source
    labels: MaskLabels | None = None
    image: Source | None = None
    planned: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "source": self.source.to_json(),
            "labels": None if self.labels is None else self.labels.to_mapping(),
            "image": None if self.image is None else self.image.to_json(),
            "planned": self.planned,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ConversionRequest:
        """Rebuild from the values of `to_json`."""
        image, labels = values["image"], values["labels"]
        return cls(
            Source.from_json(values["source"]),
            None if labels is None else MaskLabels.from_mapping(labels),
            None if image is None else Source.from_json(image),
            values["planned"],
        )
