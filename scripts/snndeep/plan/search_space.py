"""Check of a learning rule's search space against the rule's settings, before any work begins.

A setting is searched over a range, `{low, high, log}`, or over `{choices}`. Every value that the search can propose must
also be a valid value in the configuration.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from snndeep.errors import ConfigError
from snndeep.plan.schema import Schema, as_meant, searchable_schemas
from snndeep.settings import Settings

SPACE_SCHEMA: Schema = {
    "description": "By setting: {low, high, log} or {choices}.",
    "type": "object",
    "additionalProperties": {
        "oneOf": [
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["low", "high"],
                "properties": {"low": {"type": "number"}, "high": {"type": "number"}, "log": {"type": "boolean"}},
            },
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["choices"],
                "properties": {"choices": {"type": "array", "minItems": 1}},
            },
        ]
    },
}


def checked_space(where: str, space: Mapping[str, Any], kinds: list[type[Settings]]) -> dict[str, Any]:
    """Return a search space whose values are converted to the types of their settings.

    Args:
        where: Key of the search space in the configuration, for messages.
        space: A range or choices, by name of the setting.
        kinds: The classes of settings that are searched; every name must be a setting of one of them.

    Raises:
        ConfigError: If a name is unknown, a range is empty, or a setting cannot take a value.
    """
    known: dict[str, Schema] = {}
    for kind in kinds:
        known |= searchable_schemas(kind)
    checked = {}
    for name, choice in space.items():
        if name not in known:
            raise ConfigError(
                "The search space names a setting that the learning rule does not have.",
                where=f"{where}.{name}",
                found=name,
                expected=f"one of {', '.join(known)}",
            )
        checked[name] = _checked_choice(f"{where}.{name}", choice, known[name])
    return checked


def check_combinations(where: str, space: Mapping[str, Any], kind: type[Settings], base: Mapping[str, Any]) -> None:
    """Check that no two values which the search can propose together contradict each other.

    Tried are the extremes of every setting with those of every other, the rest as configured: settings are compared with
    one another in pairs, such as `tau_s < tau_m`.

    Args:
        where: Key of the search space in the configuration, for messages.
        space: See `checked_space`.
        kind: The class of the settings.
        base: The configured settings.

    Raises:
        ConfigError: If settings contradict each other.
    """
    extremes = {name: _extremes(choice) for name, choice in space.items()}
    for one, first in extremes.items():
        for other, second in extremes.items():
            for pair in itertools.product(first, second):
                proposed = dict(zip((one, other), pair, strict=True))
                try:
                    kind.from_mapping({**base, **proposed}, where)
                except ConfigError as error:
                    raise ConfigError(
                        "The search can propose settings that contradict each other.",
                        where=where,
                        found=", ".join(f"{name} {value}" for name, value in proposed.items()),
                        expected=error.expected,
                        remedy="Narrow the ranges so that they do not overlap, or search one of the settings alone.",
                    ) from error


def _extremes(choice: Mapping[str, Any]) -> list[Any]:
    return list(choice["choices"]) if "choices" in choice else [choice["low"], choice["high"]]


def _checked_choice(where: str, choice: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    if "choices" in choice:
        return {"choices": [_checked_value(where, value, schema) for value in choice["choices"]]}
    if not {"integer", "number"} & set(_types(schema)):
        raise ConfigError(
            "The search space has a range for a setting that is not a number.",
            where=where,
            found=str(dict(choice)),
            expected="{choices: [...]}",
            remedy=schema["description"],
        )
    low, high = (_checked_value(f"{where}.{end}", choice[end], schema) for end in ("low", "high"))
    log = bool(choice.get("log", False))
    if not low < high or (log and low <= 0):
        raise ConfigError(
            "A range in the search space is invalid.",
            where=where,
            found=f"low {low}, high {high}{', log' if log else ''}",
            expected="low < high, and low > 0 with log",
        )
    return {"low": low, "high": high, **({"log": True} if log else {})}


def _types(schema: Schema) -> list[str]:
    """Return the types that a value may have."""
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _checked_value(where: str, value: Any, schema: Schema) -> Any:
    kinds = _types(schema)
    if isinstance(value, str):
        value = as_meant(value, schema)
    if "number" in kinds and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if "integer" in kinds and isinstance(value, float) and value.is_integer():
        value = int(value)
    error = next(Draft202012Validator(schema).iter_errors(value), None)
    if error is not None:
        raise ConfigError(
            "The search space contains a value that the setting cannot take.",
            where=where,
            found=repr(value),
            expected=error.message,
            remedy=schema["description"],
        )
    return value
