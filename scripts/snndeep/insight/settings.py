"""How a trained model is looked into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class InsightSettings(Settings):
    """The section `insight` of the configuration."""

    key: ClassVar[str] = "insight"

    repeats: int = setting(10, "How often every feature is permuted to measure its importance.", least=1)
