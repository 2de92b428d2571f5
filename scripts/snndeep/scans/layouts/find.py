"""Which layout a folder has."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from snndeep.errors import DatasetError
from snndeep.scans.layouts import LAYOUTS
from snndeep.scans.layouts.found import Found


def find_layout(folder: Path) -> tuple[str, Found]:
    """Return the name of the layout of a folder and what is in it.

    Raises:
        DatasetError: If the folder has none of the known layouts.
    """
    if folder.is_dir():
        for name, module in LAYOUTS.items():
            found: Found | None = import_module(module).find_scans(folder)
            if found is not None and found.scans:
                return name, found
    raise DatasetError(
        "The folder has none of the known layouts.",
        where=str(folder),
        found=_contents(folder),
        expected=", ".join(LAYOUTS),
        remedy="Write a table with the columns image, mask and patient; docs/own-scans.md shows one.",
    )


def _contents(folder: Path) -> str:
    if not folder.is_dir():
        return "no such folder"
    names = sorted(path.name for path in folder.iterdir())
    return f"{len(names)} entries: {', '.join(names[:6])}{', ...' if len(names) > 6 else ''}"
