"""NIfTI headers, read without repairing them.

General readers mend what they can: a zero spacing becomes 1 mm, a missing field a default. Features of a scan whose
header was guessed are worse than none, so this reader takes the fields as they are and names what is wrong.
Source: NIfTI-1.1 and NIfTI-2 headers, https://nifti.nimh.nih.gov.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from isal import igzip, isal_zlib

from snndeep.volume.errors import (
    AffineError,
    CorruptFileError,
    FourDimensionalError,
    MissingScanError,
    NotNiftiError,
    SpacingError,
    TruncatedFileError,
    TwoDimensionalError,
    UnusableHeaderError,
    location,
)

DECOMPRESSION_ERRORS = (isal_zlib.error, zlib.error, igzip.BadGzipFile)

# NIfTI data type codes of single numbers; complex, RGB and long double are no intensities.
_DATA_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class _Layout:
    """Where the fields of one NIfTI version stand: (offset, struct format) each."""

    size: int
    magic: tuple[int, str]
    magic_word: bytes
    dim: tuple[int, str]
    datatype: tuple[int, str]
    pixdim: tuple[int, str]
    vox_offset: tuple[int, str]
    scaling: tuple[int, str]
    form_codes: tuple[int, str]
    quaternion: tuple[int, str]
    srow: tuple[int, str]


_LAYOUTS = (
    _Layout(348, (344, "4s"), b"n+1\0", (40, "8h"), (70, "h"), (76, "8f"), (108, "f"), (112, "2f"), (252, "2h"),
            (256, "6f"), (280, "12f")),
    _Layout(540, (4, "4s"), b"n+2\0", (16, "8q"), (12, "h"), (104, "8d"), (168, "q"), (176, "2d"), (344, "2i"),
            (352, "6d"), (400, "12d")),
)  # fmt: skip


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
    affine: np.ndarray
    dtype: np.dtype
    slope: float
    intercept: float
    data_offset: int
    compressed: bool


def open_scan(path: Path, case: str = "") -> BinaryIO:
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
        UnusableHeaderError: Another field is impossible.
    """
    path = Path(path)
    where = location(case, path)
    raw, compressed = _read_raw(path, case)
    layout, order = _identify(raw, where)

    def field(position: tuple[int, str]) -> tuple:
        return struct.unpack_from(order + position[1], raw, position[0])

    shape = _checked_shape(field(layout.dim), where)
    pixdim = field(layout.pixdim)
    _check_spacing(pixdim[1:4], where)
    forms = field(layout.form_codes)
    _check_forms(forms, where)
    affine = _affine(shape, pixdim, forms, field(layout.quaternion), field(layout.srow))
    spacing = _checked_affine_spacing(affine, where)
    slope, intercept = _checked_scaling(*field(layout.scaling), where)
    return ScanHeader(
        path=path,
        shape=shape,
        spacing=spacing,
        affine=affine,
        dtype=_checked_dtype(field(layout.datatype)[0], order, where),
        slope=slope,
        intercept=intercept,
        data_offset=_checked_offset(field(layout.vox_offset)[0], layout.size, where),
        compressed=compressed,
    )


def _read_raw(path: Path, case: str) -> tuple[bytes, bool]:
    """Return the first bytes of the decompressed file and whether it is compressed."""
    largest = max(layout.size for layout in _LAYOUTS)
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


def _identify(raw: bytes, where: str) -> tuple[_Layout, str]:
    for layout in _LAYOUTS:
        for order in "<>":
            if len(raw) >= 4 and struct.unpack_from(order + "i", raw)[0] == layout.size:
                if len(raw) < layout.size:
                    raise truncated(where, f"{len(raw)} of {layout.size} bytes of header")
                position, form = layout.magic
                if struct.unpack_from(form, raw, position)[0] == layout.magic_word:
                    return layout, order
    raise NotNiftiError(
        "The file is not a single-file NIfTI image.",
        where=where,
        found=f"it starts with the bytes {raw[:8].hex(' ') or '(none)'}",
        expected="a NIfTI-1 or NIfTI-2 header (.nii or .nii.gz)",
        remedy="Convert the scan to NIfTI, for instance with dcm2niix or SimpleITK.",
    )


