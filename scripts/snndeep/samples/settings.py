"""Settings of the samples and of the scaling and selection of their features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snndeep.errors import ConfigError
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
    within_patient: str = setting(
        "auto",
        "Features relative to the other slices of the same scan: none (the features as they are), zscore (relative ones "
        "instead), both (twice as many features are kept), or auto (none or both, whichever is better in cross-validation "
        "inside the training parts of a fold).",
        choices=("none", "zscore", "both", "auto"),
    )
    max_correlation: float = setting(
        0.98, "Of two features whose correlation exceeds this, the weaker is left out.", above=0, most=1
    )
    min_icc: float = setting(
        0.0,
        "Features whose intraclass correlation ICC(1,1) under small changes of mask, noise and grid is lower over the training "
        "cases are left out; 0 keeps all.",
        least=0,
        most=1,
    )
    measurements: str = setting(
        "", "For min_icc, the repeated measurements: measurements.parquet as scripts/stability.py writes it."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_icc and not self.measurements:
            raise ConfigError(
                "The stability of features is asked for, but not measured.",
                where="preprocessing.measurements",
                found="no file",
                expected="measurements.parquet, as scripts/stability.py writes it",
            )
