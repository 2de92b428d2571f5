"""The list of encoders. To add one: write a module with an `Encoder` class and add a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snndeep.encoders.base import Encoder
from snndeep.registry import import_member

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
    return import_member("encoder", ENCODERS, name).ENCODER(**settings)