def _checked_shape(dim: tuple[int, ...], where: str) -> tuple[int, int, int]:
    number = dim[0]
    if number not in (1, 2, 3, 4, 5, 6, 7) or any(size < 1 for size in dim[1 : number + 1]):
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
    if number > 3:
        raise FourDimensionalError(
            "The scan has more than three dimensions.",
            where=where,
            found=f"{number} dimensions, {' x '.join(map(str, shape))} voxels",
            expected="3 dimensions",
            remedy="Extract the one volume that the mask belongs to and save it as a 3D file.",
        )
    return shape


def _check_spacing(spacing: tuple[float, ...], where: str) -> None:
    if not all(math.isfinite(value) and value > 0 for value in spacing):
        raise SpacingError(
            "The scan has an impossible voxel spacing.",
            where=where,
            found=" x ".join(f"{value:g}" for value in spacing) + " mm",
            expected="three positive numbers",
            remedy="Write the scan again with the spacing of its DICOM series.",
        )


def _check_forms(codes: tuple[int, ...], where: str) -> None:
    """Refuse codes that the standard does not know: some readers take them for a form, others for none."""
    if not all(code in range(6) for code in codes):
        raise UnusableHeaderError(
            "The header does not say which space the scan is in.",
            where=where,
            found=f"qform_code, sform_code = {list(codes)}",
            expected="codes from 0 to 5",
            remedy="Write the scan again from its source.",
        )


def _affine(
    shape: tuple[int, int, int],
    pixdim: tuple[float, ...],
    forms: tuple[int, int],
    quaternion: tuple[float, ...],
    srow: tuple[float, ...],
) -> np.ndarray:
    """Return the affine by the standard's order of precedence: sform, then qform, then the spacing alone."""
    affine = np.eye(4)
    qform_code, sform_code = forms
    if sform_code > 0:
        affine[:3] = np.reshape(srow, (3, 4))
    elif qform_code > 0:
        b, c, d = quaternion[:3]
        a = math.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
        rotation = np.array(
            [
                [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
            ]
        )
        handedness = -1.0 if pixdim[0] < 0 else 1.0
        affine[:3, :3] = rotation * (np.array(pixdim[1:4]) * [1.0, 1.0, handedness])
        affine[:3, 3] = quaternion[3:]
    else:
        # Neither form is set: radiological storage, the first axis runs to the patient's left, as in ANALYZE 7.5.
        scale = np.array(pixdim[1:4]) * [-1.0, 1.0, 1.0]
        affine[:3, :3] = np.diag(scale)
        affine[:3, 3] = -scale * (np.array(shape) - 1) / 2
    return affine


def _checked_affine_spacing(affine: np.ndarray, where: str) -> tuple[float, float, float]:
    """Return the lengths of the affine's columns, in mm, free of the noise of single precision."""
    if not np.isfinite(affine).all():
        raise _affine_error(affine, where)
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    _check_spacing(tuple(lengths), where)
    if abs(np.linalg.det(affine[:3, :3] / lengths)) < 1e-3:
        raise _affine_error(affine, where)
    # Headers store single precision: 0.97656202 and 0.976562 are one spacing. Five decimals are 10 nm.
    spacing = tuple(float(round(length, 5)) for length in lengths)
    _check_spacing(spacing, where)
    return spacing


def _affine_error(affine: np.ndarray, where: str) -> AffineError:
    return AffineError(
        "The scan has an unusable affine.",
        where=where,
        found=np.array2string(affine[:3], precision=4, separator=", ").replace("\n", ""),
        expected="finite numbers and three axes that span space",
        remedy="Write the scan again with the orientation of its DICOM series.",
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


def _checked_dtype(code: int, order: str, where: str) -> np.dtype:
    if code not in _DATA_TYPES:
        raise UnusableHeaderError(
            "The scan's data type is no intensity.",
            where=where,
            found=f"NIfTI data type code {code}",
            expected="integers or real numbers of 8 to 64 bits",
            remedy="Save the scan as 16-bit integers (HU).",
        )
    return np.dtype(order + _DATA_TYPES[code])


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
