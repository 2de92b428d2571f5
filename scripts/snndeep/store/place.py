"""Where a file of the store belongs: `<store>/<stage>/<address>/<name>`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ADDRESS = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Place:
    """A file's place in the store.

    Attributes:
        stage: Name of the stage that made it.
        address: Digest of everything that it depends on.
        name: Its path below the folder of the address.
    """

    stage: str
    address: str
    name: str

    def __str__(self) -> str:
        return f"{self.stage}/{self.address}/{self.name}"


def place_of(path: Path) -> Place:
    """Return a file's place, read from its path; stage and address are empty for a file outside the store."""
    parts = Path(path).parts
    for k in range(len(parts) - 2, 0, -1):
        if ADDRESS.fullmatch(parts[k]):
            return Place(parts[k - 1], parts[k], "/".join(parts[k + 1 :]))
    return Place("", "", Path(path).name)
