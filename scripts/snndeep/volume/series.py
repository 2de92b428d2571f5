"""A folder of DICOM slices as one volume, or the reason why it is none.

Position and orientation of every slice decide (Image Position and Image Orientation, Patient), not names or instance
numbers. Features of a volume whose slices were put in a wrong place are worse than none, so nothing is mended: tilted
stacks, gaps, uneven steps and mixtures are refused. The grid is x = row direction, y = column direction, z = normal.
Source: DICOM PS3.3, C.7.6.2 (Image Plane Module).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from snndeep.volume.errors import (
    ConversionError,
    GantryTiltError,
    MissingSlicesError,
    MixedSeriesError,
    NotASeriesError,
    SliceSpacingError,
)

_PLACE_TOLERANCE = 0.1
"""How far a slice may be from its even place, in steps: positions are often rounded to 0.1 mm."""

_SHEAR_TOLERANCE = 0.25
"""How far a slice may be shifted sideways against the first, in pixels."""

_EQUAL = {"rtol": 0, "atol": 1e-4}
_NO_IMAGES = "RTSTRUCT, SEG and multi-frame objects are not read: convert them to NIfTI first."


@dataclass(frozen=True)
class Slice:
    """What the header of one slice says.

    Attributes:
        file: The file.
        series: Series Instance UID.
        size: Columns and rows.
        position: Centre of the first pixel, in mm [3].
        axes: Directions of rows and columns [2, 3].
        spacing: Distances between columns and between rows, in mm [2].
        scale: Rescale slope and intercept [2].
    """

    file: Path
    series: str
    size: tuple[int, int]
    position: np.ndarray
    axes: np.ndarray
    spacing: np.ndarray
    scale: np.ndarray

    @property
    def normal(self) -> np.ndarray:
        """The direction in which slices are stacked [3]."""
        return np.cross(*self.axes)


def read_series(folder: Path) -> sitk.Image:
    """Return the volume of a folder that holds one DICOM series.

    Raises:
        ScanError: `NotASeriesError`, `MixedSeriesError`, `GantryTiltError`, `SliceSpacingError`, `MissingSlicesError` or
            `ConversionError`.
    """
    slices = [_read_slice(file) for file in _dicom_files(folder)]
    if len(slices) < 2:
        raise NotASeriesError(
            "The folder holds no series of slices.",
            where=f"folder {folder}",
            found=f"{len(slices)} DICOM files directly in it",
            expected="one file for each slice of one series",
            remedy=f"Name the folder that holds the slices. {_NO_IMAGES}",
        )
    _check_one_series(folder, slices)
    first = slices[0]
    slices.sort(key=lambda s: float(s.position @ first.normal))
    step = _step(folder, slices)
    reader = sitk.ImageSeriesReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileNames([str(s.file) for s in slices])
    try:
        volume = reader.Execute()
    except RuntimeError as error:
        raise _unreadable(folder, error) from error
    volume.SetOrigin(slices[0].position.tolist())
    volume.SetSpacing([*first.spacing.tolist(), step])
    volume.SetDirection(np.column_stack([*first.axes, first.normal]).ravel().tolist())
    return volume


def _dicom_files(folder: Path) -> list[Path]:
    """Return the files with DICOM's mark, or at least its suffix, in the order of their names."""
    found = []
    for file in sorted(folder.iterdir()):
        if file.is_file() and not file.name.startswith(".") and file.name != "DICOMDIR":
            with file.open("rb") as content:
                marked = content.read(132)[128:] == b"DICM"
            if marked or file.suffix.lower() in (".dcm", ".ima"):
                found.append(file)
    return found


def _read_slice(file: Path) -> Slice:
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(file))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise _unreadable(file, error) from error
    depth = reader.GetSize()[2] if reader.GetDimension() == 3 else 1
    if depth != 1 or reader.GetNumberOfComponents() != 1:
        raise NotASeriesError(
            "A DICOM file is no single slice of intensities.",
            where=f"file {file}",
            found=f"{depth} frames of {reader.GetNumberOfComponents()} values a pixel",
            expected="one frame of one value a pixel",
            remedy=_NO_IMAGES,
        )

    def numbers(tag: str, count: int, default: str = "") -> np.ndarray:
        text = reader.GetMetaData(tag) if reader.HasMetaDataKey(tag) else default
        try:
            values = np.array([float(part) for part in text.split("\\")])
        except ValueError:
            values = np.array([])
        if values.size != count or not np.isfinite(values).all():
            raise NotASeriesError(
                "A DICOM file does not say where in space its slice lies.",
                where=f"file {file}",
                found=f"({tag.replace('|', ',')}) = {text.strip()!r}",
                expected=f"{count} numbers",
                remedy="Export the original series of the scanner, or convert it to NIfTI yourself.",
            )
        return values

    return Slice(
        file=file,
        series=reader.GetMetaData("0020|000e").strip("\0 ") if reader.HasMetaDataKey("0020|000e") else "",
        size=reader.GetSize()[:2],
        position=numbers("0020|0032", 3),
        axes=numbers("0020|0037", 6).reshape(2, 3),
        spacing=numbers("0028|0030", 2)[::-1],
        scale=np.array([numbers("0028|1053", 1, "1")[0], numbers("0028|1052", 1, "0")[0]]),
    )


