"""How features are extracted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from snndeep.errors import ConfigError
from snndeep.radiomics.discretisation import METHODS, Discretisation
from snndeep.radiomics.families import FAMILIES
from snndeep.radiomics.family_settings import FamilySettings, IntensityVolumeSettings
from snndeep.radiomics.filters.base import ImageFilter
from snndeep.radiomics.filters.registry import filter_from_mapping
from snndeep.radiomics.neighbourhood import DependenceSettings, Neighbourhood
from snndeep.radiomics.presets import PRESETS
from snndeep.radiomics.region import DIMENSIONS
from snndeep.radiomics.resampling import ORDERS
from snndeep.settings import Settings, section, setting

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

FEATURE_SETS = ("recommended", "all")
GRIDS = ("isotropic", "in_plane", "native")


@dataclass(frozen=True)
class FeatureSettings(Settings):
    """Conventions of feature extraction (IBSI), the section `features` of the configuration."""

    preset: str = setting(
        "none",
        "A known configuration, which takes the place of the keys that it fixes: IBSI's A to E, or the defaults of "
        "pyradiomics.",
        choices=tuple(PRESETS),
    )
    resegmentation: tuple[float, float] | None = setting(
        (-150.0, 250.0), "Lowest and highest HU of the intensity mask; null for no limits."
    )
    outlier_sigma: float = setting(
        0.0,
        "Voxels further than this many standard deviations from the mean of the region leave the intensity mask (IBSI has "
        "3); 0 for none.",
        least=0,
    )
    discretisation: str = setting(
        "fixed_bin_size",
        "fixed_bin_size (bins of bin_width from the lower limit of resegmentation, or the minimum without one), "
        "fixed_bin_number (bin_number equal bins from minimum to maximum), or fixed_bin_size_aligned (bins of bin_width at "
        "multiples of it, the first one at the minimum, as pyradiomics has it).",
        choices=METHODS,
    )
    bin_width: float = setting(25.0, "Width of a grey level in HU.", above=0)
    bin_number: int = setting(
        32, "Number of grey levels for fixed_bin_number and for the responses of filters.", least=2, most=65535
    )
    grid: str = setting(
        "isotropic",
        "Grid of the whole organ, isotropic (patient_spacing along all axes), in_plane (patient_spacing in the plane, slices "
        "as they are) or native (no interpolation, also of slices).",
        choices=GRIDS,
    )
    slice_spacing: float = setting(1.0, "In-plane spacing of slices in mm; the thickness stays as it is.", above=0)
    patient_spacing: float = setting(2.0, "Spacing of the whole organ in mm.", above=0)
    image_interpolation: str = setting(
        "linear", "Interpolation of the image, nearest, linear or cubic (spline).", choices=ORDERS
    )
    mask_interpolation: str = setting(
        "linear", "Interpolation of the mask, nearest, linear or cubic (spline).", choices=ORDERS
    )
    anti_aliasing: bool = setting(
        False, "Smooth before downsampling by r, with a Gaussian of (r - 1) / 2 voxels along each axis."
    )
    mask_threshold: float = setting(
        0.5, "A resampled voxel belongs to the region from this value of the resampled mask on.", above=0, most=1
    )
    min_organ_area: float = setting(100.0, "Least organ in mm² that makes a slice a sample.", above=0)
    families: tuple[str, ...] = setting(
        DEFAULT_FAMILIES, "Feature families.", choices=tuple(FAMILIES), min_items=1, unique=True
    )
    feature_set: str = setting(
        "recommended", "Within each family, the features that IBSI recommends, or all.", choices=FEATURE_SETS
    )
    patient_features: bool = setting(True, "Also extract the features of the whole organ, with morphology.")
    patient_dimensions: tuple[str, ...] = setting(
        ("3d",),
        "How textures of the whole organ are counted, 3d (neighbours in space), 2.5d (in the plane, one matrix of all slices) "
        "or 2d (in the plane, features averaged over slices). Families without suffix merge directions, those with _averaged "
        "average over them.",
        choices=DIMENSIONS,
        min_items=1,
        unique=True,
    )
    filters: tuple[dict[str, Any], ...] = setting(
        (),
        "Image filters (IBSI 2) whose responses get all families too, each with its name under `filter` and its parameters, "
        "see docs/features.md.",
    )
    glcm: Neighbourhood = section(Neighbourhood, "Neighbours of the co-occurrence matrix.")
    ngtdm: Neighbourhood = section(Neighbourhood, "Neighbours of the grey-tone difference matrix.")
    ngldm: DependenceSettings = section(DependenceSettings, "Neighbours of the dependence matrix.")
    intensity_volume: IntensityVolumeSettings = section(
        IntensityVolumeSettings, "Bins of the intensity-volume histogram."
    )

    def __post_init__(self) -> None:
        hints = {"glcm": Neighbourhood, "ngtdm": Neighbourhood, "ngldm": DependenceSettings}
        sections: dict[str, type[Settings]] = {**hints, "intensity_volume": IntensityVolumeSettings}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in sections and isinstance(value, Mapping):
                value = sections[field.name].from_mapping(value, f"features.{field.name}")
            elif isinstance(value, list):
                # Settings come as JSON, which has no tuples; a frozen value must not hold a list.
                value = tuple(value)
            object.__setattr__(self, field.name, value)
        built = tuple(filter_from_mapping(item) if isinstance(item, Mapping) else item for item in self.filters)
        object.__setattr__(self, "filters", built)
        super().__post_init__()
        self._check_numbers()
        self._check_lists()

    def _check_numbers(self) -> None:
        # Intensities are whole HU of 16 bits, so a bin below 1 HU would be empty and more than 65535 uncountable.
        low_high = self.resegmentation
        if low_high is not None and (
            len(low_high) != 2 or not -32768 <= math.ceil(low_high[0]) < math.floor(low_high[1]) <= 32767
        ):
            raise _impossible("resegmentation", low_high, "two HU, the lower one first, from -32768 to 32767")
        if not 1 <= self.bin_width < math.inf:
            raise _impossible("bin_width", self.bin_width, "at least 1 HU")

    def _check_lists(self) -> None:
        for key in ("families", "patient_dimensions"):
            values = getattr(self, key)
            if not values or len(set(values)) < len(values):
                raise _impossible(key, values, "at least one, each once")
        labels = [image_filter.label for image_filter in self.image_filters]
        if len(set(labels)) < len(labels):
            raise _impossible("filters", labels, "filters that differ")

    def resolved(self) -> FeatureSettings:
        """Return the settings with those of the preset in their places."""
        fixed = dict(PRESETS[self.preset])
        return replace(self, preset="none", **fixed) if fixed else self

    @property
    def image_filters(self) -> tuple[ImageFilter, ...]:
        """The filters."""
        return self.filters  # type: ignore[return-value]  # built in __post_init__

    @cached_property
    def how(self) -> Discretisation:
        """How intensities become grey levels."""
        return Discretisation(
            self.resegmentation, self.outlier_sigma, self.discretisation, self.bin_width, self.bin_number
        )

    @cached_property
    def of_families(self) -> FamilySettings:
        """The conventions of single families."""
        return FamilySettings(self.glcm, self.ngtdm, self.ngldm, self.intensity_volume)

    @property
    def needs_surroundings(self) -> bool:
        """Whether the image outside of the region has a part in the features of the volume."""
        return bool(self.filters) or "local_intensity" in self.families

    def patient_grid(self) -> tuple[float | None, float | None, float | None]:
        """Return the spacing of the volume's samples along x, y, z, in mm; None keeps the voxels."""
        step = None if self.grid == "native" else self.patient_spacing
        return step, step, step if self.grid == "isotropic" else None

    def slice_grid(self) -> tuple[float | None, float | None, None]:
        """Return the spacing of the slices' samples along x, y, z, in mm; None keeps the voxels."""
        step = None if self.grid == "native" else self.slice_spacing
        return step, step, None


def _impossible(key: str, found: object, expected: str) -> ConfigError:
    return ConfigError(
        "The feature settings are impossible.",
        where=f"features.{key}",
        found=str(found),
        expected=expected,
        remedy="Correct the key in the configuration.",
    )
