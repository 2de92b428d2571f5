"""A mask in several files, one per structure: a folder of volumes, or of folders that hold a DICOM series each.

The layout of 3D-IRCADb (MASKS_DICOM/liver, MASKS_DICOM/livertumor01) and of TotalSegmentator (segmentations/liver.nii.gz).
Any value but 0 is inside.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snndeep.scans.formats import registry
from snndeep.scans.formats.base import Format, MaskRequest, Volume, number_regions
from snndeep.scans.names import VOLUME_SUFFIXES, scan_name
from snndeep.scans.source import Source
from snndeep.volume.errors import AffineMismatchError

_TOLERANCE = 1e-3
"""Of the elements of the affines of two structures, in mm."""


def read_mask(source: Source, request: MaskRequest) -> Volume:
    """Combine the structures that are named as organ and lesion.

    Raises:
        ScanError: If a structure cannot be read or lies on another grid than the first.
    """
    grids: list[tuple[str, Volume]] = []

    def region(path: Path) -> npt.NDArray[np.bool_]:
        volume = registry.read_mask(Source(path, slice_tolerance=source.slice_tolerance), request)
        grids.append((path.name, volume))
        name, first = grids[0]
        same = first.voxels.shape == volume.voxels.shape
        if not same or not np.allclose(first.affine, volume.affine, rtol=0, atol=_TOLERANCE):
            raise AffineMismatchError(
                "Two structures of a mask lie on different grids.",
                where=source.where,
                found=f"{name} and {path.name}",
                expected="one grid",
                remedy="Resample the structures onto the image.",
            )
        return np.asarray(volume.voxels != 0)

    regions = [(scan_name(path.name), partial(region, path)) for path in _structures(source.path)]
    mask = number_regions(regions, request.labels, source)
    return Volume(mask, grids[0][1].affine)


def _structures(folder: Path) -> list[Path]:
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    # Of the two files of an Analyze volume the header stands for both.
    files = tuple(suffix for suffix in VOLUME_SUFFIXES if suffix != ".img")
    return [entry for entry in entries if entry.is_dir() or entry.name.lower().endswith(files)]


def _recognises(source: Source) -> bool:
    return source.path.is_dir() and not source.dicom and bool(_structures(source.path))


FORMAT = Format(_recognises, read_mask=read_mask)
