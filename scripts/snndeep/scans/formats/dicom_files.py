"""Which DICOM objects a folder holds, by a look at each header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from snndeep.volume.errors import ConversionError

SEG, RTSTRUCT = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.481.3"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
CT_IMAGES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
_SUFFIXES = (".dcm", ".ima")
_READ = [
    "SOPClassUID", "Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "ImageType", "NumberOfFrames",
    "InstanceNumber", "Rows", "Columns", "SamplesPerPixel", "ImagePositionPatient", "ImageOrientationPatient",
    "PixelSpacing", "FrameOfReferenceUID", "SOPInstanceUID",
]  # fmt: skip


@dataclass(frozen=True)
class DicomFile:
    """One DICOM object.

    Attributes:
        path: The file.
        header: Some elements of its header.
    """

    path: Path
    header: pydicom.Dataset

    def text(self, keyword: str) -> str:
        """Return an element as text, empty where it is absent."""
        value = self.header.get(keyword)
        return "" if value is None else str(value).strip("\0 ")

    def numbers(self, keyword: str) -> list[float]:
        """Return the numbers of an element, empty where it is absent or no number."""
        value = self.header.get(keyword)
        try:
            values = [] if value is None else list(value) if isinstance(value, Sequence) else [value]
            return [float(number) for number in values]
        except (TypeError, ValueError):
            return []

    @property
    def sop_class(self) -> str:
        """What kind of object it is, as a UID."""
        of_file = getattr(self.header, "file_meta", {}).get("MediaStorageSOPClassUID", "")
        return self.text("SOPClassUID") or str(of_file)

    @property
    def kind(self) -> str:
        """What kind of object it is, in words."""
        return UID(self.sop_class).name.removesuffix(" Storage") or "an object of unknown kind"

    @property
    def modality(self) -> str:
        """The modality, such as CT."""
        return self.text("Modality")

    @property
    def frames(self) -> int:
        """The number of frames; 1 for an object with one image or none."""
        return int((self.numbers("NumberOfFrames") or [1.0])[0])

    @property
    def is_image(self) -> bool:
        """Whether it is a picture of the patient: no dose, no structures, no report, no screen shot, no scout."""
        other = self.sop_class in (SEG, RTSTRUCT, SECONDARY_CAPTURE) or self.modality in ("RTDOSE", "SEG", "SR", "PR")
        return bool(self.numbers("Rows")) and not other and "LOCALIZER" not in self.text("ImageType").upper()


def list_dicom(path: Path) -> tuple[DicomFile, ...]:
    """Return the DICOM objects directly in a folder, or that of a file, in the order of names.

    A file counts if it has DICOM's mark or at least its suffix; an index (DICOMDIR) does not.

    Raises:
        ConversionError: If such a file cannot be read.
    """
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return tuple(
        _look_at(file)
        for file in files
        if file.is_file() and not file.name.startswith(".") and file.name != "DICOMDIR" and _is_dicom(file)
    )


def _look_at(file: Path) -> DicomFile:
    found = DicomFile(file, read_dataset(file, specific_tags=_READ, stop_before_pixels=True))
    # A file that ends within its header must not pass for an object without an image: a slice would be lost.
    if not found.sop_class or (found.sop_class in CT_IMAGES and not found.numbers("Rows")):
        raise unreadable(f"file {file}", ValueError("the header ends before it says what the object is"))
    return found


def read_dataset(file: Path, **options: Any) -> pydicom.Dataset:
    """Read a DICOM file; `options` are those of `pydicom.dcmread`.

    Raises:
        ConversionError: If it cannot be read.
    """
    try:
        with file.open("rb") as content:
            if not content.read(1):
                raise InvalidDicomError("the file is empty")
        return pydicom.dcmread(file, force=True, **options)
    except (InvalidDicomError, OSError, ValueError, KeyError, AttributeError, EOFError, NotImplementedError) as error:
        raise unreadable(f"file {file}", error) from error


def unreadable(where: str, error: Exception) -> ConversionError:
    """Return the error of a DICOM object that cannot be read."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return ConversionError(
        "A DICOM file cannot be read.",
        where=where,
        found=lines[-1].strip(),
        expected="an undamaged DICOM object",
        remedy="Export it again, without compression if that is what is not supported, or convert it to NIfTI with dcm2niix.",
    )


def _is_dicom(file: Path) -> bool:
    with file.open("rb") as content:
        marked = content.read(132)[128:] == b"DICM"
    return marked or file.suffix.lower() in _SUFFIXES
