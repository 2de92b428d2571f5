"""NIfTI headers, read without repairing them.

General readers repair what they can: a zero spacing becomes 1 mm, a missing field a default. Features of a scan whose
header was guessed are worse than none, so fields are taken as they are stored and what is wrong is named.
Source: NIfTI-1.1 and NIfTI-2 headers, https://nifti.nimh.nih.gov.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from isal import igzip, isal_zlib
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header
from nibabel.spatialimages import HeaderDataError

from snndeep.limits import require_voxels
from snndeep.volume.errors import (
    AffineError,
    CorruptFileError,
    FourDimensionalError,
    MissingScanError,
    NotNiftiError,
    SpacingConflictError,
    TruncatedFileError,
    TwoDimensionalError,
    UnusableHeaderError,
    location,
)
from snndeep.volume.geometry import Affine, check_positive, checked_spacing, sizes

# The type of isal_zlib.error is unknown to type checkers.
DECOMPRESSION_ERRORS: tuple[type[Exception], ...] = (
    cast(type[Exception], isal_zlib.error),
    zlib.error,
    igzip.BadGzipFile,
)

_GZIP_MAGIC = b"\x1f\x8b"
_HEADERS = (Nifti1Header, Nifti2Header)
_SINGLE_FILE = (b"n+1", b"n+2")
_MILLIMETRES = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""By NIfTI's code of the unit of length: none given, metre, millimetre, micron."""

_CONFLICT = 0.01
"""Relative difference between the lengths of the affine's axes and pixdim that is more than rounding."""


@dataclass(frozen=True)
class ScanHeader:
    """What the header of a NIfTI file says about its voxels.

    Attributes:
        path: The file.
        shape: Numbers of voxels along the file's three axes.
        spacing: Distances between voxel centres along the file's axes, in mm, from the affine.
        affine: [4, 4] matrix from voxel indices to mm (x to the right, y to the front, z to the head).
        dtype: Type of the stored numbers, byte order included.
        slope: Intensity = slope * stored number + intercept.
        intercept: See `slope`.
        data_offset: Position of the first voxel in the (decompressed) file, in bytes.
        compressed: Whether the file is gzipped.
    """

    path: Path
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    affine: Affine
    dtype: np.dtype[Any]
    slope: float
    intercept: float
    data_offset: int
    compressed: bool


def open_scan(path: Path, case: str = "") -> Any:
    """Open a scan for reading its decompressed bytes, gzipped or not, whatever its name.

    Raises:
        MissingScanError: The file does not exist or cannot be opened.
    """
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == _GZIP_MAGIC
        return igzip.open(path, "rb") if compressed else path.open("rb", buffering=1 << 20)
    except OSError as error:
        raise MissingScanError(
            "The scan cannot be opened.",
            where=location(case, path),
            found=error.strerror or str(error),
            expected="a readable NIfTI file",
            remedy="Check the path and the permissions of the file.",
        ) from error


def read_header(path: Path | str, case: str = "") -> ScanHeader:
    """Read and check the header of a NIfTI file; no voxel is read.

    Args:
        path: A `.nii` or `.nii.gz` file.
        case: Name of the case, for messages.

    Raises:
        MissingScanError: The file does not exist or cannot be opened.
        NotNiftiError: The file is something else.
        TruncatedFileError: The file ends within its header.
        CorruptFileError: The compressed header cannot be decoded.
        TwoDimensionalError: The file holds one image.
        FourDimensionalError: The file holds several volumes.
        SpacingError: A spacing is zero, negative or not a number.
        AffineError: The affine is not finite or not invertible.
        ShearedAxesError: Two axes are not at right angles.
        SpacingConflictError: The affine and pixdim give different spacings.
        UnusableHeaderError: Another field is impossible.
        LimitError: The header announces more voxels than `limits.scan_voxels`.
    """
    path = Path(path)
    where = location(case, path)
    raw, compressed = _read_raw(path, case)
    header = _identify(raw, where)
    shape = _checked_shape([int(size) for size in header["dim"]], where)
    require_voxels(shape, where)
    unit = _millimetres(header, where)
    pixdim = np.array(header["pixdim"][1:4], np.float64) * unit
    check_positive(pixdim, where)
    _check_forms([int(header["qform_code"]), int(header["sform_code"])], where)
    affine = _affine(header, where)
    affine[:3] *= unit
    spacing = checked_spacing(affine, where)
    _check_agreement(spacing, pixdim, where)
    slope, intercept = _checked_scaling(float(header["scl_slope"]), float(header["scl_inter"]), where)
    return ScanHeader(
        path=path,
        shape=shape,
        spacing=spacing,
        affine=affine,
        dtype=_checked_dtype(header, where),
        slope=slope,
        intercept=intercept,
        data_offset=_checked_offset(float(header["vox_offset"]), int(header["sizeof_hdr"]), where),
        compressed=compressed,
    )


