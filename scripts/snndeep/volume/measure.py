"""What a case looks like in numbers, by which an image that is not in HU or a mask of something else shows itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from snndeep.labels import LESION
from snndeep.volume.case import SIDES, CaseVolume
from snndeep.volume.reader import Intensities

Areas = npt.NDArray[np.float64]

PADDING_HU = -1100
"""Air has -1000 HU. What lies below this was never measured: scanners fill the corners of the image with it."""

LOWEST = -32768
"""Lowest HU that is told apart."""

CUT_AREA = 100.0
"""mm² of organ in the outermost plane of a scan from which on it is cut."""

ABRUPT = 0.5
"""A mask whose outermost plane has this share of its greatest area may end inside the organ."""


@dataclass(frozen=True)
class CaseMeasures:
    """Measures of one case; none of them is ever a feature.

    Attributes:
        organ_volume_ml: Of organ and lesion.
        lesion_volume_ml: Of the lesion.
        scan_share: Share of the scan's voxels that are organ or lesion.
        median_hu: Median of the organ in whole HU.
        iqr_hu: Interquartile range of the organ in whole HU.
        in_range_share: Share of the organ's voxels within the re-segmentation range.
        padding_share: Share of the organ's voxels below `PADDING_HU`.
        lowest_hu: Lowest HU of the whole scan.
        lowest_around_hu: Lowest HU around the organ, in the box that its mask spans.
        highest_hu: Highest HU of the whole scan.
        holes: How many holes the organ had.
        holes_ml: Their volume.
        open_holes_ml: Volume that the organ encloses in axial planes, but not in space.
        gaps: Slices without organ between the first and the last with organ.
        cut: The sides at which the scan ends inside the organ, as words with commas.
        mask_ends: The sides, as words with commas, at which the mask ends with a plane although the organ continues.
        organ_slices: Slices with organ.
        slices_outside: Those of them whose voxels lie mostly outside the re-segmentation range.
    """

    organ_volume_ml: float
    lesion_volume_ml: float
    scan_share: float
    median_hu: float
    iqr_hu: float
    in_range_share: float
    padding_share: float
    lowest_hu: float
    lowest_around_hu: float
    highest_hu: float
    holes: int
    holes_ml: float
    open_holes_ml: float
    gaps: int
    cut: str
    mask_ends: str
    organ_slices: int
    slices_outside: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> CaseMeasures:
        """Take the measures out of a row of a table of cases."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    def to_row(self) -> dict[str, Any]:
        """Return the measures as columns of a row."""
        return asdict(self)


def measure_case(volume: CaseVolume, resegmentation: tuple[float, float] | None) -> CaseMeasures:
    """Measure a case.

    Args:
        volume: The case.
        resegmentation: Lowest and highest HU that features are taken from; None for no limits.
    """
    spacing_x, spacing_y, spacing_z = volume.spacing
    pixel = spacing_x * spacing_y
    millilitre = pixel * spacing_z / 1000
    mask = volume.labels > 0
    low, high = resegmentation or (-np.inf, np.inf)
    areas = [np.count_nonzero(mask, axis=planes) for planes in ((0, 1), (0, 2), (1, 2))]
    area = areas[2]
    inside = np.count_nonzero(mask & (volume.intensity >= low) & (volume.intensity <= high), axis=(1, 2))
    voxels, counts = int(area.sum()), _whole_hu(volume.intensity[mask])
    reached = np.cumsum(counts)
    quarter, median, three_quarters = (
        int(np.searchsorted(reached, share * voxels)) + LOWEST for share in (0.25, 0.5, 0.75)
    )
    return CaseMeasures(
        organ_volume_ml=float(voxels * millilitre),
        lesion_volume_ml=float(np.count_nonzero(volume.labels == LESION) * millilitre),
        scan_share=float(voxels / np.prod(volume.shape, dtype=np.float64)),
        median_hu=float(median),
        iqr_hu=float(three_quarters - quarter),
        in_range_share=float(inside.sum() / voxels),
        padding_share=float(counts[: PADDING_HU - LOWEST].sum() / voxels),
        lowest_hu=volume.extremes[0],
        lowest_around_hu=float(volume.intensity.min(where=~mask, initial=np.inf)),
        highest_hu=volume.extremes[1],
        holes=volume.holes.count,
        holes_ml=float(volume.holes.voxels * millilitre),
        open_holes_ml=float(volume.holes.open_voxels * millilitre),
        gaps=int(np.count_nonzero(area[slice(*_span(area))] == 0)),
        cut=", ".join(_cut_sides(volume, areas)),
        mask_ends=", ".join(_abrupt_ends(volume, mask, areas)),
        organ_slices=int(np.count_nonzero(area)),
        slices_outside=int(np.count_nonzero(inside[area > 0] < 0.5 * area[area > 0])),
    )


def _span(area: npt.NDArray[np.int_]) -> tuple[int, int]:
    """Return the first plane with organ and the one after the last."""
    own = np.flatnonzero(area)
    return int(own[0]), int(own[-1]) + 1


def _whole_hu(values: Intensities) -> npt.NDArray[np.int64]:
    """Return how many voxels have each whole HU of 16 bits, from `LOWEST` on; what lies beyond counts at the ends."""
    whole = np.clip(np.rint(values), LOWEST, -LOWEST - 1).astype(np.int64)
    return np.bincount(whole - LOWEST, minlength=-2 * LOWEST)


def _cut_sides(volume: CaseVolume, areas: Sequence[npt.NDArray[np.int_]]) -> list[str]:
    """Return the sides of the scan at which the organ has more than the tip of it.

    Args:
        volume: The case.
        areas: How many voxels of each plane across x, y and z are organ.
    """
    sides = []
    for number, side in enumerate(SIDES):
        axis, behind = divmod(number, 2)
        area = areas[axis]
        first, stop = _span(area)
        others = [length for k, length in enumerate(volume.spacing) if k != axis]
        if side in volume.touched and area[stop - 1 if behind else first] * others[0] * others[1] >= CUT_AREA:
            sides.append(side)
    return sides


def _abrupt_ends(volume: CaseVolume, mask: npt.NDArray[np.bool_], areas: Sequence[npt.NDArray[np.int_]]) -> list[str]:
    """Return the sides at which the mask stops with a large plane and the tissue beyond it looks the same; see `_cut_sides`."""
    ends = []
    for number, side in enumerate(SIDES):
        axis, behind = divmod(number, 2)
        area = areas[axis]
        first, stop = _span(area)
        last, beyond = (stop - 1, stop) if behind else (first, first - 1)
        if side in volume.touched or area[last] < ABRUPT * area.max():
            continue
        inside = mask.take(last, axis=2 - axis)
        planes = np.moveaxis(volume.intensity, 2 - axis, 0)
        own, outside = planes[last][inside], planes[beyond][inside]
        if np.percentile(own, 25) <= np.median(outside) <= np.percentile(own, 75):
            ends.append(side)
    return ends


def area_by_slice(volume: CaseVolume) -> tuple[Areas, Areas]:
    """Return the areas of organ (with lesion) and of lesion in every plane of a case's box, in mm²."""
    pixel = volume.spacing[0] * volume.spacing[1]
    return (
        np.count_nonzero(volume.labels > 0, axis=(1, 2)) * pixel,
        np.count_nonzero(volume.labels == LESION, axis=(1, 2)) * pixel,
    )
