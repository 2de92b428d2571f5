"""The list of encoders. To add one: write a module with an `Encoder` class and add a line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from snndeep.encoders.base import Encoder
from snndeep.errors import ConfigError

# Modules are named, not imported, so that editing one encoder re-runs only what uses it.
ENCODERS = {
    "rate": "snndeep.encoders.rate",
    "latency": "snndeep.encoders.latency",
    "population": "snndeep.encoders.population",
}


def load_encoder(name: str, settings: Mapping[str, Any]) -> Encoder:
    """Make an encoder from its settings.

    Raises:
        ConfigError: If there is no encoder of that name, or a setting is impossible.
    """
    if name not in ENCODERS:
        raise ConfigError(
            "There is no such encoder.", where="encoder", found=repr(name), expected=f"one of {', '.join(ENCODERS)}"
        )
    return import_module(ENCODERS[name]).ENCODER(**settings)