def _read_raw(path: Path, case: str) -> tuple[bytes, bool]:
    """Return the first bytes of the decompressed file and whether it is compressed."""
    largest = max(kind.sizeof_hdr for kind in _HEADERS)
    where = location(case, path)
    with open_scan(path, case) as stream:
        compressed = isinstance(stream, igzip.IGzipFile)
        try:
            return stream.read(largest), compressed
        except EOFError as error:
            raise truncated(where, "the compressed file ends within its header") from error
        except DECOMPRESSION_ERRORS as error:
            raise corrupt(where, error) from error


def truncated(where: str, found: str) -> TruncatedFileError:
    """Return the error of a file that ends too early."""
    return TruncatedFileError(
        "The scan ends before all its voxels.",
        where=where,
        found=found,
        expected="as many voxels as the header announces",
        remedy="Copy or download the file again; compare its checksum with the source.",
    )


def corrupt(where: str, error: Exception) -> CorruptFileError:
    """Return the error of a file whose compressed bytes are damaged."""
    return CorruptFileError(
        "The compressed scan is damaged.",
        where=where,
        found=str(error),
        expected="gzip data with a correct checksum",
        remedy="Copy or download the file again; compare its checksum with the source.",
    )


def _identify(raw: bytes, where: str) -> Nifti1Header:
    """Return the header as it is stored; nibabel would repair it if it were allowed to."""
    for kind in _HEADERS:
        for order in "<>":
            if raw[:4] == np.array(kind.sizeof_hdr, order + "i4").tobytes():
                if len(raw) < kind.sizeof_hdr:
                    raise truncated(where, f"{len(raw)} of {kind.sizeof_hdr} bytes of header")
                header = kind(raw[: kind.sizeof_hdr], endianness=order, check=False)
                if bytes(header["magic"])[:3] in _SINGLE_FILE:
                    return header
    raise NotNiftiError(
        "The file is not a single-file NIfTI image.",
        where=where,
        found=f"it starts with the bytes {raw[:8].hex(' ') or '(none)'}",
        expected="a NIfTI-1 or NIfTI-2 header (.nii or .nii.gz)",
        remedy="Convert the scan to NIfTI, for instance with dcm2niix or SimpleITK.",
    )


def _checked_shape(dim: Sequence[int], where: str) -> tuple[int, int, int]:
    number = dim[0]
    if number not in range(1, 8) or any(size < 1 for size in dim[1 : number + 1]):
        raise UnusableHeaderError(
            "The header gives no usable shape.",
            where=where,
            found=f"dim = {list(dim)}",
            expected="3 dimensions of at least one voxel each",
            remedy="Write the scan again from its source.",
        )
    shape = dim[1 : number + 1]
    if number < 3:
        raise TwoDimensionalError(
            "The scan is not a volume.",
            where=where,
            found=f"{number} dimensions, {' x '.join(map(str, shape))} voxels",
            expected="3 dimensions",
            remedy="Stack the slices of the scan into one volume.",
        )
    if any(size > 1 for size in shape[3:]):
        raise FourDimensionalError(
            "The scan has more than three dimensions.",
            where=where,
            found=f"{number} dimensions, {' x '.join(map(str, shape))} voxels",
            expected="3 dimensions, or further ones of length 1",
            remedy="Extract the one volume that the mask belongs to and save it as a 3D file.",
        )
    x, y, z = shape[:3]
    return x, y, z


