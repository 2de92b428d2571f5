"""The families by name: which module computes each, and where it is defined."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics import (
    glcm,
    gldzm,
    glrlm,
    glszm,
    intensity_histogram,
    intensity_statistics,
    intensity_volume,
    local_intensity,
    ngldm,
    ngtdm,
    slice_shape,
)
from snndeep.radiomics.feature import Feature
from snndeep.radiomics.region import Region
from snndeep.radiomics.statistics import mean_of_present


@dataclass(frozen=True)
class Family:
    """A family of features.

    Attributes:
        title: Full name.
        label: What it is called in front of a feature.
        compute: Returns all features of a region by name, [R] each.
        features: Names, references and units of the features.
        aggregated: Whether features depend on how neighbours are counted (2d, 2.5d, 3d).
        of_slices: Whether slices have it.
        of_volume: Whether the volume has it.
        of_responses: Whether the response of a filter has it.
    """

    title: str
    label: str
    compute: Callable[[Region], dict[str, np.ndarray]]
    features: tuple[Feature, ...]
    aggregated: bool = True
    of_slices: bool = True
    of_volume: bool = True
    of_responses: bool = True


BY_NAME = {
    "intensity_statistics": Family(
        "intensity-based statistics",
        "intensity",
        intensity_statistics.compute,
        intensity_statistics.FEATURES,
        aggregated=False,
    ),
    "intensity_histogram": Family(
        "intensity histogram",
        "intensity histogram",
        intensity_histogram.compute,
        intensity_histogram.FEATURES,
        aggregated=False,
    ),
    "glcm": Family("grey level co-occurrence matrix", "GLCM", glcm.compute, glcm.FEATURES),
    "glcm_averaged": Family(
        "grey level co-occurrence matrix, averaged over directions",
        "GLCM averaged",
        glcm.compute_averaged,
        glcm.FEATURES,
    ),
    "glrlm": Family("grey level run length matrix", "GLRLM", glrlm.compute, glrlm.FEATURES),
    "glrlm_averaged": Family(
        "grey level run length matrix, averaged over directions",
        "GLRLM averaged",
        glrlm.compute_averaged,
        glrlm.FEATURES,
    ),
    "glszm": Family("grey level size zone matrix", "GLSZM", glszm.compute, glszm.FEATURES),
    "gldzm": Family("grey level distance zone matrix", "GLDZM", gldzm.compute, gldzm.FEATURES),
    "ngtdm": Family("neighbourhood grey tone difference matrix", "NGTDM", ngtdm.compute, ngtdm.FEATURES),
    "ngldm": Family("neighbouring grey level dependence matrix", "NGLDM", ngldm.compute, ngldm.FEATURES),
    "intensity_volume": Family(
        "intensity-volume histogram",
        "intensity-volume histogram",
        intensity_volume.compute,
        intensity_volume.FEATURES,
        aggregated=False,
    ),
    "local_intensity": Family(
        "local intensity",
        "local intensity",
        local_intensity.compute,
        local_intensity.FEATURES,
        aggregated=False,
        of_slices=False,
    ),
    "shape_2d": Family(
        "shape of the slice",
        "shape of the slice",
        slice_shape.compute,
        slice_shape.FEATURES,
        aggregated=False,
        of_volume=False,
        of_responses=False,
    ),
}


def chosen_features(family: Family, feature_set: str) -> tuple[Feature, ...]:
    """Return the features of a family that belong to a set, `recommended` or `all`."""
    return tuple(feature for feature in family.features if feature.recommended or feature_set == "all")


def region_features(region: Region, families: Iterable[str], feature_set: str) -> dict[str, np.ndarray]:
    """Return features by `family.name`, [R] each, families and features in a fixed order.

    Args:
        region: The region, by slice or as a volume.
        families: Names of the families.
        feature_set: "recommended" or "all".
    """
    features = {}
    for name in families:
        family = BY_NAME[name]
        computed = family.compute(region)
        chosen = chosen_features(family, feature_set)
        features.update({f"{name}.{feature.name}": computed[feature.name] for feature in chosen})
    return features


def volume_features(
    region: Region, families: Iterable[str], feature_set: str, dimensions: Iterable[str]
) -> dict[str, float]:
    """Return the features of a volume by `<dimension>.<family>.<name>`; see `Region` for the dimensions.

    Features of 2d are means over the slices that have a value. Families that do not count neighbours have the dimension
    3d alone; in a name, 2.5d is written 2_5d.
    """
    names = [name for name in families if BY_NAME[name].of_volume]
    fixed = [name for name in names if not BY_NAME[name].aggregated]
    features: dict[str, float] = {}
    for dimension in dimensions:
        of_dimension = [name for name in names if BY_NAME[name].aggregated]
        counted = region.counted(dimension)
        computed = region_features(counted, of_dimension, feature_set)
        prefix = dimension.replace(".", "_")
        features |= {f"{prefix}.{name}": float(mean_of_present(values[None])[0]) for name, values in computed.items()}
    own = region_features(region.counted("3d"), fixed, feature_set)
    return {f"3d.{name}": float(values[0]) for name, values in own.items()} | features
