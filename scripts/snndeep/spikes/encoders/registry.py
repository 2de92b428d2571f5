"""The list of encoders. To add one: write a module with an `Encoder` class and add a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snndeep.registry import import_member
from snndeep.spikes.encoders.base import Encoder

ENCODERS = {
    "rate": "snndeep.spikes.encoders.rate",
    "latency": "snndeep.spikes.encoders.latency",
    "population": "snndeep.spikes.encoders.population",
}


def load_encoder(name: str, settings: Mapping[str, Any]) -> Encoder:
    """Make an encoder from its settings.

    Raises:
        ConfigError: If there is no encoder of that name, or a setting is impossible.
    """
    return import_member("encoder", ENCODERS, name).ENCODER(**settings)
