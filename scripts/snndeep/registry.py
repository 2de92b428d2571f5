"""Import of one member of a family (backends, learning rules, encoders) by its name in a registry.

A registry names modules instead of importing them: a conda environment holds only one backend, and editing one member
of a family re-runs only what uses that member.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from snndeep.errors import ConfigError, InvalidInputError


def import_member(kind: str, members: Mapping[str, str], name: str, attribute: str, base: type) -> Any:
    """Import one member of a family.

    Args:
        kind: What a member is called in messages, for instance `learning rule`.
        members: Dotted path of each member's module, by the member's name.
        name: Name of the member.
        attribute: Name of the module attribute that holds the member.
        base: Class that the member must be an instance of.

    Raises:
        ConfigError: If the family has no member of this name.
        InvalidInputError: If the attribute is missing or not an instance of `base`.
    """
    if name not in members:
        raise ConfigError(
            f"This {kind} does not exist.", where=kind, found=repr(name), expected=f"one of {', '.join(members)}"
        )
    member = getattr(import_module(members[name]), attribute, None)
    if not isinstance(member, base):
        raise InvalidInputError(
            f"A module in the registry does not define a {kind}.",
            where=f"{members[name]}.{attribute}",
            found=type(member).__name__,
            expected=f"an instance of {base.__name__}",
        )
    return member