def _millimetres(header: Nifti1Header, where: str) -> float:
    """Return the length of the header's unit in mm."""
    code = int(header["xyzt_units"]) & 7
    if code not in _MILLIMETRES:
        raise UnusableHeaderError(
            "The header's unit of length is unknown.",
            where=where,
            found=f"xyzt_units = {int(header['xyzt_units'])}",
            expected="metres, millimetres or microns",
            remedy="Write the scan again from its source.",
        )
    return _MILLIMETRES[code]


def _check_forms(codes: Sequence[int], where: str) -> None:
    """Refuse codes that the standard does not define: some readers take them for a form, others for none."""
    if not all(code in range(6) for code in codes):
        raise UnusableHeaderError(
            "The header does not say which space the scan is in.",
            where=where,
            found=f"qform_code, sform_code = {list(codes)}",
            expected="codes from 0 to 5",
            remedy="Write the scan again from its source.",
        )


def _affine(header: Nifti1Header, where: str) -> Affine:
    """Return the affine by the standard's order of precedence: sform, then qform, then the spacing alone."""
    if header["sform_code"] > 0:
        return np.array(header.get_sform(), np.float64)
    if header["qform_code"] <= 0:
        return np.array(header.get_base_affine(), np.float64)
    # By the standard only the sign counts, and many writers leave zero there.
    header["pixdim"][0] = -1 if header["pixdim"][0] < 0 else 1
    try:
        return np.array(header.get_qform(), np.float64)
    except (HeaderDataError, ValueError) as error:
        raise AffineError(
            "The scan has an unusable affine.",
            where=where,
            found=str(error),
            expected="the quaternion of a rotation",
            remedy="Write the scan again with the orientation of its DICOM series.",
        ) from error


def _check_agreement(spacing: tuple[float, float, float], pixdim: npt.NDArray[np.float64], where: str) -> None:
    if np.abs(np.array(spacing) / pixdim - 1).max() > _CONFLICT:
        raise SpacingConflictError(
            "The header contradicts itself about the voxel spacing.",
            where=where,
            found=f"the affine says {sizes(spacing)} mm, pixdim {sizes(pixdim)} mm",
            expected="one spacing",
            remedy="Find out which is right, for instance from the DICOM series, and write the scan again with it in both.",
        )


def _checked_scaling(slope: float, intercept: float, where: str) -> tuple[float, float]:
    # The standard: a slope of zero (and, in practice, NaN) means that the stored numbers are the values.
    if slope == 0 or math.isnan(slope):
        return 1.0, 0.0
    if not math.isfinite(slope) or not math.isfinite(intercept):
        raise UnusableHeaderError(
            "The header gives no usable intensity scale.",
            where=where,
            found=f"scl_slope = {slope}, scl_inter = {intercept}",
            expected="finite numbers",
            remedy="Write the scan again from its source.",
        )
    return slope, intercept


def _checked_dtype(header: Nifti1Header, where: str) -> np.dtype[Any]:
    code = int(header["datatype"])
    dtype: np.dtype[Any]
    try:
        dtype = np.dtype(header.get_data_dtype())
    except (HeaderDataError, KeyError):
        dtype = np.dtype(object)
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise UnusableHeaderError(
            "The scan's data type is not an intensity.",
            where=where,
            found=f"NIfTI data type code {code}",
            expected="integers or real numbers of 8 to 64 bits",
            remedy="Save the scan as 16-bit integers (HU).",
        )
    return dtype


def _checked_offset(offset: float, header_size: int, where: str) -> int:
    # After the header and the four bytes that say what follows it. Readers disagree on what less than that means.
    first = header_size + 4
    if not math.isfinite(offset) or offset < first or offset != int(offset):
        raise UnusableHeaderError(
            "The header gives no usable position of the voxels.",
            where=where,
            found=f"vox_offset = {offset}",
            expected=f"a whole number of bytes, at least {first}",
            remedy="Write the scan again from its source.",
        )
    return int(offset)
