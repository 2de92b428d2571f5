"""The list of feature families. To add one: write a module with a `Family` named FAMILY and add a line here."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from snndeep.radiomics.family import Family
from snndeep.radiomics.region import Region
from snndeep.radiomics.statistics import mean_of_present
from snndeep.registry import import_member

FAMILIES = {
    "intensity_statistics": "snndeep.radiomics.intensity_statistics",
    "intensity_histogram": "snndeep.radiomics.intensity_histogram",
    "glcm": "snndeep.radiomics.glcm",
    "glcm_averaged": "snndeep.radiomics.glcm_averaged",
    "glrlm": "snndeep.radiomics.glrlm",
    "glrlm_averaged": "snndeep.radiomics.glrlm_averaged",
    "glszm": "snndeep.radiomics.glszm",
    "gldzm": "snndeep.radiomics.gldzm",
    "ngtdm": "snndeep.radiomics.ngtdm",
    "ngldm": "snndeep.radiomics.ngldm",
    "intensity_volume": "snndeep.radiomics.intensity_volume",
    "local_intensity": "snndeep.radiomics.local_intensity",
    "shape_2d": "snndeep.radiomics.slice_shape",
}


def load_family(name: str) -> Family:
    """Import a family and return it.

    Raises:
        ConfigError: If there is no family of that name.
    """
    family: Family = import_member("feature family", FAMILIES, name, "FAMILY", Family)
    return family


def region_features(region: Region, families: Iterable[str], feature_set: str) -> dict[str, np.ndarray]:
    """Return features by `family.name`, [R] each, families and features in a fixed order.

    Args:
        region: The region, by slice or as a volume.
        families: Names of the families.
        feature_set: "recommended" or "all".
    """
    features = {}
    for name in families:
        family = load_family(name)
        computed = family.compute(region)
        chosen = family.chosen(feature_set)
        features.update({f"{name}.{feature.name}": computed[feature.name] for feature in chosen})
    return features


def volume_features(
    region: Region, families: Iterable[str], feature_set: str, dimensions: Iterable[str]
) -> dict[str, float]:
    """Return the features of a volume by `<dimension>.<family>.<name>`; see `Region` for the dimensions.

    Features of 2d are means over the slices that have a value. Families that do not count neighbours have the dimension
    3d alone; in a name, 2.5d is written 2_5d.
    """
    names = [name for name in families if load_family(name).of_volume]
    fixed = [name for name in names if not load_family(name).aggregated]
    features: dict[str, float] = {}
    for dimension in dimensions:
        of_dimension = [name for name in names if load_family(name).aggregated]
        counted = region.counted(dimension)
        computed = region_features(counted, of_dimension, feature_set)
        prefix = dimension.replace(".", "_")
        features |= {f"{prefix}.{name}": float(mean_of_present(values[None])[0]) for name, values in computed.items()}
    own = region_features(region.counted("3d"), fixed, feature_set)
    return {f"3d.{name}": float(values[0]) for name, values in own.items()} | features
