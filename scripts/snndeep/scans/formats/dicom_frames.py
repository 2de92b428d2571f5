"""Enhanced multi-frame CT: one DICOM file that holds all slices. highdicom puts the frames in order and scales them."""

from __future__ import annotations

import highdicom
import numpy as np

from snndeep.scans.formats.base import Format, MaskRequest, Volume, compact
from snndeep.scans.formats.dicom_files import unreadable
from snndeep.scans.formats.dicom_seg import as_volume
from snndeep.scans.formats.dicom_series import choose_series, is_named
from snndeep.scans.source import Source
from snndeep.volume.errors import MixedSeriesError


def _recognises(source: Source) -> bool:
    frames = [file for file in source.dicom if file.is_image and file.frames > 1]
    return any(is_named(file, source.series) for file in frames) if source.series else bool(frames)


def _read(source: Source, modality: str) -> Volume:
    files = choose_series(source, modality)
    if len(files) > 1:
        raise MixedSeriesError(
            "The folder holds several multi-frame files of one series.",
            where=source.where,
            found=", ".join(file.path.name for file in files),
            expected="one file with all frames",
            remedy="Name the file itself as the image.",
        )
    try:
        # The values, not how a viewer would show them: no window, no palette, no inversion of MONOCHROME1.
        volume = highdicom.imread(files[0].path).get_volume(
            apply_real_world_transform=False, apply_presentation_lut=False, apply_palette_color_lut=False,
            apply_icc_profile=False, dtype=np.float64,
        )  # fmt: skip
    except (RuntimeError, ValueError, AttributeError, KeyError, NotImplementedError, TypeError) as error:
        raise unreadable(f"file {files[0].path}", error) from error
    read = as_volume(volume)
    return Volume(compact(read.voxels), read.affine)


def read_image(source: Source) -> Volume:
    """Read a CT."""
    return _read(source, "CT")


def read_mask(source: Source, request: MaskRequest) -> Volume:
    """Read labels of any modality."""
    return _read(source, "")


FORMAT = Format(_recognises, read_image, read_mask)
