"""The configuration: filled with defaults and checked before any work begins.

Its schema is generated from the dataclasses of the settings and from the registries of the families. `make reference`
writes it to `workflow/schemas/` for editors and to `docs/configuration.md` for people. A mistake in the configuration
is reported in one message, with the full name of the key and the nearest known key.
"""

from __future__ import annotations

import copy
import difflib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from snndeep.backends.base import NATIVE_SPACE
from snndeep.backends.registry import BACKENDS, DEFAULT_BACKENDS
from snndeep.errors import ConfigError
from snndeep.learning.registry import DEFAULT_RULES, RULES, load_rule
from snndeep.limits import require_extent
from snndeep.plan.schema import Schema, as_meant, object_schema, schema_of
from snndeep.plan.search_space import SPACE_SCHEMA, check_combinations, checked_space
from snndeep.plan.sections import Sections
from snndeep.settings import Settings, type_hints
from snndeep.spikes.encoders.registry import ENCODERS, encoder_class

NATIVE = "native"
DEVICES = ("cpu", "cuda")
TYPES_IN_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text",
    "array": "a list, such as [a, b]",
    "object": "a mapping, such as {key: value}",
    "null": "null",
}


def configuration_schema() -> Schema:
    """Return the JSON Schema of the whole configuration."""
    schema = schema_of(Sections, "Every key, its meaning and its default. Unknown keys are rejected.")
    sections = schema["properties"]
    encoders = {name: schema_of(encoder_class(name), first_line(encoder_class(name))) for name in ENCODERS}
    sections["encoders"] = object_schema(encoders, "From values in [0, 1] to spike trains.")
    sections["models"] = object_schema(
        {
            "backends": _choice("Implementations of the network.", BACKENDS, DEFAULT_BACKENDS),
            "rules": _choice("Learning rules.", RULES, DEFAULT_RULES),
            "device": {
                "description": "Where backends that know several devices search and train: cpu or cuda (a GPU). Results of "
                "another device are others, so they are computed anew.",
                "enum": list(DEVICES),
                "default": DEVICES[0],
            },
        },
        "The models to train: each implementation with each learning rule.",
    )
    sections["learning"] = object_schema(
        {name: _rule_schema(name) for name in RULES},
        "Settings of the learning rules; the search starts from them and replaces those in its search space.",
    )
    spaces = {name: {**SPACE_SCHEMA, "default": dict(load_rule(name).search_space)} for name in RULES}
    spaces[NATIVE] = {
        **SPACE_SCHEMA,
        "description": "Added in native mode, for backends that support it and rules that have these settings.",
        "default": NATIVE_SPACE,
    }
    sections["tuning"]["properties"]["search_space"] = object_schema(spaces, "The settings that the search varies.")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Configuration of SNNDeep", **schema}


def first_line(member: object) -> str:
    """Return the first line of a member's docstring."""
    return (member.__doc__ or "").strip().splitlines()[0]


def _choice(description: str, names: Iterable[str], default: Sequence[str]) -> Schema:
    items = {"enum": list(names)}
    return {
        "description": description,
        "type": "array",
        "items": items,
        "minItems": 1,
        "uniqueItems": True,
        "default": list(default),
    }


def _rule_schema(name: str) -> Schema:
    rule = load_rule(name)
    encoder = {
        "description": "The encoder whose spikes this rule reads.",
        "enum": list(ENCODERS),
        "default": rule.encoder,
    }
    own = schema_of(rule.settings, first_line(rule))
    return {**own, "properties": {"encoder": encoder, **own["properties"]}}


