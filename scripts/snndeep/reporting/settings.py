"""Settings of the look of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class ReportSettings(Settings):
    """The section `report` of the configuration."""

    key: ClassVar[str] = "report"

    title: str = setting("SNNDeep", "Title of the report.")
    palette: str = setting("colorblind", "Seaborn palette of the figures.")
