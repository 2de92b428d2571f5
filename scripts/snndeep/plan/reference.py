"""What is written of the configuration for editors and people: its JSON Schema as YAML, and a page of all keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from snndeep.plan.configuration import configuration_schema
from snndeep.plan.schema import Schema

WIDTH = 120
LIMITS = {
    "exclusiveMinimum": "more than {}",
    "minimum": "at least {}",
    "exclusiveMaximum": "less than {}",
    "maximum": "at most {}",
    "minItems": "{} entries or more",
}
HEAD = """# The configuration

Every key with its default, what it may be, and what it means. This page and `workflow/schemas/config.schema.yaml` are
written by `make reference` from the dataclasses of the settings; a test compares them.
"""


def schema_text() -> str:
    """Return the JSON Schema of the configuration as YAML."""
    note = "# Written by `make reference`. The source is the dataclasses of the settings in scripts/snndeep.\n"
    return note + yaml.dump(configuration_schema(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=WIDTH)


def reference_page() -> str:
    """Return the page of all keys as Markdown, a table for each section."""
    parts = [HEAD]
    for title, schema in _sections("", configuration_schema()):
        rows = [_row(name, key) for name, key in schema["properties"].items() if "properties" not in key]
        if rows:
            heading = f"## `{title}`\n\n{schema['description']}\n" if title else "## Top level\n"
            parts.append(
                "\n".join([heading, "| key | default | may be | meaning |", "| --- | --- | --- | --- |", *rows, ""])
            )
    return "\n".join(parts)


class _Plain(yaml.SafeDumper):
    """Writes equal parts in full instead of as anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _sections(title: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    yield title, schema
    for name, key in schema["properties"].items():
        if "properties" in key:
            yield from _sections(f"{title}.{name}".lstrip("."), key)


def _row(name: str, key: Schema) -> str:
    cells = [f"`{name}`", f"`{json.dumps(key['default'])}`", _allowed(key), key["description"]]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _allowed(key: Schema) -> str:
    if "enum" in key:
        return ", ".join(f"`{value}`" for value in key["enum"])
    types = [key["type"]] if isinstance(key["type"], str) else key["type"]
    if "array" in types:
        size = (
            f"{key['minItems']} of: "
            if key.get("minItems") == key.get("maxItems") and "minItems" in key
            else "list of: "
        )
        return size + _allowed(key["items"]) + (", or `null`" if "null" in types else "")
    limits = [words.format(f"{key[name]:g}") for name, words in LIMITS.items() if name in key]
    return ", ".join([" or ".join(types), *limits])
