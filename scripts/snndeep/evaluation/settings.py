"""How models are evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class EvaluationSettings(Settings):
    """The section `evaluation` of the configuration; `seed` decides the resamples."""

    key: ClassVar[str] = "evaluation"

    top_share: tuple[float, ...] = setting(
        (0.05, 0.1, 0.25, 1.0),
        "Candidates for the share of a patient's slices, the highest, whose mean score is the patient's score; chosen on "
        "validation patients.",
        above=0,
        most=1,
        min_items=1,
        unique=True,
    )
    bootstrap: int = setting(1000, "Resamples of patients for intervals and comparisons.", least=19)
    calibration_bins: int = setting(10, "Bins of equal width in the calibration error.", least=2)
    seed: int = field(kw_only=True)
