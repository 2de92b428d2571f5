"""Small scans for the tests of reading and radiomics, made on the fly."""

from __future__ import annotations

import os
from pathlib import Path

import nibabel
import numpy as np

from snndeep.seeds import generator


def shared(*parts: str) -> Path:
    """Return a path below the folder of real scans and references that a developer may have beside the checkout.

    The environment variable SNNDEEP_SHARED names it; by default it is looked for above the checkout.
    """
    named = os.environ.get("SNNDEEP_SHARED")
    above = [parent / "shared" for parent in Path(__file__).parents[2:6]]
    folders = [Path(named)] if named else above
    return next(
        (folder.joinpath(*parts) for folder in folders if folder.joinpath(*parts).exists()), folders[0].joinpath(*parts)
    )


SHAPE = (22, 18, 9)
SPACING = (2.5, 2.0, 4.0)


def organ(shape: tuple[int, int, int] = SHAPE, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return HU (int16) and labels (uint8) of an ellipsoid with a lesion, off centre, [x, y, z]."""
    rng = generator(seed, "test", "organ")
    centre = np.array(shape) * [0.55, 0.45, 0.5]
    grid = np.indices(shape).transpose(1, 2, 3, 0)
    distance = (((grid - centre) / (np.array(shape) * 0.34)) ** 2).sum(-1)
    labels = (distance < 1).astype(np.uint8)
    labels[(((grid - centre - [3, 0, 0]) / [2.5, 2.5, 1.5]) ** 2).sum(-1) < 1] = 2
    values = np.where(labels > 0, 60, -80) - 30 * (labels == 2) + rng.normal(0, 25, shape)
    return np.rint(values).astype(np.int16), labels


def affine(spacing: tuple[float, float, float] = SPACING) -> np.ndarray:
    """Return an affine in canonical orientation with an origin off zero."""
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = [-12.0, 30.0, -101.5]
    return matrix


def save(path: Path, voxels: np.ndarray, matrix: np.ndarray) -> Path:
    """Write a NIfTI file of the array's own data type."""
    nibabel.save(nibabel.Nifti1Image(voxels, matrix, dtype=voxels.dtype), path)
    return path


def save_stored(path: Path, stored: np.ndarray, scale: tuple[float, float] = (1.0, 0.0)) -> Path:
    """Write numbers as they are, byte order included, under a header with slope and intercept."""
    header = nibabel.Nifti1Header()
    header.set_data_shape(stored.shape)
    header.set_data_dtype(stored.dtype.newbyteorder("<"))
    header.set_sform(affine(), code=1)
    header["pixdim"][1:4] = SPACING
    header["vox_offset"], header["scl_slope"], header["scl_inter"] = 352, *scale
    order = ">" if stored.dtype.str[0] == ">" else "<"
    path.write_bytes(header.as_byteswapped(order).binaryblock + bytes(4) + stored.tobytes("F"))
    return path


def save_case(folder: Path, name: str = "a") -> tuple[Path, Path]:
    """Write the canonical form of the organ and return image and mask."""
    values, labels = organ()
    return (
        save(folder / f"{name}_ct.nii.gz", values, affine()),
        save(folder / f"{name}_mask.nii.gz", labels, affine()),
    )
