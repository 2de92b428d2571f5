"""The way in to the formats: the first of `FORMATS` that recognises a source reads it."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from snndeep.scans.formats import FORMATS
from snndeep.scans.formats.base import Format, ImageReader, MaskReader, MaskRequest, Volume
from snndeep.scans.source import Source
from snndeep.volume.errors import ConversionError, MissingScanError
from snndeep.volume.geometry import checked_spacing


def read_image(source: Source) -> Volume:
    """Read an image of HU.

    Raises:
        ScanError: If no format reads it, or it cannot be used.
    """
    return _checked(_reader(source, "read_image")(source), source)


def read_mask(source: Source, request: MaskRequest) -> Volume:
    """Read a mask of the numbers that `request.labels` gives a meaning.

    Raises:
        ScanError: If no format reads it, or it cannot be used.
    """
    reader = cast(MaskReader, _reader(source, "read_mask"))
    return _checked(reader(source, request), source)


def _reader(source: Source, kind: str) -> ImageReader:
    if not source.path.exists():
        raise MissingScanError(
            "The scan cannot be opened.",
            where=f"file {source.path}",
            found="no such file or folder",
            expected="a file or a folder",
            remedy="Check the path.",
        )
    names = []
    for name, module in FORMATS.items():
        member: Format = import_module(module).FORMAT
        reader = getattr(member, kind)
        if reader is not None:
            names.append(name)
            if member.recognises(source):
                return cast(ImageReader, reader)
    raise ConversionError(
        f"No format reads {'the image' if kind == 'read_image' else 'the mask'}.",
        where=source.where,
        found=_contents(source),
        expected=", ".join(names),
        remedy="Name the file or the folder that holds the scan, or convert it to NIfTI.",
    )


def _contents(source: Source) -> str:
    if source.path.is_file():
        return "nothing that a format recognises" if source.path.stat().st_size else "an empty file"
    names = sorted(entry.name for entry in source.path.iterdir() if not entry.name.startswith("."))
    kinds = sorted({file.kind for file in source.dicom})
    listed = f"{len(names)} entries: {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}" if names else "nothing"
    return f"{listed}; DICOM: {', '.join(kinds)}" if kinds else f"{listed}; 0 DICOM files directly in it"


def _checked(volume: Volume, source: Source) -> Volume:
    checked_spacing(volume.affine, source.where)
    return volume
