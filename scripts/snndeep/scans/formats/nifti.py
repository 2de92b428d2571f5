"""NIfTI within a mask of several files, and the volumes that a conversion writes."""

from __future__ import annotations

from pathlib import Path

import nibabel
from isal import igzip

from snndeep.scans.formats.base import Format, Volume, compact, plain_mask
from snndeep.scans.source import Source
from snndeep.volume.header import read_header
from snndeep.volume.reader import read_values

SUFFIXES = (".nii", ".nii.gz")
_FAST = 1  # compression level: noise hardly compresses, so a higher one costs time for nothing


def read_image(source: Source) -> Volume:
    """Read a whole file."""
    header = read_header(source.path)
    x, y, z = header.shape
    values = read_values(header, (slice(0, x), slice(0, y), slice(0, z)), "").values
    return Volume(compact(values), header.affine)


def write_volume(path: Path, volume: Volume) -> None:
    """Write a volume as `.nii.gz`; equal volumes give equal bytes."""
    image = nibabel.Nifti1Image(volume.voxels.transpose(2, 1, 0), volume.affine, dtype=volume.voxels.dtype)
    image.header.set_xyzt_units("mm")
    with (
        path.open("wb") as raw,
        igzip.IGzipFile(filename="", mode="wb", compresslevel=_FAST, fileobj=raw, mtime=0) as packed,
    ):
        image.to_stream(packed)


def _recognises(source: Source) -> bool:
    return source.path.is_file() and source.path.name.lower().endswith(SUFFIXES)


FORMAT = Format(_recognises, read_image, plain_mask(read_image))
