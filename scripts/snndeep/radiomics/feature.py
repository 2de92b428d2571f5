"""What a feature is called: short name, full name, reference in the standard and unit."""

from __future__ import annotations

from dataclasses import dataclass

NONE = "none"
HU = "HU"
HU_SQUARED = "HU²"
LEVELS = "grey levels"
LEVELS_SQUARED = "grey levels²"


@dataclass(frozen=True)
class Feature:
    """The names of a feature.

    Attributes:
        name: Short name, IBSI's tag without its family: the last part of a column's name.
        title: Full name as IBSI writes it.
        code: Identifier in the IBSI reference manual; empty for a feature that IBSI does not define.
        unit: Unit, `none` for a number without one.
        recommended: Whether it belongs to the default feature set.
    """

    name: str
    title: str
    code: str
    unit: str = NONE
    recommended: bool = True


def features(
    lines: str, unit: str = NONE, units: dict[str, str] | None = None, left_out: str = ""
) -> tuple[Feature, ...]:
    """Return the features that are described one a line, as `name code full name`.

    Args:
        lines: The lines; the code `-` stands for none.
        unit: Unit of all features that `units` does not name.
        units: Units by name.
        left_out: Names of the features that are not recommended, separated by blanks.
    """
    described = [line.split(maxsplit=2) for line in lines.strip().splitlines()]
    units, not_recommended = units or {}, left_out.split()
    return tuple(
        Feature(name, title, "" if code == "-" else code, units.get(name, unit), name not in not_recommended)
        for name, code, title in described
    )
