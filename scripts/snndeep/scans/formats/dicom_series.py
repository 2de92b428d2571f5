"""A folder of DICOM slices as one volume, or the reason why it cannot be one.

Position and orientation of every slice decide (Image Position and Image Orientation, Patient), not names or instance
numbers. Features of a volume whose slices were put in a wrong place are worse than none, so nothing is repaired: tilted
stacks, gaps and uneven steps are refused. The grid is i = row direction, j = column direction, k = normal.

    HU = slope * stored + intercept        of every slice its own (Rescale Slope and Intercept, or Modality LUT)

The photometric interpretation says how a viewer shows the stored numbers and is not applied: MONOCHROME1 inverts the
picture, not the HU. Source: DICOM PS3.3, C.7.6.2 (Image Plane Module), C.11.1 (Modality LUT Module).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import SimpleITK as sitk
from pydicom.pixels.processing import apply_modality_lut

from snndeep.scans.formats.base import LPS_TO_RAS, Format, MaskRequest, Volume, Voxels, compact
from snndeep.scans.formats.dicom_files import DicomFile, read_dataset, unreadable
from snndeep.scans.source import Source
from snndeep.volume.errors import (
    GantryTiltError,
    MissingSlicesError,
    MixedSeriesError,
    NotACTError,
    NotASeriesError,
    SliceSpacingError,
)
from snndeep.volume.geometry import RESAMPLING

Vector = npt.NDArray[np.float64]

_PLACE_TOLERANCE = 0.1
"""How far a slice may be from its even place, in steps, where that is more than the tolerance in mm."""

_SHEAR_TOLERANCE = 0.25
"""How far a slice may be shifted sideways against the first, in pixels."""

_EQUAL = 1e-4


@dataclass(frozen=True)
class Slice:
    """What the header of one slice says.

    Attributes:
        file: The file.
        size: Columns and rows.
        position: Centre of the first pixel, in mm [3].
        axes: Directions of rows and columns [2, 3].
        spacing: Distances between columns and between rows, in mm [2].
    """

    file: Path
    size: tuple[int, int]
    position: Vector
    axes: Vector
    spacing: Vector

    @property
    def normal(self) -> Vector:
        """The direction in which slices are stacked [3]."""
        return np.cross(self.axes[0], self.axes[1])


@dataclass(frozen=True)
class Stack:
    """The slices of one series in the order of their normal, and the distance between two, in mm."""

    slices: tuple[Slice, ...]
    step: float

    @property
    def affine(self) -> Vector:
        """[4, 4] matrix from indices to mm (x to the right, y to the front, z to the head)."""
        first = self.slices[0]
        affine = np.eye(4)
        affine[:3, 0], affine[:3, 1] = first.axes[0] * first.spacing[0], first.axes[1] * first.spacing[1]
        affine[:3, 2], affine[:3, 3] = first.normal * self.step, first.position
        return LPS_TO_RAS @ affine


def read_stack(source: Source, modality: str = "") -> Stack:
    """Return the slices of the one series of a folder, or of the one that the source names.

    Args:
        source: The folder.
        modality: That the series must have; empty for any.

    Raises:
        ScanError: `NotACTError`, `NotASeriesError`, `MixedSeriesError`, `GantryTiltError`, `SliceSpacingError` or
            `MissingSlicesError`.
    """
    slices = [_slice(file) for file in choose_series(source, modality)]
    _check_alike(source, slices)
    normal = slices[0].normal
    slices.sort(key=lambda s: float(s.position @ normal))
    return Stack(tuple(slices), _step(source, slices))


def choose_series(source: Source, modality: str = "") -> list[DicomFile]:
    """Return the images of the one series of a source, or of the one that the source names.

    Raises:
        NotACTError: If there are images, but of another modality.
        NotASeriesError: If there are too few.
        MixedSeriesError: If there are several series and the source names none, or one that is not there.
    """
    images = [file for file in source.dicom if file.is_image]
    wanted = [file for file in images if not modality or file.modality == modality]
    if images and not wanted:
        raise NotACTError(
            "The DICOM images are not CT.",
            where=source.where,
            found=f"modality {', '.join(sorted({file.modality or 'not given' for file in images}))}",
            expected=modality,
            remedy="Intensities of other modalities are not HU, and features would be wrong: name the CT series.",
        )
    series: dict[str, list[DicomFile]] = {}
    for file in wanted:
        series.setdefault(file.text("SeriesInstanceUID"), []).append(file)
    chosen = [files for files in series.values() if not source.series or is_named(files[0], source.series)]
    if (len(series) > 1 and len(chosen) != 1) or (source.series and len(chosen) != 1):
        raise MixedSeriesError(
            "The folder holds several series." if not source.series else "The folder has no such series, or several.",
            where=source.where,
            found="; ".join(_described(files) for files in series.values()),
            expected=f"one series, or one that is called {source.series!r}" if source.series else "one series",
            remedy="Name one in the column series of the table, by its number, description or UID, or give each series "
            "a folder of its own.",
        )
    files = chosen[0] if chosen else []
    if len(files) < 2 and not any(file.frames > 1 for file in files):
        raise NotASeriesError(
            "The folder holds no series of slices.",
            where=source.where,
            found=f"{len(files)} DICOM files with an image of the patient directly in it",
            expected="one file for each slice of one series",
            remedy="Name the folder that holds the slices.",
        )
    return files


def is_named(file: DicomFile, name: str) -> bool:
    """Return whether a file is of the series of a number, description or UID."""
    names = [file.text(keyword) for keyword in ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription")]
    return name.strip().casefold() in [own.casefold() for own in names if own]


def _described(files: Sequence[DicomFile]) -> str:
    first = files[0]
    number, words = first.text("SeriesNumber") or "without number", first.text("SeriesDescription")
    return f"series {number}{f' {words!r}' if words else ''}, {len(files)} files, UID {first.text('SeriesInstanceUID')}"


def _slice(file: DicomFile) -> Slice:
    def numbers(keyword: str, tag: str, count: int) -> Vector:
        values = np.array(file.numbers(keyword))
        if values.size != count or not np.isfinite(values).all():
            raise NotASeriesError(
                "A DICOM file does not say where in space its slice lies.",
                where=f"file {file.path}",
                found=f"{keyword} {tag} = {file.text(keyword)!r}",
                expected=f"{count} numbers",
                remedy="Export the original series of the scanner, or convert it to NIfTI yourself.",
            )
        return values

    if file.frames != 1 or (file.numbers("SamplesPerPixel") or [1.0])[0] != 1:
        raise NotASeriesError(
            "A DICOM file is not a single slice of intensities.",
            where=f"file {file.path}",
            found=f"{file.frames} frames of {file.text('SamplesPerPixel') or 1} values a pixel",
            expected="one frame of one value a pixel in every file",
            remedy="Give each series a folder of its own.",
        )
    return Slice(
        file=file.path,
        size=(int(file.numbers("Columns")[0]), int(file.numbers("Rows")[0])),
        position=numbers("ImagePositionPatient", "(0020,0032)", 3),
        axes=numbers("ImageOrientationPatient", "(0020,0037)", 6).reshape(2, 3),
        spacing=numbers("PixelSpacing", "(0028,0030)", 2)[::-1],
    )


def _check_alike(source: Source, slices: Sequence[Slice]) -> None:
    first = slices[0]
    for other in slices[1:]:
        differences = {
            "numbers of columns and rows": other.size != first.size,
            "pixel spacings": not np.allclose(other.spacing, first.spacing, rtol=0, atol=_EQUAL),
            "orientations": not np.allclose(other.axes, first.axes, rtol=0, atol=_EQUAL),
        }
        different = [name for name, differs in differences.items() if differs]
        if different:
            raise MixedSeriesError(
                "The slices of a series do not belong together.",
                where=source.where,
                found=f"{first.file.name} and {other.file.name} have different {', '.join(different)}",
                expected="slices of one size, spacing and orientation",
                remedy="Give each reconstruction a folder of its own, without scouts and reports.",
            )


def _step(source: Source, slices: Sequence[Slice]) -> float:
    """Return the distance between slices, in mm; they are sorted along the normal."""
    first = slices[0]
    offsets = np.array([s.position - first.position for s in slices])
    along = offsets @ first.normal
    gaps = np.diff(along)
    step = float(np.median(gaps))
    if step <= 0 or gaps.min() <= _PLACE_TOLERANCE * step:
        k = int(gaps.argmin())
        raise MixedSeriesError(
            "Two slices of a series lie at one place.",
            where=source.where,
            found=f"{slices[k].file.name} and {slices[k + 1].file.name}, {gaps[k]:.3g} mm apart",
            expected="one slice at each place",
            remedy="Give each phase or reconstruction a folder of its own.",
        )
    sideways = np.linalg.norm(offsets - np.outer(along, first.normal), axis=1)
    if sideways.max() > _SHEAR_TOLERANCE * first.spacing.min():
        angle = np.degrees(np.arctan2(sideways[-1], along[-1]))
        raise GantryTiltError(
            "The slices of a series are sheared: the gantry was tilted.",
            where=source.where,
            found=f"{angle:.1f} degrees between the stack and the normal of its slices",
            expected="slices stacked along their normal",
            remedy=RESAMPLING,
        )
    # The places are rounded, often to 0.1 mm, so the step is that of the whole stack.
    tolerance = max(_PLACE_TOLERANCE * step, source.slice_tolerance)
    _check_even(source, slices, gaps, step, tolerance)
    mean = float(along[-1] / gaps.size)
    drift = np.abs(along - mean * np.arange(along.size)).max()
    if drift > tolerance:
        raise _uneven(source, f"a slice {drift:.3g} mm from its even place", tolerance)
    return mean


def _check_even(source: Source, slices: Sequence[Slice], gaps: Vector, step: float, tolerance: float) -> None:
    """Check the gaps between neighbours."""
    # Both ends of a gap are rounded: that is one tolerance, and as much again for the median.
    if np.abs(gaps - step).max() <= tolerance + _EQUAL:
        return
    k = int(np.abs(gaps - step).argmax())
    files = f"{slices[k].file.name} and {slices[k + 1].file.name}"
    found = f"{gaps[k]:.3g} mm between {files}, {step:.3g} mm elsewhere"
    whole = np.rint(gaps / step)
    if (np.abs(gaps - whole * step) > tolerance + _EQUAL).any():
        raise _uneven(source, found, tolerance)
    raise MissingSlicesError(
        "A series lacks slices.",
        where=source.where,
        found=f"{int((whole - 1).sum())} missing: {found}",
        expected="no gaps",
        remedy="Export the whole series again.",
    )


def _uneven(source: Source, found: str, tolerance: float) -> SliceSpacingError:
    return SliceSpacingError(
        "The slices of a series are unevenly spaced.",
        where=source.where,
        found=found,
        expected=f"one distance between all neighbours, within {tolerance:.3g} mm",
        remedy="Give a reconstruction with even steps, or resample it and give the NIfTI file. Where positions are only "
        "rounded, raise dataset.dicom.slice_tolerance.",
    )


def slice_values(file: Path) -> Voxels:
    """Return the values [rows, columns] of one slice, in HU where it is a CT.

    Raises:
        ConversionError: If its pixels cannot be decoded.
    """
    dataset = read_dataset(file)
    try:
        stored = dataset.pixel_array
    except (RuntimeError, ValueError, AttributeError, NotImplementedError, KeyError, EOFError) as error:
        return _decoded_by_itk(file, dataset, error)
    try:
        return compact(np.asarray(apply_modality_lut(stored, dataset)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise unreadable(f"file {file}", error) from error


def _decoded_by_itk(file: Path, dataset: pydicom.Dataset, cause: Exception) -> Voxels:
    """Return the values of a slice whose compression pydicom does not know; ITK applies slope and intercept itself."""
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1" or "ModalityLUTSequence" in dataset:
        # ITK inverts MONOCHROME1 and passes over look-up tables.
        raise unreadable(f"file {file}", cause) from cause
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(file))
    try:
        values: Voxels = sitk.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        raise unreadable(f"file {file}", error) from error
    return compact(values.reshape(values.shape[-2:]))


def _read(source: Source, modality: str) -> Volume:
    stack = read_stack(source, modality)
    voxels = np.stack([slice_values(own.file) for own in stack.slices])
    return Volume(voxels, stack.affine)


def read_image(source: Source) -> Volume:
    """Read a CT series."""
    return _read(source, "CT")


def read_mask(source: Source, request: MaskRequest) -> Volume:
    """Read a series of labels, of any modality."""
    return _read(source, "")


FORMAT = Format(lambda source: bool(source.dicom), read_image, read_mask)
