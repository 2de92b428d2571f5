"""Room on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from tqdm import tqdm

from snndeep.errors import StorageError
from snndeep.store.files import explained


def size_text(size: int) -> str:
    """Return a number of bytes for people: 28.9GB."""
    return tqdm.format_sizeof(size, "B")


def require_space(folder: Path, needed: int) -> None:
    """Make sure that a folder exists and that its disk has room.

    Args:
        folder: Made if it does not exist.
        needed: Bytes that are going to be written.

    Raises:
        StorageError: If there is less room, or the folder cannot be made.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            "There is not enough room on the disk.",
            where=str(folder),
            found=f"{size_text(free)} free",
            expected=size_text(needed),
            remedy="Make room, or set `store` to a folder on another disk; what was fetched so far is kept.",
        )
