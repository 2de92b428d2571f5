"""Affines that a scan can have: finite, with positive spacing and axes at right angles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from snndeep.volume.errors import AffineError, ShearedAxesError, SpacingError

Affine = npt.NDArray[np.float64]

SHEAR_TOLERANCE = 0.25
"""Degrees. Headers in single precision stay far below; a volume of this shear is wrong by 1 part in 100,000."""

RESAMPLING = (
    "Resample image and mask to a rectangular grid with a tool that knows the shear, for instance 3D Slicer (DICOM import "
    "with acquisition geometry regularization) or nibabel.processing.resample_to_output; the mask with order=0. "
    "Saving the scan in another format keeps the shear."
)


def checked_spacing(affine: Affine, where: str) -> tuple[float, float, float]:
    """Return the lengths of an affine's axes, in mm, free of the noise of single precision.

    Args:
        affine: [4, 4] matrix from voxel indices to mm.
        where: The scan, for messages.

    Raises:
        AffineError: If it is not finite or its axes do not span space.
        SpacingError: If a length is zero.
        ShearedAxesError: If two axes are not at right angles.
    """
    if not np.isfinite(affine).all():
        raise _affine_error(affine, where)
    axes = affine[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    check_positive(lengths, where)
    directions = axes / lengths
    if abs(np.linalg.det(directions)) < 1e-3:
        raise _affine_error(affine, where)
    angle = shear_angle(directions)
    if angle > SHEAR_TOLERANCE:
        raise ShearedAxesError(
            "The axes of the scan are not at right angles: it is sheared.",
            where=where,
            found=f"{angle:.1f} degrees away from a right angle, as a tilted gantry leaves it",
            expected="a rectangular grid of voxels",
            remedy=RESAMPLING,
        )
    # Headers store single precision: 0.97656202 and 0.976562 are one spacing. Five decimals are 10 nm.
    x, y, z = (float(round(length, 5)) for length in lengths)
    check_positive((x, y, z), where)
    return x, y, z


def shear_angle(directions: Affine) -> float:
    """Return how far the columns [3, 3] of unit vectors are from right angles, at most, in degrees."""
    cosines = np.abs(directions.T @ directions - np.eye(3)).max()
    return math.degrees(math.asin(min(1.0, float(cosines))))


def check_positive(spacing: Sequence[float] | npt.NDArray[np.float64], where: str) -> None:
    """Check that spacings are positive numbers.

    Raises:
        SpacingError: If one is zero, negative or not a number.
    """
    if not all(math.isfinite(value) and value > 0 for value in spacing):
        raise SpacingError(
            "The scan has an impossible voxel spacing.",
            where=where,
            found=sizes(spacing) + " mm",
            expected="three positive numbers",
            remedy="Write the scan again with the spacing of its DICOM series.",
        )


def sizes(values: Sequence[float] | npt.NDArray[np.float64]) -> str:
    """Return numbers as `3 x 3 x 5`."""
    return " x ".join(f"{value:.4g}" for value in values)


def _affine_error(affine: Affine, where: str) -> AffineError:
    return AffineError(
        "The scan has an unusable affine.",
        where=where,
        found=np.array2string(affine[:3], precision=4, separator=", ").replace("\n", ""),
        expected="finite numbers and three axes that span space",
        remedy="Write the scan again with the orientation of its DICOM series.",
    )
