"""From a scan and its mask to one row of features per slice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from snndeep.radiomics.glcm import count_pairs, glcm_features
from snndeep.radiomics.grid import resample_slices
from snndeep.radiomics.intensity import intensity_histogram, intensity_statistics
from snndeep.radiomics.levels import discretise, level_counts
from snndeep.radiomics.settings import FeatureSettings
from snndeep.volume import CaseVolume, read_case
from snndeep.volume.errors import IntensityRangeError, OrganTooSmallError, location


@dataclass(frozen=True)
class CaseFeatures:
    """The tables of one case.

    Attributes:
        slices: One row per slice with enough organ: case, slice, organ_area_mm2, lesion_area_mm2, features.
        patient: One row: case, organ_volume_ml, lesion_volume_ml, spacing_x, spacing_y, spacing_z, shape_x, ...
    """

    slices: pd.DataFrame
    patient: pd.DataFrame


def extract_case(case: str, image: Path, label: Path, settings: FeatureSettings) -> CaseFeatures:
    """Extract the features of one case.

    Args:
        case: Name of the case.
        image: CT, NIfTI, in HU.
        label: Mask on the same grid.
        settings: Conventions.

    Raises:
        ScanError: If the scan cannot be used.
    """
    volume = read_case(case, image, label, frozenset({*settings.organ_labels, *settings.lesion_labels}))
    spacing_x, spacing_y, spacing_z = volume.spacing
    region = volume.labels > 0
    lesion = np.isin(volume.labels, settings.lesion_labels)
    pixel = spacing_x * spacing_y
    area, lesion_area = (mask.sum(axis=(1, 2)) * pixel for mask in (region, lesion))
    chosen = np.flatnonzero(area >= settings.min_organ_area)
    if chosen.size == 0:
        raise OrganTooSmallError(
            "The organ is smaller than one sample.",
            where=location(case, label),
            found=f"at most {area.max():.0f} mm² of organ in a slice",
            expected=f"at least {settings.min_organ_area:g} mm² in one slice (features.min_organ_area)",
        )
    features = slice_features(volume, chosen, settings, location(case, image))
    defined = features.pop("defined")
    kept = chosen[defined]
    slices = pd.DataFrame(
        {
            "case": case,
            "slice": kept + volume.origin[2],
            "organ_area_mm2": area[kept],
            "lesion_area_mm2": lesion_area[kept],
            **{name: values[defined] for name, values in features.items()},
        }
    )
    millilitre = pixel * spacing_z / 1000
    patient = {
        "case": case,
        "organ_volume_ml": region.sum() * millilitre,
        "lesion_volume_ml": lesion.sum() * millilitre,
    }
    for axis, size, spacing in zip("xyz", volume.shape, volume.spacing, strict=True):
        patient |= {f"spacing_{axis}": spacing, f"shape_{axis}": size}
    return CaseFeatures(slices, pd.DataFrame([patient]))


def slice_features(
    volume: CaseVolume, chosen: np.ndarray, settings: FeatureSettings, where: str
) -> dict[str, np.ndarray]:
    """Return features by name, one value per chosen slice, and `defined`: whether any voxel is in the HU range."""
    spacing = (volume.spacing[1], volume.spacing[0])
    hu = np.rint(resample_slices(volume.intensity[chosen], spacing, settings.slice_spacing))
    region = (volume.labels[chosen] > 0).astype(np.float32)
    mask = resample_slices(region, spacing, settings.slice_spacing) >= settings.mask_threshold
    low, high = settings.resegmentation
    mask &= (hu >= low) & (hu <= high)
    defined = mask.any(axis=(1, 2))
    if not defined.any():
        raise IntensityRangeError(
            "No voxel of the organ is within the re-segmentation range.",
            where=where,
            found="every HU outside",
            expected=f"HU of {low:g} to {high:g} (features.resegmentation)",
            remedy="Check that the image is a CT in HU.",
        )
    levels = discretise(hu, mask, low, settings.bin_width, settings.levels)
    families: dict[str, dict[str, np.ndarray]] = {}
    if "intensity_statistics" in settings.families:
        rows = [intensity_statistics(hu[z][mask[z]]) for z in np.flatnonzero(defined)]
        families["intensity_statistics"] = {name: _spread([r[name] for r in rows], defined) for name in rows[0]}
    if "intensity_histogram" in settings.families:
        counts = level_counts(levels, settings.levels)
        histogram = intensity_histogram(counts[defined])
        families["intensity_histogram"] = {name: _spread(v, defined) for name, v in histogram.items()}
    if "glcm" in settings.families:
        padded = np.pad(levels, ((0, 0), (1, 1), (1, 1)))
        families["glcm"] = glcm_features(count_pairs(padded, settings.levels))
    named = {f"{family}.{name}": v for family, table in families.items() for name, v in table.items()}
    return {**named, "defined": defined}


def _spread(values: object, defined: np.ndarray) -> np.ndarray:
    """Put values of the defined slices into an array of all slices."""
    spread = np.full(defined.size, np.nan)
    spread[defined] = values
    return spread
