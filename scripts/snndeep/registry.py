"""Lists of modules by name, from which one is imported when it is asked for.

Modules are named, not imported: a conda environment holds one backend alone, and editing one member of a family re-runs
only what uses that member.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from snndeep.errors import ConfigError, InvalidInputError


def import_member(kind: str, members: Mapping[str, str], name: str, attribute: str, base: type) -> Any:
    """Import one member of a family.

    Args:
        kind: The family in messages, for instance `learning rule`.
        members: Module by name.
        name: Of the member.
        attribute: The name under which its module holds it.
        base: What it must be an instance of.

    Raises:
        ConfigError: If the family has no such member.
        InvalidInputError: If the module does not hold a member of the family.
    """
    if name not in members:
        raise ConfigError(
            f"There is no such {kind}.", where=kind, found=repr(name), expected=f"one of {', '.join(members)}"
        )
    member = getattr(import_module(members[name]), attribute, None)
    if not isinstance(member, base):
        raise InvalidInputError(
            f"A module of the registry holds no {kind}.",
            where=f"{members[name]}.{attribute}",
            found=type(member).__name__,
            expected=f"an instance of {base.__name__}",
        )
    return member
