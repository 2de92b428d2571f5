"""Settings of the samples and of the scaling and selection of their features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class SampleSettings(Settings):
    """What counts as diseased."""

    key: ClassVar[str] = "samples"

    min_lesion_area: float = setting(
        25.0, "Minimum lesion area in mm² of a diseased slice; slices with a smaller lesion are left out.", above=0
    )


@dataclass(frozen=True)
class PreprocessingSettings(Settings):
    """How features are scaled and selected."""

    key: ClassVar[str] = "preprocessing"

    scaler: str = setting(
        "standard",
        "standard (mean, standard deviation) or robust (median, interquartile range).",
        choices=("standard", "robust"),
    )
    features: int = setting(
        32, "Number of features kept: those with the largest F statistic on the training part.", least=1
    )
    max_correlation: float = setting(
        0.98, "Of two features whose correlation exceeds this, the weaker is left out.", above=0, most=1
    )
