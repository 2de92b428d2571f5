"""The list of encoders. To add one: write a module with an `Encoder` class and add a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snndeep.errors import InvalidInputError
from snndeep.registry import import_member
from snndeep.spikes.encoders.base import Encoder

ENCODERS = {
    "rate": "snndeep.spikes.encoders.rate",
    "latency": "snndeep.spikes.encoders.latency",
    "population": "snndeep.spikes.encoders.population",
}
DEFAULT_ENCODER = "population"
"""What a learning rule reads unless it or the configuration says otherwise."""


def encoder_class(name: str) -> type[Encoder]:
    """Import the class of an encoder, which is that of its settings, and return it.

    Raises:
        ConfigError: If there is no encoder of that name.
    """
    found: type = import_member("encoder", ENCODERS, name, "ENCODER", type)
    if not issubclass(found, Encoder):
        raise InvalidInputError(
            "A module of the registry holds no encoder.",
            where=ENCODERS[name],
            found=found.__name__,
            expected="an Encoder",
        )
    return found


def load_encoder(name: str, settings: Mapping[str, Any]) -> Encoder:
    """Make an encoder from its settings.

    Raises:
        ConfigError: If there is no encoder of that name, or a setting is unknown or impossible.
    """
    return encoder_class(name).from_mapping(settings)
