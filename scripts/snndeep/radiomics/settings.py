"""How features are extracted."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from snndeep.errors import ConfigError
from snndeep.radiomics.families import BY_NAME
from snndeep.settings import Settings, setting

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
class FeatureSettings(Settings):
    """Conventions of feature extraction (IBSI), the section `features` of the configuration."""

    resegmentation: tuple[float, float] = setting((-150.0, 250.0), "Lowest and highest HU of the intensity mask.")
    bin_width: float = setting(25.0, "Width of a grey level in HU, counted from the lower bound (IBSI Q3RU).", above=0)
    slice_spacing: float = setting(1.0, "In-plane spacing of slices in mm; the thickness stays as it is.", above=0)
    patient_spacing: float = setting(2.0, "Isotropic spacing of the whole organ in mm.", above=0)
    mask_threshold: float = setting(
        0.5, "A resampled voxel belongs to the region from this value of the resampled mask on.", above=0, most=1
    )
    min_organ_area: float = setting(100.0, "Least organ in mm² that makes a slice a sample.", above=0)
    families: tuple[str, ...] = setting(
        DEFAULT_FAMILIES, "Feature families.", choices=FAMILIES, min_items=1, unique=True
    )
    feature_set: str = setting(
        "recommended", "Within each family, the features that IBSI recommends, or all.", choices=FEATURE_SETS
    )
    patient_features: bool = setting(True, "Also extract the features of the whole organ in 3D, with morphology.")

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, list):
                # Settings come as JSON, which has no tuples; a frozen value must not hold a list.
                object.__setattr__(self, field.name, tuple(value))
        super().__post_init__()
        # Intensities are whole HU of 16 bits, so a bin below 1 HU would be empty and more than 65535 uncountable.
        low_high = self.resegmentation
        if len(low_high) != 2 or not -32768 <= math.ceil(low_high[0]) < math.floor(low_high[1]) <= 32767:
            raise _impossible("resegmentation", low_high, "two HU, the lower one first, from -32768 to 32767")
        if not 1 <= self.bin_width < math.inf:
            raise _impossible("bin_width", self.bin_width, "at least 1 HU")
        if not self.families or len(set(self.families)) < len(self.families):
            raise _impossible("families", self.families, f"some of {', '.join(FAMILIES)}, each once")


def _impossible(key: str, found: object, expected: str) -> ConfigError:
    return ConfigError(
        "The feature settings are impossible.",
        where=f"features.{key}",
        found=str(found),
        expected=expected,
        remedy="Correct the key in the configuration.",
    )
