"""Byte-deterministic, atomic writing of compressed NIfTI files."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
from isal import igzip

from snndeep.store.files import replacing

_FAST = 1  # compression level: noise hardly compresses, so a higher one costs time for nothing


def write_nifti(path: Path, voxels: np.ndarray, spacing: tuple[float, float, float]) -> None:
    """Write a volume as `.nii.gz` with axes along right, anterior, superior and its origin in the middle.

    The gzip header holds neither time nor name, so equal voxels give equal bytes.

    Args:
        path: Target; its folder is made if needed. It appears whole or not at all.
        voxels: Volume of a type that NIfTI knows, [x, y, z].
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
