"""From a scan and its mask to one row of features per slice and one per patient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from snndeep.labels import MaskLabels
from snndeep.radiomics import kernels, morphology, resampling_kernels
from snndeep.radiomics.discretisation import make_region, response_region
from snndeep.radiomics.errors import BinNumberError
from snndeep.radiomics.families import load_family, region_features, volume_features
from snndeep.radiomics.filters.base import ImageFilter
from snndeep.radiomics.region import Region, Surroundings
from snndeep.radiomics.resampling import (
    Axis,
    AxisSpan,
    align_axis,
    keep_axis,
    margin_voxels,
    resample,
    resample_image,
    resample_mask,
)
from snndeep.radiomics.settings import FeatureSettings
from snndeep.radiomics.spatial import spatial_features
from snndeep.volume import CaseVolume, read_case
from snndeep.volume.digest import voxels_digest
from snndeep.volume.errors import IntensityRangeError, OrganTooSmallError, location
from snndeep.volume.measure import area_by_slice, measure_case

COMPILED = (kernels, resampling_kernels)
"""The compiled kernels, which the families import where they call them; here they are loaded before the first case."""

SLAB = 24
"""Slices that are worked on at a time, which bounds the memory that resampled slices take."""

LOCAL_INTENSITY_MM = 6.3


@dataclass(frozen=True)
class CaseFeatures:
    """The tables of one case.

    Attributes:
        slices: One row per slice with enough organ: case, slice (canonical index), organ_area_mm2, lesion_area_mm2,
            then features `<family>.<feature>`.
        patient: One row: case, voxels_sha256 (of the box around the organ), what `snndeep.volume.measure.CaseMeasures` holds,
            spacing_x, spacing_y, spacing_z, shape_x, shape_y, shape_z, then features `3d.<family>.<feature>` where they are
            asked for.

    Features of a filter's response have the filter's name between dimension and family.
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
    settings = settings.resolved()
    volume = read_volume(case, image, label, settings, labels)
    return features_of_volume(volume, settings, labels, location(case, image), location(case, label))


def read_volume(
    case: str, image: Path, label: Path, settings: FeatureSettings, labels: MaskLabels, more_mm: float = 0.0
) -> CaseVolume:
    """Return a scan and its mask with the margin that the settings need, and more if wanted; see `extract_case`."""
    voxels, distance = _margins(settings)
    return read_case(case, image, label, labels, voxels, distance + more_mm)


def features_of_volume(
    volume: CaseVolume, settings: FeatureSettings, labels: MaskLabels, where: str, where_mask: str = ""
) -> CaseFeatures:
    """Return the features of a scan in memory.

    Args:
        volume: The case, by `read_volume`.
        settings: Conventions, resolved.
        labels: The meaning of the mask's numbers.
        where: The case and its image, for messages.
        where_mask: The case and its mask, for messages; by default the same.

    Raises:
        ScanError: The scan cannot be used.
    """
    case = volume.case
    mask = (volume.labels > 0).view(np.uint8)
    area, lesion_area = area_by_slice(volume)
    chosen = np.flatnonzero(area >= settings.min_organ_area)
    if chosen.size == 0:
        raise OrganTooSmallError(
            "The organ is smaller than one sample.",
            where=where_mask or where,
            found=f"at most {area.max():.4g} mm² of organ in a slice",
            expected=f"at least {settings.min_organ_area:g} mm² in one slice (features.min_organ_area)",
            remedy="Correct the mask, lower features.min_organ_area, or remove the case.",
        )
    defined, features = slice_features(volume, mask, chosen, settings, where)
    rows = chosen[defined]
    bookkeeping = {
        "case": case,
        "slice": rows + volume.origin[2],
        "organ_area_mm2": area[rows],
        "lesion_area_mm2": lesion_area[rows],
    }
    slices = pd.DataFrame(bookkeeping | {name: values[defined] for name, values in features.items()})

    patient: dict[str, str | int | float] = {"case": case}
    patient["voxels_sha256"] = voxels_digest(volume.intensity)
    patient |= measure_case(volume, settings.resegmentation).to_row()
    patient |= {f"spacing_{axis}": value for axis, value in zip("xyz", volume.spacing, strict=True)}
    patient |= {f"shape_{axis}": value for axis, value in zip("xyz", volume.shape, strict=True)}
    if settings.patient_features:
        patient |= patient_features(volume, mask, settings, where)
    return CaseFeatures(slices, pd.DataFrame([patient]))


