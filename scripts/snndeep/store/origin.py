"""Where the scans of published results come from, so that results of other scans do not take their place unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from snndeep.errors import ConfigError

IN_WORDS = {
    "phantom": "synthetic scans (dataset.source phantom)",
    "directory": "the user's own scans (dataset.source directory)",
    "msd": "Task03_Liver (dataset.source msd)",
}


@dataclass(frozen=True)
class Origin:
    """Where the scans of a run come from.

    Attributes:
        source: phantom, directory or msd.
        place: The folder or table of the user's own scans; empty for other sources.
        scans: The user's own scans: their names and the digests of what they are.
    """

    source: str
    place: str = ""
    scans: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Origin:
        """Rebuild from the values of `to_json`."""
        return cls(str(values["source"]), str(values["place"]), tuple(values["scans"]))

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {**asdict(self), "scans": list(self.scans)}

    def __str__(self) -> str:
        return IN_WORDS.get(self.source, self.source) + (f" in {self.place}" if self.place else "")

    def is_that_of(self, other: Origin) -> bool:
        """Return whether two runs are of the same scans: moved, replaced in part, fewer or more, but not all others."""
        if self.source != other.source:
            return False
        known = set(self.scans)
        return not known or not other.scans or self.place == other.place or not known.isdisjoint(other.scans)


def refuse_other_origin(folder: Path, published: Origin | None, asked: Origin) -> None:
    """Refuse to publish results of other scans under the name of a run.

    Args:
        folder: The run's folder.
        published: Where the scans of its results come from; None if that is not recorded.
        asked: Where those of the present configuration come from.

    Raises:
        ConfigError: If they are others.
    """
    if published is None or asked.is_that_of(published):
        return
    raise ConfigError(
        f"The results of run '{folder.name}' come from other scans than the configuration names.",
        where=str(folder),
        found=f"results from {published}",
        expected=f"results from {asked}",
        remedy=(
            f"If the scans of the results are meant, name them again (for instance with --configfile). If not, choose "
            f"another name (--config run=NAME), or remove {folder} to make this run of the other scans."
        ),
    )
