"""The conventions that single families have."""

from __future__ import annotations

from dataclasses import dataclass

from snndeep.radiomics.neighbourhood import DependenceSettings, Neighbourhood
from snndeep.settings import Settings, section, setting


@dataclass(frozen=True)
class IntensityVolumeSettings(Settings):
    """How the intensity-volume histogram is binned."""

    discretisation: str = setting(
        "none",
        "none (steps of 1 HU), fixed_bin_size or fixed_bin_number. Responses of filters always have a fixed number of bins.",
        choices=("none", "fixed_bin_size", "fixed_bin_number"),
    )
    bin_width: float = setting(2.5, "Width of a bin in HU, for fixed_bin_size.", above=0)
    bin_number: int = setting(1000, "Number of bins, for fixed_bin_number and for responses of filters.", least=2)


@dataclass(frozen=True)
class FamilySettings(Settings):
    """The conventions of all families that have some."""

    glcm: Neighbourhood = section(Neighbourhood, "Neighbours of the co-occurrence matrix.")
    ngtdm: Neighbourhood = section(Neighbourhood, "Neighbours of the grey-tone difference matrix.")
    ngldm: DependenceSettings = section(DependenceSettings, "Neighbours of the dependence matrix.")
    intensity_volume: IntensityVolumeSettings = section(
        IntensityVolumeSettings, "Bins of the intensity-volume histogram."
    )
