"""DICOM SEG: segments with names, read by highdicom."""

from __future__ import annotations

from functools import partial
from typing import Any

import highdicom
import numpy as np
import numpy.typing as npt

from snndeep.scans.formats.base import LPS_TO_RAS, Format, MaskRequest, Volume, number_regions
from snndeep.scans.formats.dicom_files import SEG, DicomFile, unreadable
from snndeep.scans.source import Source
from snndeep.volume.errors import MixedSeriesError


def only_one(source: Source, sop_class: str, kind: str) -> DicomFile:
    """Return the one object of a kind in a source.

    Raises:
        MixedSeriesError: If there are several.
    """
    files = [file for file in source.dicom if file.sop_class == sop_class]
    if len(files) > 1:
        raise MixedSeriesError(
            f"The folder holds several {kind} objects.",
            where=source.where,
            found=", ".join(file.path.name for file in files),
            expected="one",
            remedy="Name the file itself as the mask.",
        )
    return files[0]


def as_volume(volume: Any) -> Volume:
    """Return a volume of highdicom, whose indices count slices, rows, columns, as one of ours."""
    return Volume(np.asarray(volume.array), LPS_TO_RAS @ np.asarray(volume.affine, np.float64)[:, [2, 1, 0, 3]])


def read_mask(source: Source, request: MaskRequest) -> Volume:
    """Read the segments that are named as organ and lesion."""
    file = only_one(source, SEG, "SEG")
    try:
        segmentation = highdicom.seg.segread(file.path)
        read = as_volume(segmentation.get_volume(combine_segments=False))
        names = [str(segmentation.get_segment_description(n).segment_label) for n in segmentation.segment_numbers]
    except (RuntimeError, ValueError, AttributeError, KeyError, NotImplementedError, TypeError) as error:
        raise unreadable(f"file {file.path}", error) from error

    def region(number: int) -> npt.NDArray[np.bool_]:
        # Fractional segmentations come as 0 to 1.
        inside: npt.NDArray[np.bool_] = read.voxels[..., number] >= 0.5
        return inside

    regions = [(name, partial(region, number)) for number, name in enumerate(names)]
    return Volume(number_regions(regions, request.labels, source), read.affine)


FORMAT = Format(lambda source: any(file.sop_class == SEG for file in source.dicom), read_mask=read_mask)
