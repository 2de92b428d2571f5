"""Settings of the look of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snndeep.settings import Settings, setting

PALETTES = (
    "colorblind", "deep", "muted", "bright", "pastel", "dark", "husl", "hls", "tab10", "tab20", "Set1", "Set2", "Set3",
    "Paired", "Dark2", "viridis", "cividis", "rocket", "mako", "flare", "crest",
)  # fmt: skip
"""Palettes that seaborn knows; planning cannot ask it, because it is not installed everywhere."""


@dataclass(frozen=True)
class ReportSettings(Settings):
    """The section `report` of the configuration."""

    key: ClassVar[str] = "report"

    title: str = setting("SNNDeep", "Title of the report.")
    palette: str = setting("colorblind", "Seaborn palette of the figures.", choices=PALETTES)
