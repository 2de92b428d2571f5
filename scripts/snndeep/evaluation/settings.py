"""How models are evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class EvaluationSettings(Settings):
    """The section `evaluation` of the configuration; `seed` decides the resamples."""

    key: ClassVar[str] = "evaluation"

    top_slices: tuple[int, ...] = setting(
        (1, 3, 5, 10),
        "Candidates for the number of highest slice scores whose mean is a patient's score; chosen on validation patients.",
        least=1,
        min_items=1,
        unique=True,
    )
    bootstrap: int = setting(1000, "Resamples of patients for intervals and comparisons.", least=10)
    calibration_bins: int = setting(10, "Bins of equal width in the expected calibration error.", least=2)
    seed: int = field(kw_only=True)
