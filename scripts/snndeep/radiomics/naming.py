"""What a column of features is called where people read it: full name, unit and reference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from snndeep.radiomics import morphology
from snndeep.radiomics.families import BY_NAME
from snndeep.radiomics.feature import HU, HU_SQUARED, NONE, Feature

DIMENSIONS = {"2d": "2D", "2_5d": "2.5D", "3d": "3D"}

FAMILY_TITLES = {
    "morphology": "shape",
    "shape_2d": "shape of the slice",
    "local_intensity": "local intensity",
    "intensity_statistics": "intensity",
    "intensity_histogram": "intensity histogram",
    "intensity_volume": "intensity-volume histogram",
} | {name: name.replace("_averaged", " averaged").upper().replace("AVERAGED", "averaged") for name in BY_NAME if name[:2] in ("gl", "ng")}
"""What a family is called in front of a feature: matrices by their usual letters."""

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
def _features_of(family: str) -> dict[str, Feature]:
    features = morphology.FEATURES if family == "morphology" else BY_NAME[family].features
    return {feature.name: feature for feature in features}


def family_title(family: str) -> str:
    """Return what a family is called; an unknown one by its name without underscores."""
    dimension, _, name = family.rpartition(".")
    title = FAMILY_TITLES.get(name, name.replace("_", " "))
    return f"{title} ({DIMENSIONS[dimension]})" if dimension in DIMENSIONS else title


def column_name(column: str) -> ColumnName:
    """Return the names of `[<dimension>.][<filter>.]<family>.<feature>`; of any other column, what it says."""
    *before, family, name = ["", "", *column.split(".")]
    before = [part for part in before if part]
    known = family == "morphology" or family in BY_NAME
    feature = _features_of(family).get(name) if known else None
    if feature is None:
        return ColumnName(column.replace("_", " "), NONE, "")
    dimension = DIMENSIONS[before.pop(0)] if before and before[0] in DIMENSIONS else ""
    response = before[0].replace("_", " ") if before else ""
    where = ", ".join(part for part in (dimension, f"filter {response}" if response else "") if part)
    title = f"{FAMILY_TITLES[family]}: {feature.title}" + (f" ({where})" if where else "")
    unit = _OF_RESPONSES.get(feature.unit, feature.unit) if response else feature.unit
    return ColumnName(title, unit, feature.code)
