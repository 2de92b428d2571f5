"""Settings of the inspection of a trained model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class InsightSettings(Settings):
    """The section `insight` of the configuration."""

    key: ClassVar[str] = "insight"

    repeats: int = setting(
        10, "Number of permutations of every feature from which its importance is measured.", least=1
    )
