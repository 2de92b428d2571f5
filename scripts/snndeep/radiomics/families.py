"""The families by name: which module computes each, and which of its features IBSI recommends."""

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
    ngldm,
    ngtdm,
)
from snndeep.radiomics.region import Region


@dataclass(frozen=True)
class Family:
    """A family of features.

    Attributes:
        compute: Returns all features of a region by IBSI name, [R] each.
        recommended: Names of those that are kept unless all are asked for.
    """

    compute: Callable[[Region], dict[str, np.ndarray]]
    recommended: tuple[str, ...]


BY_NAME = {
    "intensity_statistics": Family(intensity_statistics.compute, intensity_statistics.RECOMMENDED),
    "intensity_histogram": Family(intensity_histogram.compute, intensity_histogram.RECOMMENDED),
    "glcm": Family(glcm.compute, glcm.RECOMMENDED),
    "glcm_averaged": Family(glcm.compute_averaged, glcm.RECOMMENDED),
    "glrlm": Family(glrlm.compute, glrlm.RECOMMENDED),
    "glrlm_averaged": Family(glrlm.compute_averaged, glrlm.RECOMMENDED),
    "glszm": Family(glszm.compute, glszm.RECOMMENDED),
    "gldzm": Family(gldzm.compute, gldzm.RECOMMENDED),
    "ngtdm": Family(ngtdm.compute, ngtdm.RECOMMENDED),
    "ngldm": Family(ngldm.compute, ngldm.RECOMMENDED),
}


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
        kept = computed if feature_set == "all" else family.recommended
        features.update({f"{name}.{feature}": computed[feature] for feature in kept})
    return features