def complete(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with every default filled in.

    Raises:
        ConfigError: If a key is unknown, a value has the wrong type or is out of range, or settings contradict each other.
        LimitError: If it is larger than any that a person writes.
    """
    require_extent(config)
    schema = configuration_schema()
    filled: dict[str, Any] = _with_defaults(config, schema)
    errors = sorted(Draft202012Validator(schema).iter_errors(filled), key=lambda error: len(error.absolute_path))
    if errors:
        raise _explain(errors[0])
    _check_finite("", filled)
    _check_together(filled)
    return filled


def _check_finite(where: str, value: Any) -> None:
    """Refuse infinite and undefined numbers, which pass every limit or switch it off."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            _check_finite(f"{where}.{name}".lstrip("."), item)
    elif isinstance(value, list):
        for item in value:
            _check_finite(where, item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(
            "A value in the configuration is invalid.", where=where, found=str(value), expected="a finite number"
        )


def _check_together(config: Mapping[str, Any]) -> None:
    """Build the settings of every section, which rejects contradictions, and convert searched values to their type."""
    _build(Sections, config, config["seed"])
    for name in ENCODERS:
        encoder_class(name).from_mapping(config["encoders"][name], f"encoders.{name}")
    for name in RULES:
        rule, settings = load_rule(name), config["learning"][name]
        rule.settings.from_mapping({k: v for k, v in settings.items() if k != "encoder"}, f"learning.{name}")
    spaces = config["tuning"]["search_space"]
    for name, space in spaces.items():
        kinds = [load_rule(rule).settings for rule in (RULES if name == NATIVE else [name])]
        spaces[name] = checked_space(f"tuning.search_space.{name}", space, kinds)
        if name != NATIVE:
            settings = {k: v for k, v in config["learning"][name].items() if k != "encoder"}
            check_combinations(f"tuning.search_space.{name}", spaces[name], kinds[0], settings)


def _build(kind: type[Settings], values: Mapping[str, Any], seed: int) -> Settings:
    hints = type_hints(kind)
    built = {
        name: _build(own, values[name], seed)
        for name, own in hints.items()
        if isinstance(own, type) and issubclass(own, Settings)
    }
    own_values = {name: value for name, value in {"seed": seed, **values}.items() if name in hints}
    return kind.from_mapping({**own_values, **built})


def _with_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [_with_defaults(item, schema["items"]) for item in value]
    if not isinstance(value, Mapping):
        return as_meant(value, schema)
    properties = _properties(schema)
    others = schema.get("additionalProperties")
    unlisted = others if isinstance(others, Mapping) else {}
    filled = {}
    # In the order of the schema: the record of a stage must not depend on the order in which somebody wrote the keys.
    for key, sub in properties.items():
        if key in value or "default" in sub or "properties" in sub:
            filled[key] = _with_defaults(value[key] if key in value else copy.deepcopy(sub.get("default", {})), sub)
    return filled | {key: _with_defaults(value[key], unlisted) for key in sorted(value.keys() - properties, key=str)}


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a section; where it may be of several forms, those of all of them."""
    forms = [schema, *schema.get("oneOf", ())]
    return {key: sub for form in forms for key, sub in form.get("properties", {}).items()}


def _explain(error: ValidationError) -> ConfigError:
    path = ".".join(str(part) for part in error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = list(schema.get("properties", {}))
        unknown = sorted(str(key) for key in error.instance if key not in known)
        close = difflib.get_close_matches(unknown[0], known, n=1)
        elsewhere = [] if close else _places_of(unknown[0], configuration_schema())
        remedy = "Remove it, or see docs/configuration.md for all keys."
        if close:
            remedy = f"Did you mean '{close[0]}'?"
        elif elsewhere:
            remedy = f"Did you mean {' or '.join(elsewhere)}? A key belongs to the section under which it is indented."
        return ConfigError(
            "The configuration has an unknown key.",
            where=f"{path}.{unknown[0]}" if path else unknown[0],
            found=", ".join(unknown),
            expected=f"one of {', '.join(known)}",
            remedy=remedy,
        )
    return ConfigError(
        "A value in the configuration is invalid.",
        where=path or "the whole configuration",
        found=_in_words(error.instance),
        expected=_expected(error),
        remedy=schema.get("description", ""),
    )


def _places_of(name: str, schema: Mapping[str, Any], within: str = "") -> list[str]:
    """Return the full names of the keys with a name, wherever they are."""
    found = []
    for key, sub in schema.get("properties", {}).items():
        found += [f"{within}{key}"] if key == name else []
        found += _places_of(name, sub, f"{within}{key}.")
    return found


def _in_words(value: Any) -> str:
    """Return a value as it is written in YAML, after what it is where that is not plain to see."""
    if value is None:
        return "nothing"
    kind = "the text " if isinstance(value, str) else "a list, " if isinstance(value, list) else ""
    return (
        f"{'a mapping, ' if isinstance(value, Mapping) else kind}{json.dumps(value, ensure_ascii=False, default=str)}"
    )


def _expected(error: ValidationError) -> str:
    texts: dict[str, Callable[[Any], str]] = {
        "enum": lambda v: f"one of {', '.join(map(str, v))}",
        "type": lambda v: " or ".join(TYPES_IN_WORDS[kind] for kind in ([v] if isinstance(v, str) else v)),
        "oneOf": lambda v: " or ".join("{" + ", ".join(f"{key}: ..." for key in form["required"]) + "}" for form in v),
        "minimum": lambda v: f"at least {v}",
        "maximum": lambda v: f"at most {v}",
        "exclusiveMinimum": lambda v: f"more than {v}",
        "exclusiveMaximum": lambda v: f"less than {v}",
        "required": lambda v: f"the keys {', '.join(v)}",
        "minItems": lambda v: f"at least {v} entries",
        "maxItems": lambda v: f"at most {v} entries",
        "pattern": lambda v: f"a string that matches {v}",
    }
    explain = texts.get(str(error.validator))
    return explain(error.validator_value) if explain else str(error.message)
