"""Voxels as a stream: one plane of the file at a time, so that memory holds what the organ spans and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from snndeep.labels import LESION, MaskLabels
from snndeep.volume.errors import (
    EmptyOrganError,
    NonFiniteIntensityError,
    NonIntegerLabelError,
    UnknownLabelError,
    location,
)
from snndeep.volume.header import DECOMPRESSION_ERRORS, ScanHeader, corrupt, open_scan, truncated

FileBox = tuple[slice, slice, slice]
Labels = npt.NDArray[np.uint8]
Intensities = npt.NDArray[np.float32]

_ROUNDING = 1e-4
"""How far a label may be from a whole number by rounding alone."""

_FINEST_SLOPE = 0.01
"""Up to this slope a label may be one step of the stored numbers away from a whole number; a half is never a label."""


_STRANGE = 255
"""Stands for a number without a meaning among regions."""


@dataclass(frozen=True)
class ReadIntensities:
    """The intensities within a box, and what the whole scan spans.

    Attributes:
        values: [axis 2, axis 1, axis 0] of the file, HU; NaN where the file has it.
        lowest: Lowest HU of the whole scan.
        highest: Highest HU of the whole scan.
    """

    values: Intensities
    lowest: float
    highest: float


def planes(header: ScanHeader, case: str) -> Iterator[npt.NDArray[Any]]:
    """Yield the planes of a file along its last axis, as stored, [axis 1, axis 0] each.

    The array is a view of one buffer and is overwritten by the next plane. The stream is read to its end, since only
    then the checksum of the compressed data has been compared.

    Raises:
        TruncatedFileError: The file ends too early.
        CorruptFileError: The compressed bytes are damaged.
    """
    where = location(case, header.path)
    n0, n1, n2 = header.shape
    plane = np.empty((n1, n0), header.dtype)
    memory = plane.view(np.uint8).reshape(-1).data
    with open_scan(header.path, case) as stream:
        try:
            _skip(stream, header.data_offset)
            for index in range(n2):
                if _read_into(stream, memory) < len(memory):
                    raise truncated(where, f"{index} complete planes of {n2}")
                yield plane
            while header.compressed and stream.read(1 << 20):
                pass
        except EOFError as error:
            raise truncated(where, "the compressed stream has no end") from error
        except DECOMPRESSION_ERRORS as error:
            raise corrupt(where, error) from error


def _skip(stream: Any, number: int) -> None:
    while number > 0 and (skipped := len(stream.read(min(number, 1 << 20)))):
        number -= skipped


def _read_into(stream: Any, memory: memoryview) -> int:
    done = 0
    while done < len(memory) and (count := stream.readinto(memory[done:])):
        done += count
    return done


def read_labels(header: ScanHeader, labels: MaskLabels, case: str) -> tuple[Labels, FileBox]:
    """Read a mask and return the box that organ and lesion span.

    Args:
        header: Header of the mask.
        labels: The meaning of its numbers.
        case: Name of the case, for messages.

    Returns:
        Regions (0, `ORGAN`, `LESION`), [axis 2, axis 1, axis 0] of the file, and the box they were cut from, as slices
        along the file's axes 0, 1, 2.

    Raises:
        NonIntegerLabelError: A value is not an integer.
        UnknownLabelError: A number has no meaning.
        EmptyOrganError: No voxel is organ or lesion.
    """
    where = location(case, header.path)
    found = []
    for index, stored in enumerate(planes(header, case)):
        # The maximum of a plane is several times cheaper than a search; all-zero planes are most of a scan.
        if header.intercept == 0 and stored.max() == 0 and stored.min() == 0:
            continue
        regions = _as_regions(stored, header, labels, where)
        rows, columns = np.flatnonzero(regions.any(1)), np.flatnonzero(regions.any(0))
        if rows.size:
            part = regions[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            found.append((index, int(rows[0]), int(columns[0]), part.copy()))
    if not found:
        wanted = [number for number, region in labels.region_by_number().items() if region]
        raise EmptyOrganError(
            "The mask is empty.",
            where=where,
            found="no voxel of organ or lesion",
            expected=f"voxels labelled {', '.join(map(str, sorted(wanted)))}",
            remedy="Segment the organ, correct dataset.labels, or remove the case from the data set.",
        )
    return _assemble(found)


def _as_regions(stored: npt.NDArray[Any], header: ScanHeader, labels: MaskLabels, where: str) -> Labels:
    """Return one plane as regions; every number in it has a meaning."""
    numbers = labels.region_by_number()
    values = _whole_numbers(stored, header, sorted(numbers), where)
    table = np.full(256, 0 if labels.ignores_others else _STRANGE, np.uint8)
    table[0] = 0
    for number, region in numbers.items():
        table[number] = region
    low, high = int(values.min()), int(values.max())
    if low >= 0 and high <= LESION and np.array_equal(table[: high + 1], np.arange(high + 1)):
        return values.astype(np.uint8)
    beyond = (values < 0) | (values > 255) if low < 0 or high > 255 else None
    inside = values if beyond is None else np.clip(values, 0, 255)
    regions: Labels = np.take(table, inside.astype(np.uint8, copy=False))
    if beyond is not None:
        regions[beyond] = 0 if labels.ignores_others else _STRANGE
    strange = regions == _STRANGE
    if strange.any():
        raise UnknownLabelError(
            "The mask has labels that the settings do not name.",
            where=where,
            found=f"the label {values[strange][0]:g}",
            expected=f"the labels {', '.join(map(str, [0, *sorted(numbers)]))}",
            remedy="Name it in dataset.labels as organ, lesion or ignore; ignore: [others] takes all that are not named "
            "for background.",
        )
    return regions


def _whole_numbers(
    stored: npt.NDArray[Any], header: ScanHeader, known: list[int], where: str
) -> npt.NDArray[np.integer[Any] | np.floating[Any]]:
    if stored.dtype.kind != "f" and (header.slope, header.intercept) == (1.0, 0.0):
        return stored
    values = stored * np.float64(header.slope) + header.intercept
    whole: npt.NDArray[np.float64] = np.rint(values)
    # A slope of 1/255, as tools write it that stretch labels over the range of a byte, makes 1.0000001 of 255.
    tolerance = abs(header.slope) + _ROUNDING if abs(header.slope) <= _FINEST_SLOPE else _ROUNDING
    odd = ~(np.abs(values - whole) <= tolerance)
    if odd.any():
        raise NonIntegerLabelError(
            "The mask has values that are not integers.",
            where=where,
            found=f"the value {values[odd][0]:g}",
            expected=f"the labels {', '.join(map(str, [0, *known]))}",
            remedy="Threshold the mask, or resample it with nearest-neighbour interpolation.",
        )
    return whole


def _assemble(found: list[tuple[int, int, int, Labels]]) -> tuple[Labels, FileBox]:
    """Put the labelled parts of the planes into one array that just holds them."""
    first, last = found[0][0], found[-1][0]
    top = min(row for _, row, _, _ in found)
    bottom = max(row + part.shape[0] for _, row, _, part in found)
    left = min(column for _, _, column, _ in found)
    right = max(column + part.shape[1] for _, _, column, part in found)
    labels = np.zeros((last - first + 1, bottom - top, right - left), np.uint8)
    for index, row, column, part in found:
        height, width = part.shape
        labels[index - first, row - top : row - top + height, column - left : column - left + width] = part
    return labels, (slice(left, right), slice(top, bottom), slice(first, last + 1))


def read_values(header: ScanHeader, box: FileBox, case: str) -> ReadIntensities:
    """Read the intensities within a box of the file's axes, as they are.

    Args:
        header: Header of the image.
        box: Slices along the file's axes 0, 1, 2.
        case: Name of the case, for messages.
    """
    across, down, through = box
    values = np.empty([span.stop - span.start for span in (through, down, across)], np.float32)
    scaled = (header.slope, header.intercept) != (1.0, 0.0)
    extremes = []
    for index, stored in enumerate(planes(header, case)):
        # fmin and fmax pass over NaN.
        extremes += [np.fmin.reduce(stored, axis=None), np.fmax.reduce(stored, axis=None)]
        if through.start <= index < through.stop:
            part = stored[down, across]
            # Scaling in double precision gives the same HU from every way of storing them.
            values[index - through.start] = part * np.float64(header.slope) + header.intercept if scaled else part
    hu = np.array(extremes, np.float64) * header.slope + header.intercept
    return ReadIntensities(values, float(np.fmin.reduce(hu)), float(np.fmax.reduce(hu)))


def read_intensities(header: ScanHeader, box: FileBox, case: str) -> ReadIntensities:
    """Read the intensities within a box and refuse NaN and infinity; see `read_values`.

    Raises:
        NonFiniteIntensityError: A value in the box is NaN or infinite.
    """
    read = read_values(header, box, case)
    finite = np.isfinite(read.values)
    if not finite.all():
        raise NonFiniteIntensityError(
            "The image has values that are not numbers.",
            where=location(case, header.path),
            found=f"{np.count_nonzero(~finite)} NaN or infinite values around the organ",
            expected="finite intensities (HU)",
            remedy="Write the scan again from its source, without masking by NaN.",
        )
    return read
