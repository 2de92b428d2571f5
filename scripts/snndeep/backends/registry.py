"""The list of backends. To add one: write a module with a `Backend` class and add a line here."""

from __future__ import annotations

from snndeep.backends.base import Backend
from snndeep.registry import import_member

BACKENDS = {
    "custom": "snndeep.backends.custom",
    "snntorch": "snndeep.backends.snntorch",
    "spikingjelly": "snndeep.backends.spikingjelly",
}
DEFAULT_BACKENDS = ("custom", "snntorch", "spikingjelly")
OWN_BACKEND = "custom"
"""The project's own engine, which reports compare with the others."""


def load_backend(name: str) -> Backend:
    """Import a backend and return it.

    Raises:
        ConfigError: If there is no backend of that name.
    """
    backend: Backend = import_member("backend", BACKENDS, name, "BACKEND", Backend)
    return backend
