"""The search space of a learning rule, checked against the rule's own settings before any work begins.

A setting is searched over a range, `{low, high, log}`, or over `{choices}`. Whatever the search may propose must be a
value that the configuration itself could hold.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from snndeep.errors import ConfigError
from snndeep.plan.schema import Schema, searchable_schemas
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
    """Return a search space whose values have the type of their setting.

    Args:
        where: Its key in the configuration, for messages.
        space: By name of a setting, a range or choices.
        kinds: The settings that it is for; each name must be one of theirs.

    Raises:
        ConfigError: If a name is unknown, a range is empty, or a value is none that the setting can take.
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


def _checked_choice(where: str, choice: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    if "choices" in choice:
        return {"choices": [_checked_value(where, value, schema) for value in choice["choices"]]}
    if schema.get("type") not in ("integer", "number"):
        raise ConfigError(
            "A range of the search space belongs to a setting that is no number.",
            where=where,
            found=str(dict(choice)),
            expected="{choices: [...]}",
            remedy=schema["description"],
        )
    low, high = (_checked_value(f"{where}.{end}", choice[end], schema) for end in ("low", "high"))
    log = bool(choice.get("log", False))
    if not low < high or (log and low <= 0):
        raise ConfigError(
            "A range of the search space cannot be searched.",
            where=where,
            found=f"low {low}, high {high}{', log' if log else ''}",
            expected="low < high, and low > 0 with log",
        )
    return {"low": low, "high": high, **({"log": True} if log else {})}


def _checked_value(where: str, value: Any, schema: Schema) -> Any:
    kind = schema.get("type")
    if isinstance(value, str) and kind in ("integer", "number"):
        with contextlib.suppress(ValueError):  # YAML 1.1 reads 1e-3 as text; other texts are refused below
            value = float(value)
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    error = next(Draft202012Validator(schema).iter_errors(value), None)
    if error is not None:
        raise ConfigError(
            "The search space holds a value that the setting cannot take.",
            where=where,
            found=repr(value),
            expected=error.message,
            remedy=schema["description"],
        )
    return value
