"""How features are extracted."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from snndeep.errors import ConfigError
from snndeep.radiomics.families import BY_NAME

DEFAULT_FAMILIES = (
    "intensity_statistics",
    "intensity_histogram",
    "glcm",
    "glrlm",
    "glszm",
    "ngtdm",
    "ngldm",
)
"""The families of IBSI's recommended set: 79 features."""

FAMILIES = tuple(BY_NAME)
"""All families; `_averaged` averages features over directions where the plain family merges matrices."""

FEATURE_SETS = ("recommended", "all")


@dataclass(frozen=True)
class FeatureSettings:
    """Conventions of feature extraction, one to one the section `features` of the configuration.

    Attributes:
        resegmentation: Lowest and highest HU that stay in the intensity mask.
        bin_width: Width of a grey level, in HU, counted from the lower bound (fixed bin size, IBSI Q3RU).
        slice_spacing: In-plane spacing of resampled slices, in mm; the thickness stays as it is.
        patient_spacing: Isotropic spacing of the resampled volume, in mm.
        mask_threshold: A resampled voxel belongs to the region if its mask value is at least this.
        min_organ_area: Slices with less organ than this, in mm², are not samples.
        families: Families to extract, of `FAMILIES`.
        patient_features: Whether to extract the features of the volume, morphology included.
        feature_set: Within each family, the features that IBSI recommends or "all".
    """

    resegmentation: tuple[float, float] = (-150.0, 250.0)
    bin_width: float = 25.0
    slice_spacing: float = 1.0
    patient_spacing: float = 2.0
    mask_threshold: float = 0.5
    min_organ_area: float = 100.0
    families: tuple[str, ...] = DEFAULT_FAMILIES
    patient_features: bool = True
    feature_set: str = "recommended"

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, list):
                # Settings come as JSON, which has no tuples; a frozen value must not hold a list.
                object.__setattr__(self, field.name, tuple(value))
        self._check_numbers()
        self._check_names()

    def _check_numbers(self) -> None:
        # Intensities are whole HU of 16 bits, so a bin below 1 HU would be empty and more than 65535 uncountable.
        low_high = self.resegmentation
        if len(low_high) != 2 or not -32768 <= math.ceil(low_high[0]) < math.floor(low_high[1]) <= 32767:
            raise _impossible("resegmentation", low_high, "two HU, the lower one first, from -32768 to 32767")
        if not 1 <= self.bin_width < math.inf:
            raise _impossible("bin_width", self.bin_width, "at least 1 HU")
        for name in ("slice_spacing", "patient_spacing", "min_organ_area"):
            if not 0 < getattr(self, name) < math.inf:
                raise _impossible(name, getattr(self, name), "a positive number")
        if not 0 < self.mask_threshold <= 1:
            raise _impossible("mask_threshold", self.mask_threshold, "above 0 and at most 1")

    def _check_names(self) -> None:
        unknown = [name for name in self.families if name not in FAMILIES]
        if unknown or not self.families or len(set(self.families)) < len(self.families):
            raise _impossible("families", self.families, f"some of {', '.join(FAMILIES)}, each once")
        if self.feature_set not in FEATURE_SETS:
            raise _impossible("feature_set", self.feature_set, " or ".join(FEATURE_SETS))


def _impossible(key: str, found: object, expected: str) -> ConfigError:
    return ConfigError(
        "The feature settings are impossible.",
        where=f"features.{key}",
        found=str(found),
        expected=expected,
        remedy="Correct the key in the configuration.",
    )
