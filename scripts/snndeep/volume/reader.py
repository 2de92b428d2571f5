"""Voxels as a stream: one plane of the file at a time, so that memory holds what the organ spans and no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from snndeep.volume.errors import (
    EmptyOrganError,
    NonFiniteIntensityError,
    NonIntegerLabelError,
    UnknownLabelError,
    location,
)
from snndeep.volume.header import DECOMPRESSION_ERRORS, ScanHeader, corrupt, open_scan, truncated

FileBox = tuple[slice, slice, slice]


def planes(header: ScanHeader, case: str) -> Iterator[np.ndarray]:
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
    memory = memoryview(plane).cast("B") if plane.dtype.isnative else plane.view(np.uint8).reshape(-1).data
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


def _skip(stream: BinaryIO, number: int) -> None:
    while number > 0 and (skipped := len(stream.read(min(number, 1 << 20)))):
        number -= skipped


def _read_into(stream: BinaryIO, memory: memoryview) -> int:
    done = 0
    while done < len(memory) and (count := stream.readinto(memory[done:])):
        done += count
    return done


def read_labels(header: ScanHeader, known: frozenset[int], case: str) -> tuple[np.ndarray, FileBox]:
    """Read a mask and return the box that its labels span.

    Args:
        header: Header of the mask.
        known: The labels that may occur besides 0.
        case: Name of the case, for messages.

    Returns:
        Labels as uint8, [axis 2, axis 1, axis 0] of the file, and the box they were cut from, as slices along the
        file's axes 0, 1, 2.

    Raises:
        NonIntegerLabelError: A value is not an integer.
        UnknownLabelError: A label is not among `known`.
        EmptyOrganError: All voxels are 0.
    """
    where = location(case, header.path)
    found = []
    for index, stored in enumerate(planes(header, case)):
        # The maximum of a plane is several times cheaper than a search; all-zero planes are most of a scan.
        if header.intercept == 0 and stored.max() == 0 and stored.min() == 0:
            continue
        labels = _as_labels(stored, header, known, where)
        rows, columns = np.flatnonzero(labels.any(1)), np.flatnonzero(labels.any(0))
        if rows.size:
            part = labels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            found.append((index, rows[0], columns[0], part.copy()))
    if not found:
        raise EmptyOrganError(
            "The mask is empty.",
            where=where,
            found="no voxel of organ or lesion",
            expected=f"voxels labelled {', '.join(map(str, sorted(known)))}",
            remedy="Segment the organ, or remove the case from the data set.",
        )
    return _assemble(found)


def _as_labels(stored: np.ndarray, header: ScanHeader, known: frozenset[int], where: str) -> np.ndarray:
    """Return one plane as uint8 labels, all of them known."""
    values = stored
    if stored.dtype.kind == "f" or (header.slope, header.intercept) != (1.0, 0.0):
        values = stored * np.float64(header.slope) + header.intercept
        odd = ~(values == np.rint(values))
        if odd.any():
            raise NonIntegerLabelError(
                "The mask has values that are not integers.",
                where=where,
                found=f"the value {values[odd][0]:g}",
                expected=f"the labels 0, {', '.join(map(str, sorted(known)))}",
                remedy="Threshold the mask, or resample it with nearest-neighbour interpolation.",
            )
    allowed = [0, *sorted(known)]
    # One comparison per label is faster than a sort, and exact for every data type.
    strange = values != allowed[0]
    for label in allowed[1:]:
        strange &= values != label
    if strange.any():
        raise UnknownLabelError(
            "The mask has labels that the settings do not name.",
            where=where,
            found=f"the label {values[strange][0]:g}",
            expected=f"the labels {', '.join(map(str, allowed))}",
            remedy="Add the label to dataset.labels, or set it to 0 in the mask.",
        )
    return values.astype(np.uint8)


def _assemble(found: list[tuple[int, int, int, np.ndarray]]) -> tuple[np.ndarray, FileBox]:
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
    return labels, (slice(int(left), int(right)), slice(int(top), int(bottom)), slice(first, last + 1))


def read_values(header: ScanHeader, box: FileBox, case: str) -> np.ndarray:
    """Read the intensities within a box of the file's axes, as they are.

    Args:
        header: Header of the image.
        box: Slices along the file's axes 0, 1, 2.
        case: Name of the case, for messages.

    Returns:
        Intensities (HU) as float32, [axis 2, axis 1, axis 0] of the file; NaN where the file has it.
    """
    across, down, through = box
    shape = tuple(span.stop - span.start for span in (through, down, across))
    values = np.empty(shape, np.float32)
    scaled = (header.slope, header.intercept) != (1.0, 0.0)
    for index, stored in enumerate(planes(header, case)):
        if through.start <= index < through.stop:
            part = stored[down, across]
            # Scaling in double precision gives the same HU from every way of storing them.
            values[index - through.start] = part * np.float64(header.slope) + header.intercept if scaled else part
    return values


def read_intensities(header: ScanHeader, box: FileBox, case: str) -> np.ndarray:
    """Read the intensities within a box and refuse what is no number; see `read_values`.

    Raises:
        NonFiniteIntensityError: A value in the box is NaN or infinite.
    """
    values = read_values(header, box, case)
    if not np.isfinite(values).all():
        raise NonFiniteIntensityError(
            "The image has values that are no numbers.",
            where=location(case, header.path),
            found=f"{np.count_nonzero(~np.isfinite(values))} NaN or infinite values around the organ",
            expected="finite intensities (HU)",
            remedy="Write the scan again from its source, without masking by NaN.",
        )
    return values
