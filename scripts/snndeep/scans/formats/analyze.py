"""Analyze 7.5 and NIfTI in two files (.hdr and .img), and MGH (.mgz, .mgh), read by nibabel.

Analyze says nothing of orientation; as its standard has it, the first axis is taken to run to the patient's left.
"""

from __future__ import annotations

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError

from snndeep.scans.formats.base import Format, Volume, compact, plain_mask
from snndeep.scans.source import Source
from snndeep.volume.errors import ConversionError, FourDimensionalError
from snndeep.volume.geometry import check_positive

SUFFIXES = (".hdr", ".img", ".mgz", ".mgh")


def read_image(source: Source) -> Volume:
    """Read one volume; further axes may have the length 1.

    Raises:
        ConversionError: If nibabel cannot read it.
        FourDimensionalError: If it holds several volumes.
    """
    try:
        image = nibabel.load(source.path)
        check_positive(image.header.get_zooms()[:3], source.where)
        values = np.asarray(image.get_fdata(caching="unchanged"))
    except (ImageFileError, OSError, ValueError, EOFError) as error:
        raise ConversionError(
            "The scan cannot be read.",
            where=f"file {source.path}",
            found=str(error).strip() or type(error).__name__,
            expected="an undamaged volume; Analyze is a pair of files, .hdr and .img",
            remedy="Write the scan again from its source, or as NIfTI.",
        ) from error
    if values.ndim < 3 or any(size > 1 for size in values.shape[3:]):
        raise FourDimensionalError(
            "The file does not hold a single volume.",
            where=f"file {source.path}",
            found=f"{' x '.join(map(str, values.shape))} voxels",
            expected="three dimensions, or further ones of length 1",
            remedy="Save one volume, in HU or as labels.",
        )
    voxels = values.reshape(values.shape[:3]).transpose(2, 1, 0)
    return Volume(compact(voxels), np.array(image.affine, np.float64))


def _recognises(source: Source) -> bool:
    return source.path.is_file() and source.path.suffix.lower() in SUFFIXES


FORMAT = Format(_recognises, read_image, plain_mask(read_image))
