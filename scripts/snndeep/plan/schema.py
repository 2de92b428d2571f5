"""JSON Schema of settings, generated from their dataclasses.

A field made by `snndeep.settings.setting` becomes a key with its type, limits, default and description; a field made by
`section` becomes a nested section. Any other field (for instance the seed) is set by the plan and is not a key.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

import yaml

from snndeep.errors import InvalidInputError
from snndeep.settings import RULES, Settings, ValueRules, type_hints

Schema = dict[str, Any]

TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def schema_of(kind: type[Settings], description: str = "") -> Schema:
    """Return the schema of a section; it rejects unknown keys.

    Args:
        kind: The dataclass of the section's settings.
        description: Description of the section.
    """
    hints = type_hints(kind)
    keys = {field.name: _key(hints[field.name], field) for field in dataclasses.fields(kind) if RULES in field.metadata}
    return object_schema(keys, description)


def searchable_schemas(kind: type[Settings]) -> dict[str, Schema]:
    """Return the schemas of the settings that the hyperparameter search may vary, by name of the setting."""
    keys: dict[str, Schema] = schema_of(kind)["properties"]
    searchable = {
        field.name for field in dataclasses.fields(kind) if RULES in field.metadata and field.metadata[RULES].searchable
    }
    return {name: schema for name, schema in keys.items() if name in searchable}


def object_schema(keys: Mapping[str, Schema], description: str = "") -> Schema:
    """Return the schema of a section from the schemas of its keys."""
    head = {"description": description} if description else {}
    return {**head, "type": "object", "additionalProperties": False, "properties": dict(keys)}


def _key(kind: Any, field: dataclasses.Field[Any]) -> Schema:
    rules: ValueRules = field.metadata[RULES]
    if isinstance(kind, type) and issubclass(kind, Settings):
        return schema_of(kind, rules.description)
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return {"description": rules.description, **_typed(kind, rules), "default": _json(default)}


def _typed(kind: Any, rules: ValueRules) -> Schema:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return _array(arguments, rules)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType) and type(None) in arguments:
        (other,) = (argument for argument in arguments if argument is not type(None))
        typed = _typed(other, rules)
        return (
            {**typed, "enum": [*typed["enum"], None]} if "enum" in typed else {**typed, "type": [typed["type"], "null"]}
        )
    if origin in (typing.Union, types.UnionType):
        return _union(arguments, rules)
    if origin in (dict, Mapping):
        return {"type": "object"}
    if kind in TYPES:
        return _scalar(kind, rules)
    raise InvalidInputError(
        "The type of a setting cannot be expressed in the schema.",
        where="snndeep.plan.schema",
        found=str(kind),
        expected="bool, int, float, str, a tuple or a dict of them, a Literal, or one of these or None",
    )


def _array(arguments: tuple[Any, ...], rules: ValueRules) -> Schema:
    schema: Schema = {"type": "array", "items": _typed(arguments[0], rules)}
    if arguments[-1] is not Ellipsis:
        return {**schema, "minItems": len(arguments), "maxItems": len(arguments)}
    if rules.min_items:
        schema["minItems"] = rules.min_items
    if rules.unique:
        schema["uniqueItems"] = True
    return schema


def _scalar(kind: type, rules: ValueRules) -> Schema:
    if rules.choices is not None:
        return {"enum": list(rules.choices)}
    limits = {
        "exclusiveMinimum": rules.above,
        "minimum": rules.least,
        "exclusiveMaximum": rules.below,
        "maximum": rules.most,
        "pattern": rules.pattern,
    }
    return {"type": TYPES[kind], **{name: limit for name, limit in limits.items() if limit is not None}}


def _union(kinds: tuple[Any, ...], rules: ValueRules) -> Schema:
    """Return the schema of a value of one of several types; limits hold for those that they can hold for."""
    typed = [_typed(kind, rules) for kind in kinds]
    merged: Schema = {key: value for schema in typed for key, value in schema.items()}
    return {**merged, "type": [schema["type"] for schema in typed]}


def _json(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _json(item) for key, item in value.items()}
    return value


def as_meant(value: Any, schema: Mapping[str, Any]) -> Any:
    """Convert a value to the type in the schema where the command line or YAML produced another one.

    Snakemake's --config turns nested values into strings and a run named 2024 into a number; YAML reads 1e-3 as a string.
    Where a number or text may be given, such as for a label of a mask, what looks like a number is one.
    """
    wanted = schema.get("type")
    kinds = {wanted} if isinstance(wanted, str) else set(wanted or ())
    if "enum" in schema and value not in schema["enum"]:
        return next((choice for choice in schema["enum"] if value == _text(choice)), value)
    if isinstance(value, str) and wanted != "string":
        value = _parsed(value, kinds)
    if wanted == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if wanted == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # one value has one form, and with it one address
    return copy.deepcopy(value)


def _text(value: Any) -> str:
    """Return a value as a person types it."""
    return value if isinstance(value, str) else json.dumps(value)


def _parsed(text: str, kinds: set[str]) -> Any:
    """Return the number, list, truth value or null that a text means, if one of these is wanted; else the text."""
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    if parsed is None and "null" in kinds:
        return None
    if isinstance(parsed, list):
        return parsed if "array" in kinds else text
    if isinstance(parsed, bool):
        return parsed if "boolean" in kinds else text
    if not kinds & {"integer", "number"}:
        return text
    if isinstance(parsed, int | float):
        return parsed if "number" in kinds or isinstance(parsed, int) or "string" not in kinds else text
    try:
        return float(text) if "string" not in kinds else text
    except ValueError:
        return text
