"""Bounds on what comes from outside, so that a file which asks for too much is named before it takes the memory.

They are the section `limits` of the configuration and reach jobs through the environment; a command that a person types has
the defaults. They change no result.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from snndeep.errors import DatasetError, LimitError
from snndeep.settings import Settings, setting

VARIABLES = {"table_rows": "SNNDEEP_MOST_TABLE_ROWS", "scan_voxels": "SNNDEEP_MOST_SCAN_VOXELS"}
MOST_CONFIGURATION_VALUES = 100_000
_LONGEST_ROW = 1 << 16


@dataclass(frozen=True)
class LimitSettings(Settings):
    """Bounds on what comes from outside; they change no result."""

    key: ClassVar[str] = "limits"

    table_rows: int = setting(100_000, "The most rows of a table of scans.", least=1)
    scan_voxels: int = setting(1 << 31, "The most voxels of a scan, as its header announces them.", least=1)

    def to_environment(self) -> dict[str, str]:
        """Return them as variables of the environment."""
        return {variable: str(getattr(self, name)) for name, variable in VARIABLES.items()}


def limits() -> LimitSettings:
    """Return the bounds that the environment gives, else the defaults."""
    given = {name: int(os.environ[variable]) for name, variable in VARIABLES.items() if os.environ.get(variable)}
    return LimitSettings(**given)


def require_voxels(shape: tuple[int, ...], where: str) -> None:
    """Check that a scan is not larger than any that can be worked on.

    Raises:
        LimitError: If its header announces more voxels than `limits.scan_voxels`.
    """
    most, voxels = limits().scan_voxels, 1
    for size in shape:
        voxels *= int(size)
    if voxels > most:
        raise LimitError(
            "A scan announces more voxels than the limit.",
            where=where,
            found=f"{' x '.join(map(str, shape))} voxels",
            expected=f"up to {most}",
            remedy="If the scan is that large, raise limits.scan_voxels and the memory of the jobs.",
        )


def require_rows(table: Path, most: int) -> None:
    """Check that a table of scans is a file, and has no more rows than can be worked on.

    Raises:
        DatasetError: If it is a pipe or a device.
        LimitError: If it has more rows than `limits.table_rows`, or a row without end.
        OSError: If it cannot be read.
    """
    if not stat.S_ISREG(table.stat().st_mode):
        raise DatasetError("The table is not a file.", where=str(table), found="a pipe or a device", expected="a file")
    with table.open("rb") as file:
        rows = 0
        while line := file.readline(_LONGEST_ROW):
            rows += 1
            if rows > most + 1 or len(line) == _LONGEST_ROW:
                raise LimitError(
                    "The table is larger than the limit.",
                    where=str(table),
                    found=f"more than {rows - 1} rows"
                    if rows > most
                    else f"line {rows} longer than {_LONGEST_ROW} bytes",
                    expected=f"up to {most} rows",
                    remedy="If the data set is that large, raise limits.table_rows.",
                )


def require_extent(config: Any) -> None:
    """Check that a configuration is no larger than a person writes; a few lines of YAML can stand for billions of values.

    Raises:
        LimitError: If it holds more than `MOST_CONFIGURATION_VALUES` values.
    """
    waiting, count = [config], 0
    while waiting:
        value = waiting.pop()
        count += 1
        if count > MOST_CONFIGURATION_VALUES:
            raise LimitError(
                "The configuration is larger than the limit.",
                where="the whole configuration",
                found=f"more than {MOST_CONFIGURATION_VALUES} values",
                expected="a configuration as a person writes it",
                remedy="Take out what repeats itself, such as nested aliases of YAML.",
            )
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
