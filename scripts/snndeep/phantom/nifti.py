"""Deterministic and atomic writing of compressed NIfTI files."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
from isal import igzip

from snndeep.store.files import replacing

_FAST = 1  # compression level: noise hardly compresses, so a higher level only costs time


def write_nifti(path: Path, voxels: np.ndarray, spacing: tuple[float, float, float]) -> None:
    """Write a volume atomically as `.nii.gz`, with its axes along right, anterior, superior and its origin in the middle.

    The gzip header contains neither time nor name, so equal voxels give equal bytes.

    Args:
        path: Path of the file; its folder is created if needed.
        voxels: Volume of a data type that NIfTI supports, [x, y, z].
        spacing: Voxel size in mm.
    """
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = [-(n - 1) / 2 * step for n, step in zip(voxels.shape, spacing, strict=True)]
    image = nibabel.Nifti1Image(voxels, affine, dtype=voxels.dtype)
    image.header.set_xyzt_units("mm")
    with (
        replacing(path) as temporary,
        temporary.open("wb") as raw,
        igzip.IGzipFile(filename="", mode="wb", compresslevel=_FAST, fileobj=raw, mtime=0) as packed,
    ):
        image.to_stream(packed)