def slice_features(
    volume: CaseVolume, mask: np.ndarray, chosen: np.ndarray, settings: FeatureSettings, where: str
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return which of the chosen slices have intensities in range, and the features of all, by `<family>.<feature>`.

    Args:
        volume: The case.
        mask: uint8 [z, y, x] of 0 and 1, the region.
        chosen: Planes of it.
        settings: Conventions.
        where: The case, for messages.

    Raises:
        IntensityRangeError: No slice has an intensity within the re-segmentation range.
    """
    parts: list[dict[str, np.ndarray]] = []
    voxels = []
    families = [name for name in settings.families if load_family(name).of_slices]
    of_responses = [name for name in families if load_family(name).of_responses]
    filters = [image_filter for image_filter in settings.image_filters if image_filter.of_slices]
    for start in range(0, chosen.size, SLAB):
        region = _slice_region(volume, mask, chosen[start : start + SLAB], settings, bool(filters))
        _check_bins(region, settings, where)
        computed = region_features(region, families, settings.feature_set)
        for image_filter in filters:
            response = filtered_region(region, image_filter, settings)
            of_filter = region_features(response, of_responses, settings.feature_set)
            computed |= {f"{image_filter.label}.{name}": values for name, values in of_filter.items()}
        parts.append(computed)
        voxels.append(region.voxels)
    defined = np.concatenate(voxels) > 0
    if not defined.any():
        raise _out_of_range(settings, where)
    return defined, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def patient_features(volume: CaseVolume, mask: np.ndarray, settings: FeatureSettings, where: str) -> dict[str, float]:
    """Return the features of the volume, by `<dimension>.<family>.<feature>`.

    Args:
        volume: The case.
        mask: uint8 [z, y, x] of 0 and 1, the region.
        settings: Conventions.
        where: The case, for messages.

    Raises:
        OrganTooSmallError: No sample of the resampled volume lies in the organ.
        IntensityRangeError: No sample has an intensity within the re-segmentation range.
    """
    region = patient_region(volume, mask, settings, where)
    if not region.voxels.any():
        raise _out_of_range(settings, where)
    everything = settings.feature_set == "all"
    shape = morphology.shape_features(region.mask, region.spacing, enclosing=everything)
    if everything:
        shape |= spatial_features(region.values, region.mask > 0, region.levels > 0, region.spacing, shape["volume"])
    features = {
        f"3d.morphology.{feature.name}": shape[feature.name]
        for feature in morphology.FEATURES
        if feature.recommended or everything
    }
    features |= volume_features(region, settings.families, settings.feature_set, settings.patient_dimensions)
    of_responses = [name for name in settings.families if load_family(name).of_responses]
    for image_filter in settings.image_filters:
        response = filtered_region(region, image_filter, settings)
        computed = volume_features(response, of_responses, settings.feature_set, settings.patient_dimensions)
        for name, value in computed.items():
            dimension, _, feature = name.partition(".")
            features[f"{dimension}.{image_filter.label}.{feature}"] = value
    return features


def patient_region(volume: CaseVolume, mask: np.ndarray, settings: FeatureSettings, where: str) -> Region:
    """Return the resampled and discretised region of the volume; see `patient_features`."""
    margin = _patient_margin(settings)
    new_spacing = settings.patient_grid()
    axes = _axes(volume, new_spacing, 0.0)
    if settings.needs_surroundings:
        wide = _axes(volume, new_spacing, margin)
        values, inside, around = _with_surroundings(volume.intensity, mask, axes, wide, settings)
    elif settings.image_interpolation == settings.mask_interpolation == "linear" and not settings.anti_aliasing:
        values, inside = resample(volume.intensity, mask, axes, settings.mask_threshold)
        around = None
    else:
        values, inside, around = _with_surroundings(volume.intensity, mask, axes, axes, settings)
    if not inside.any():
        raise OrganTooSmallError(
            "The organ is smaller than one sample.",
            where=where,
            found=f"no sample of the organ at {settings.patient_spacing:g} mm",
            expected="at least one sample (features.patient_spacing)",
            remedy="Correct the mask, lower features.patient_spacing, or remove the case.",
        )
    spacing = (
        volume.spacing[0] if new_spacing[0] is None else new_spacing[0],
        volume.spacing[1] if new_spacing[1] is None else new_spacing[1],
        volume.spacing[2] if new_spacing[2] is None else new_spacing[2],
    )
    region = make_region(values, inside, settings.how, False, spacing, settings.of_families, around)
    _check_bins(region, settings, where)
    return region


def filtered_region(region: Region, image_filter: ImageFilter, settings: FeatureSettings) -> Region:
    """Return the region of a filter's response."""
    around = region.surroundings
    assert around is not None  # whoever has filters asks for surroundings
    # Filters are defined in the axes of DICOM, which run to the left and to the back, against x and y here.
    response = image_filter.respond(around.values[:, ::-1, ::-1], region.spacing)[:, ::-1, ::-1]
    z, y, x = around.offset
    nz, ny, nx = region.values.shape
    # The border of zeros has no response; the offset is that of the border, so the region begins one voxel later.
    cut = np.zeros(region.values.shape, np.float32)
    cut[1:-1, 1:-1, 1:-1] = response[z + 1 : z + nz - 1, y + 1 : y + ny - 1, x + 1 : x + nx - 1]
    return response_region(cut, region, settings.bin_number, Surroundings(response, around.offset))


def _slice_region(
    volume: CaseVolume, mask: np.ndarray, chosen: np.ndarray, settings: FeatureSettings, filtered: bool
) -> Region:
    """Return the chosen slices at the spacing of slices, each a region of its own."""
    new_spacing = settings.slice_grid()
    _, y, x = _axes(volume, new_spacing, 0.0)
    # Whole planes are sampled, so only those asked for are: positions count in the arrays.
    axes = (keep_axis(np.arange(chosen.size)), y, x)
    # Without interpolation along z, the planes between have no part in the result.
    planes = slice(int(chosen[0]), int(chosen[-1]) + 1) if _contiguous(chosen) else chosen
    intensity, inside = volume.intensity[planes], mask[planes]
    around = None
    linear = settings.image_interpolation == settings.mask_interpolation == "linear" and not settings.anti_aliasing
    if filtered:
        _, wide_y, wide_x = _axes(volume, new_spacing, _slice_margin(settings))
        values, resampled, around = _with_surroundings(intensity, inside, axes, (axes[0], wide_y, wide_x), settings)
    elif linear:
        values, resampled = resample(intensity, inside, axes, settings.mask_threshold)
    else:
        values, resampled, _ = _with_surroundings(intensity, inside, axes, axes, settings)
    spacing = (
        volume.spacing[0] if new_spacing[0] is None else new_spacing[0],
        volume.spacing[1] if new_spacing[1] is None else new_spacing[1],
        volume.spacing[2],
    )
    return make_region(values, resampled, settings.how, True, spacing, settings.of_families, around)


def _contiguous(chosen: np.ndarray) -> bool:
    return bool(chosen[-1] - chosen[0] == chosen.size - 1)


def _with_surroundings(
    intensity: np.ndarray,
    mask: np.ndarray,
    axes: tuple[Axis, Axis, Axis],
    wide: tuple[Axis, Axis, Axis],
    settings: FeatureSettings,
) -> tuple[np.ndarray, np.ndarray, Surroundings]:
    """Return values, mask and the image around them; `wide` are the samples of the image, `axes` those of the region."""
    order = settings.image_interpolation
    dense = resample_image(intensity, wide, order, settings.anti_aliasing)
    inside = resample_mask(mask, axes, settings.mask_threshold, settings.mask_interpolation)
    z, y, x = (axis.first - whole.first for axis, whole in zip(axes, wide, strict=True))
    nz, ny, nx = (axis.position.size for axis in axes)
    values = np.zeros(inside.shape, np.int16)
    values[1:-1, 1:-1, 1:-1] = dense[z : z + nz, y : y + ny, x : x + nx]
    values[inside == 0] = 0
    return values, inside, Surroundings(dense, (z - 1, y - 1, x - 1))


def _axes(
    volume: CaseVolume, new_spacing: tuple[float | None, float | None, float | None], margin_mm: float
) -> tuple[Axis, Axis, Axis]:
    """Return the samples along z, y, x."""
    z, y, x = (
        align_axis(
            AxisSpan(n_image, origin, size, origin + before, origin + size - 1 - after), spacing, wanted, margin_mm
        )
        for n_image, origin, size, (before, after), spacing, wanted in zip(
            volume.shape[::-1],
            volume.origin[::-1],
            volume.intensity.shape,
            volume.margins,
            volume.spacing[::-1],
            new_spacing[::-1],
            strict=True,
        )
    )
    return z, y, x


def _margins(settings: FeatureSettings) -> tuple[int, float]:
    """Return how many voxels and how many mm around the labels the settings need."""
    # The ratio of spacings is not known before the scan is: spacings of a quarter of a millimetre are the finest.
    finest = 0.25
    ratios = (settings.slice_spacing / finest, settings.patient_spacing / finest)
    voxels = margin_voxels(settings.image_interpolation, settings.anti_aliasing, ratios)
    patient = _patient_margin(settings) if settings.patient_features else 0.0
    return voxels, max(patient, _slice_margin(settings))


def _patient_margin(settings: FeatureSettings) -> float:
    """Return how far beyond the region the image must be known, in mm, for the features of the volume."""
    local = LOCAL_INTENSITY_MM if "local_intensity" in settings.families else 0.0
    reach = [image_filter.reach_mm(settings.patient_spacing) for image_filter in settings.image_filters]
    return max([local, *reach]) + settings.patient_spacing if max([local, *reach]) > 0 else 0.0


def _slice_margin(settings: FeatureSettings) -> float:
    """Return how far beyond the region the image must be known, in mm, for the features of slices."""
    filters = [image_filter for image_filter in settings.image_filters if image_filter.of_slices]
    reach = max((image_filter.reach_mm(settings.slice_spacing) for image_filter in filters), default=0.0)
    return reach + settings.slice_spacing if reach > 0 else 0.0


def _check_bins(region: Region, settings: FeatureSettings, where: str) -> None:
    """Refuse more bins than there are voxels: levels would say nothing but the order of the intensities."""
    if settings.discretisation != "fixed_bin_number" and not settings.filters:
        return
    few = region.voxels[(region.voxels > 0) & (region.voxels < settings.bin_number)]
    if few.size:
        raise BinNumberError(
            "A region has fewer voxels than grey levels were asked for.",
            where=where,
            found=f"{few.min()} voxels, {settings.bin_number} bins",
            expected="at least as many voxels as bins (features.bin_number)",
            remedy="Lower features.bin_number, or raise features.min_organ_area.",
        )


def _out_of_range(settings: FeatureSettings, where: str) -> IntensityRangeError:
    low, high = settings.resegmentation or (-math.inf, math.inf)
    return IntensityRangeError(
        "No voxel of the organ is within the re-segmentation range.",
        where=where,
        found="every HU outside",
        expected=f"HU from {low:g} to {high:g} (features.resegmentation)",
        remedy="Check that the image is a CT in HU, or widen features.resegmentation.",
    )
