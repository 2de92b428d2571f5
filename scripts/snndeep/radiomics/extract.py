"""From a scan and its mask to one row of features per slice and one per patient."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from snndeep.labels import MaskLabels
from snndeep.radiomics import morphology
from snndeep.radiomics.families import region_features
from snndeep.radiomics.region import Region, make_region
from snndeep.radiomics.resampling import align_axis, keep_axis, resample
from snndeep.radiomics.settings import FeatureSettings
from snndeep.radiomics.spatial import spatial_features
from snndeep.volume import CaseVolume, read_case
from snndeep.volume.errors import IntensityRangeError, OrganTooSmallError, location
from snndeep.volume.measure import area_by_slice, measure_case


@dataclass(frozen=True)
class CaseFeatures:
    """The tables of one case.

    Attributes:
        slices: One row per slice with enough organ: case, slice (canonical index), organ_area_mm2, lesion_area_mm2,
            then features `<family>.<feature>`.
        patient: One row: case, what `snndeep.volume.measure.CaseMeasures` holds, spacing_x, spacing_y, spacing_z, shape_x,
            shape_y, shape_z, then features `3d.<family>.<feature>` where they are asked for.
    """

    slices: pd.DataFrame
    patient: pd.DataFrame


DECATHLON = MaskLabels()


def extract_case(
    case: str, image: Path, label: Path, settings: FeatureSettings, labels: MaskLabels = DECATHLON
) -> CaseFeatures:
    """Extract the features of one case.

    The region is organ or lesion everywhere. A slice counts as a sample with at least `settings.min_organ_area` of
    region on the native grid; one of them whose HU all lie outside the re-segmentation range has no features and no
    row.

    Args:
        case: Name of the case.
        image: CT, NIfTI, in HU.
        label: Mask on the same grid.
        settings: Conventions.
        labels: The meaning of the mask's numbers.

    Raises:
        ScanError: The scan cannot be used; `snndeep.volume.errors` has one class per reason.
    """
    volume = read_case(case, image, label, labels)
    mask = (volume.labels > 0).view(np.uint8)
    area, lesion_area = area_by_slice(volume)
    chosen = np.flatnonzero(area >= settings.min_organ_area)
    if chosen.size == 0:
        raise OrganTooSmallError(
            "The organ is smaller than one sample.",
            where=location(case, label),
            found=f"at most {area.max():.4g} mm² of organ in a slice",
            expected=f"at least {settings.min_organ_area:g} mm² in one slice (features.min_organ_area)",
            remedy="Correct the mask, lower features.min_organ_area, or remove the case.",
        )
    region = _slice_region(volume, mask, chosen, settings)
    _check_range(region, settings, location(case, image))
    features = region_features(region, settings.families, settings.feature_set)
    defined = region.voxels > 0
    rows = chosen[defined]
    bookkeeping = {
        "case": case,
        "slice": rows + volume.origin[2],
        "organ_area_mm2": area[rows],
        "lesion_area_mm2": lesion_area[rows],
    }
    slices = pd.DataFrame(bookkeeping | {name: values[defined] for name, values in features.items()})

    patient: dict[str, str | int | float] = {"case": case}
    patient |= measure_case(volume, settings.resegmentation).to_row()
    patient |= {f"spacing_{axis}": value for axis, value in zip("xyz", volume.spacing, strict=True)}
    patient |= {f"shape_{axis}": value for axis, value in zip("xyz", volume.shape, strict=True)}
    if settings.patient_features:
        patient |= patient_features(volume, mask, settings, location(case, image))
    return CaseFeatures(slices, pd.DataFrame([patient]))


def patient_features(volume: CaseVolume, mask: np.ndarray, settings: FeatureSettings, where: str) -> dict[str, float]:
    """Return the features of the volume, by `3d.<family>.<feature>`.

    Args:
        volume: The case.
        mask: uint8 [z, y, x] of 0 and 1, the region.
        settings: Conventions.
        where: The case, for messages.

    Raises:
        OrganTooSmallError: No sample of the resampled volume lies in the organ.
        IntensityRangeError: No sample has an intensity within the re-segmentation range.
    """
    axes = tuple(
        align_axis(size - 2, spacing, settings.patient_spacing)
        for size, spacing in zip(mask.shape, volume.spacing[::-1], strict=True)
    )
    values, resampled = resample(volume.intensity, mask, axes, settings.mask_threshold)
    if not resampled.any():
        raise OrganTooSmallError(
            "The organ is smaller than one sample.",
            where=where,
            found=f"no sample of the organ at {settings.patient_spacing:g} mm",
            expected="at least one sample (features.patient_spacing)",
            remedy="Correct the mask, lower features.patient_spacing, or remove the case.",
        )
    region = make_region(values, resampled, settings.resegmentation, settings.bin_width, by_slice=False)
    _check_range(region, settings, where)
    spacing = (settings.patient_spacing,) * 3
    shape = morphology.shape_features(region.mask, spacing)
    if settings.feature_set == "all":
        shape |= spatial_features(region.values, region.mask > 0, region.levels > 0, spacing, shape["volume"])
    kept = shape if settings.feature_set == "all" else morphology.RECOMMENDED
    features = {f"3d.morphology.{name}": shape[name] for name in kept}
    texture = region_features(region, settings.families, settings.feature_set)
    return features | {f"3d.{name}": float(values[0]) for name, values in texture.items()}


def _slice_region(volume: CaseVolume, mask: np.ndarray, chosen: np.ndarray, settings: FeatureSettings) -> Region:
    """Return the chosen slices at the spacing of slices, counted by slice."""
    _, rows, columns = mask.shape
    # Whole planes are sampled, so only those asked for are: `index` counts in the arrays, borders included.
    planes = keep_axis(chosen)
    in_plane = (
        align_axis(rows - 2, volume.spacing[1], settings.slice_spacing),
        align_axis(columns - 2, volume.spacing[0], settings.slice_spacing),
    )
    values, resampled = resample(volume.intensity, mask, (planes, *in_plane), settings.mask_threshold)
    return make_region(values, resampled, settings.resegmentation, settings.bin_width, by_slice=True)


def _check_range(region: Region, settings: FeatureSettings, where: str) -> None:
    if not region.counts.any():
        low, high = settings.resegmentation
        raise IntensityRangeError(
            "No voxel of the organ is within the re-segmentation range.",
            where=where,
            found="every HU outside",
            expected=f"HU from {low:g} to {high:g} (features.resegmentation)",
            remedy="Check that the image is a CT in HU, or widen features.resegmentation.",
        )
