"""What a column of features is called where people read it: full name, unit and reference.

The names are those that the families give themselves. They are read from names.json, which `make reference` writes, since
the families' modules need packages that compile, and names are wanted where these are not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from snndeep.radiomics.feature import HU, HU_SQUARED, NONE

NAMES = Path(__file__).with_name("names.json")

RELATIVE = "relative."
"""How the columns of features begin that are taken relative to their scan, see `snndeep.samples.relative`."""

DIMENSIONS = {"2d": "2D", "2_5d": "2.5D", "3d": "3D"}

_OF_RESPONSES = {HU: "response", HU_SQUARED: "response²"}


@dataclass(frozen=True)
class ColumnName:
    """A column of features, for people.

    Attributes:
        title: Full name, such as `GLCM: cluster prominence (3D)`.
        unit: Unit, `none` for a number without one.
        code: Identifier in the IBSI reference manual, empty where there is none.
    """

    title: str
    unit: str
    code: str


@cache
def _families() -> dict[str, dict[str, dict[str, list[str]] | str]]:
    """Return by family what it is called in front of a feature, and by feature full name, unit and reference."""
    names: dict[str, dict[str, dict[str, list[str]] | str]] = json.loads(NAMES.read_text(encoding="utf-8"))
    return names


def family_title(family: str) -> str:
    """Return what a family is called; an unknown one by its name without underscores."""
    if family.startswith(RELATIVE):
        return f"{family_title(family.removeprefix(RELATIVE))}, relative to the patient"
    dimension, _, name = family.rpartition(".")
    title = str(_families()[name]["label"]) if name in _families() else name.replace("_", " ")
    return f"{title} ({DIMENSIONS[dimension]})" if dimension in DIMENSIONS else title


def column_name(column: str) -> ColumnName:
    """Return the names of `[<dimension>.][<filter>.]<family>.<feature>`; of any other column, what it says.

    A feature relative to its scan, `relative.<column>`, has no unit.
    """
    if column.startswith(RELATIVE):
        own = column_name(column.removeprefix(RELATIVE))
        return ColumnName(f"{own.title}, relative to the patient", NONE, own.code)
    *before, family, name = ["", "", *column.split(".")]
    before = [part for part in before if part]
    features = _families().get(family, {}).get("features", {})
    if not isinstance(features, dict) or name not in features:
        readable = name.replace("_", " ")
        return ColumnName(f"{family_title(family)}: {readable}" if family else readable, NONE, "")
    title, unit, code = features[name]
    dimension = DIMENSIONS[before.pop(0)] if before and before[0] in DIMENSIONS else ""
    response = before[0].replace("_", " ") if before else ""
    where = ", ".join(part for part in (dimension, f"filter {response}" if response else "") if part)
    full = f"{family_title(family)}: {title}" + (f" ({where})" if where else "")
    return ColumnName(full, _OF_RESPONSES.get(unit, unit) if response else unit, code)