def _unreadable(path: Path, error: RuntimeError) -> ConversionError:
    return ConversionError(
        "A DICOM file cannot be read as an image.",
        where=f"file {path}" if path.is_file() else f"folder {path}",
        found=str(error).strip().splitlines()[-1].strip(),
        expected="undamaged slices with pixels",
        remedy=f"Export it again. {_NO_IMAGES}",
    )


def _check_one_series(folder: Path, slices: list[Slice]) -> None:
    first = slices[0]
    for other in slices[1:]:
        differences = {
            "series": other.series != first.series,
            "numbers of columns and rows": other.size != first.size,
            "pixel spacings": not np.allclose(other.spacing, first.spacing, **_EQUAL),
            "orientations": not np.allclose(other.axes, first.axes, **_EQUAL),
            "intensity scales": not np.allclose(other.scale, first.scale, **_EQUAL),
        }
        different = [name for name, differs in differences.items() if differs]
        if different:
            raise MixedSeriesError(
                "The folder mixes several series.",
                where=f"folder {folder}",
                found=f"{first.file.name} and {other.file.name} have different {', '.join(different)}",
                expected="the slices of one series and nothing else",
                remedy="Give each series a folder of its own, without scouts and reports.",
            )


def _step(folder: Path, slices: list[Slice]) -> float:
    """Return the distance between slices, in mm; they are sorted along the normal."""
    first = slices[0]
    offsets = np.array([s.position - first.position for s in slices])
    along = offsets @ first.normal
    gaps = np.diff(along)
    step = float(np.median(gaps))
    if gaps.min() <= _PLACE_TOLERANCE * step or step <= 0:
        k = int(gaps.argmin())
        raise MixedSeriesError(
            "Two slices of a series lie at one place.",
            where=f"folder {folder}",
            found=f"{slices[k].file.name} and {slices[k + 1].file.name}, {gaps[k]:.3g} mm apart",
            expected="one slice at each place",
            remedy="Give each phase or reconstruction a folder of its own.",
        )
    sideways = np.linalg.norm(offsets - np.outer(along, first.normal), axis=1)
    if sideways.max() > _SHEAR_TOLERANCE * first.spacing.min():
        angle = np.degrees(np.arctan2(sideways[-1], along[-1]))
        raise GantryTiltError(
            "The slices of a series are sheared: the gantry was tilted.",
            where=f"folder {folder}",
            found=f"{angle:.1f} degrees between the stack and the normal of its slices",
            expected="slices stacked along their normal",
            remedy="Resample the series to a rectangular grid and give the NIfTI file.",
        )
    _check_even(folder, slices, gaps / step, step)
    mean = float(along[-1] / gaps.size)
    drift = np.abs(along - mean * np.arange(along.size)).max()
    if drift > _PLACE_TOLERANCE * mean:
        raise _uneven(folder, f"a slice {drift:.3g} mm from its even place")
    return mean


def _check_even(folder: Path, slices: list[Slice], steps: np.ndarray, step: float) -> None:
    """Check the gaps between neighbours, in units of their median."""
    if np.abs(steps - 1).max() <= _PLACE_TOLERANCE:
        return
    k = int(np.abs(steps - 1).argmax())
    files = f"{slices[k].file.name} and {slices[k + 1].file.name}"
    found = f"{steps[k] * step:.3g} mm between {files}, {step:.3g} mm elsewhere"
    whole = np.rint(steps)
    if (np.abs(steps - whole) > _PLACE_TOLERANCE).any():
        raise _uneven(folder, found)
    raise MissingSlicesError(
        "A series lacks slices.",
        where=f"folder {folder}",
        found=f"{int((whole - 1).sum())} missing: {found}",
        expected="no gaps",
        remedy="Export the whole series again.",
    )


def _uneven(folder: Path, found: str) -> SliceSpacingError:
    return SliceSpacingError(
        "The slices of a series are unevenly spaced.",
        where=f"folder {folder}",
        found=found,
        expected="one distance between all neighbours",
        remedy="Give a reconstruction with even steps, or resample it and give the NIfTI file.",
    )
