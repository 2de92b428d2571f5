"""The list of backends. To add one: write a module with a `Backend` class and add a line here."""

from __future__ import annotations

from importlib import import_module

from snndeep.backends.base import Backend
from snndeep.errors import ConfigError

# Modules are named, not imported: a conda environment holds one backend alone.
BACKENDS = {
    "custom": "snndeep.backends.custom",
    "snntorch": "snndeep.backends.snntorch",
    "spikingjelly": "snndeep.backends.spikingjelly",
}


def load_backend(name: str) -> Backend:
    """Import a backend and return it.

    Raises:
        ConfigError: If there is no backend of that name.
    """
    if name not in BACKENDS:
        raise ConfigError(
            "There is no such backend.",
            where="backend",
            found=repr(name),
            expected=f"one of {', '.join(BACKENDS)}",
        )
    return import_module(BACKENDS[name]).BACKEND
