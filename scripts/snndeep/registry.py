"""Lists of modules by name, from which one is imported when it is asked for.

Modules are named, not imported: a conda environment holds one backend alone, and editing one member of a family re-runs
only what uses that member.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from snndeep.errors import ConfigError


def import_member(kind: str, members: Mapping[str, str], name: str) -> ModuleType:
    """Import the module of one member of a family.

    Args:
        kind: What the family is called in messages, for instance `learning rule`.
        members: Module by name.
        name: Which.

    Raises:
        ConfigError: If the family has no such member.
    """
    if name not in members:
        raise ConfigError(
            f"There is no such {kind}.", where=kind, found=repr(name), expected=f"one of {', '.join(members)}"
        )
    return import_module(members[name])
