"""The configuration: filled with defaults and checked against its schema before any work begins.

The schema (JSON Schema, `workflow/schemas/config.schema.yaml`) describes every key, gives its default and refuses
unknown ones. This module says what is wrong in one message, with the key's full name and the nearest known key.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from snndeep.errors import ConfigError


def complete(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with every default of the schema filled in.

    Raises:
        ConfigError: If a key is unknown, of the wrong type or out of range.
    """
    filled = _with_defaults(config, schema)
    errors = sorted(Draft202012Validator(schema).iter_errors(filled), key=lambda error: len(error.absolute_path))
    if errors:
        raise _explain(errors[0])
    return filled


def _with_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and schema.get("type") in ("integer", "number", "boolean"):
        return _from_command_line(value)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [_with_defaults(item, schema["items"]) for item in value]
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not isinstance(value, Mapping):
        return copy.deepcopy(value)
    filled = {key: _with_defaults(v, properties.get(key, {})) for key, v in value.items()}
    for key, sub in properties.items():
        if key not in filled:
            if "default" in sub:
                filled[key] = copy.deepcopy(sub["default"])
            elif "properties" in sub:
                filled[key] = {}
            else:
                continue
            filled[key] = _with_defaults(filled[key], sub)
    return filled


def _from_command_line(text: str) -> Any:
    """Return the number or truth value that a text means; Snakemake's --config gives nested values as text."""
    parsed = yaml.safe_load(text)
    return parsed if isinstance(parsed, int | float) else text


def _explain(error: ValidationError) -> ConfigError:
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = sorted(str(key) for key in error.instance if key not in known)
        close = difflib.get_close_matches(unknown[0], known, n=1)
        return ConfigError(
            "The configuration has an unknown key.",
            where=f"{path}.{unknown[0]}" if path else unknown[0],
            found=", ".join(unknown),
            expected=f"one of {', '.join(known)}",
            remedy=f"Did you mean '{close[0]}'?" if close else "Take it out, or see the schema for what exists.",
        )
    description = error.schema.get("description", "") if isinstance(error.schema, Mapping) else ""
    return ConfigError(
        "A value of the configuration is impossible.",
        where=path or "the whole configuration",
        found=f"{error.instance!r}",
        expected=_expected(error),
        remedy=description,
    )


def _expected(error: ValidationError) -> str:
    texts = {
        "enum": lambda v: f"one of {', '.join(map(str, v))}",
        "type": lambda v: f"a value of type {v}",
        "minimum": lambda v: f"at least {v}",
        "maximum": lambda v: f"at most {v}",
        "exclusiveMinimum": lambda v: f"more than {v}",
        "exclusiveMaximum": lambda v: f"less than {v}",
        "required": lambda v: f"the keys {', '.join(v)}",
        "minItems": lambda v: f"at least {v} entries",
        "maxItems": lambda v: f"at most {v} entries",
        "pattern": lambda v: f"text that matches {v}",
    }
    return texts.get(error.validator, lambda _: error.message)(error.validator_value)
