"""Settings as dataclasses that describe themselves: the one place for each default, its limits and its meaning.

    @dataclass(frozen=True)
    class DescentSettings(Settings):
        learning_rate: float = setting(3e-3, "Step size of Adam.", above=0)

An instance checks its own values. The schema of the configuration and the page that documents it are generated from
these classes, see `snndeep.plan.schema`. This module needs only the standard library.
"""

from __future__ import annotations

import copy
import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from snndeep.errors import ConfigError

RULES = "rules"


@dataclass(frozen=True)
class ValueRules:
    """The limits on a value beyond its type.

    Attributes:
        description: What the setting means, in a sentence or two, with its unit.
        above: Exclusive lower limit.
        least: Inclusive lower limit.
        below: Exclusive upper limit.
        most: Inclusive upper limit.
        choices: The allowed values; for a list, the allowed values of its entries.
        pattern: Regular expression that a string, or each string in a list, must match.
        min_items: Minimum number of entries in a list.
        unique: Whether the entries of a list must differ.
        searchable: Whether the hyperparameter search may vary the setting.
    """

    description: str
    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None
    choices: tuple[Any, ...] | None = None
    pattern: str | None = None
    min_items: int = 0
    unique: bool = False
    searchable: bool = True

    def violated_limits(self, value: float) -> str:
        """Return the limits in words if a number lies outside them, else an empty string."""
        limits = {
            "more than": (self.above, self.above is None or value > self.above),
            "at least": (self.least, self.least is None or value >= self.least),
            "less than": (self.below, self.below is None or value < self.below),
            "at most": (self.most, self.most is None or value <= self.most),
        }
        if all(holds for _, holds in limits.values()):
            return ""
        return " and ".join(f"{words} {limit:g}" for words, (limit, _) in limits.items() if limit is not None)


def setting(
    default: Any,
    description: str,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
    choices: Sequence[Any] | None = None,
    pattern: str | None = None,
    min_items: int = 0,
    unique: bool = False,
    searchable: bool = True,
) -> Any:
    """Return a dataclass field with a default, a description and limits; see `ValueRules` for the arguments."""
    allowed = None if choices is None else tuple(choices)
    rules = ValueRules(description, above, least, below, most, allowed, pattern, min_items, unique, searchable)
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: copy.deepcopy(default), metadata={RULES: rules})
    return dataclasses.field(default=default, metadata={RULES: rules})


def section(kind: type[Any], description: str = "") -> Any:
    """Return a dataclass field that holds nested settings of the given class, by default `kind()`."""
    return dataclasses.field(default_factory=kind, metadata={RULES: ValueRules(description)})


@dataclass(frozen=True)
class Settings:
    """Base class of all settings. Creating an instance checks its values against the limits of its fields.

    Attributes:
        key: Dotted name of the configuration section that holds these settings, for messages.

    Raises:
        ConfigError: If a value is outside its limits.
    """

    key: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, list):
                # JSON has no tuples; a frozen value must not hold a list.
                object.__setattr__(self, field.name, tuple(value))
            rules = field.metadata.get(RULES)
            if rules is not None:
                _check(f"{self.key}.{field.name}".lstrip("."), value, rules)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], where: str = "") -> Self:
        """Build from JSON values, including nested sections and lists.

        Args:
            values: Values by name of the setting; a missing setting takes its default.
            where: Name of the section in messages.

        Raises:
            ConfigError: If a name is unknown or a value is outside its limits.
        """
        hints = type_hints(cls)
        unknown = sorted(set(values) - set(hints))
        if unknown:
            raise ConfigError(
                "This setting does not exist.",
                where=f"{where}.{unknown[0]}" if where else unknown[0],
                found=", ".join(unknown),
                expected=f"one of {', '.join(hints)}",
            )
        built = {
            name: _built(hints[name], value, f"{where}.{name}" if where else name) for name, value in values.items()
        }
        return cls(**built)

    def to_mapping(self) -> dict[str, Any]:
        """Return JSON values, from which `from_mapping` rebuilds the settings."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    def listed(self) -> str:
        """Return all settings as text, for instance `steps 16, floor 0.1`."""
        return ", ".join(f"{name.replace('_', ' ')} {as_text(value)}" for name, value in self.to_mapping().items())


def as_text(value: Any) -> str:
    """Return a setting's value as it is written in text, for instance `yes`, `0.1` or `1, 2`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(as_text(item) for item in value)
    return str(value)


def type_hints(cls: type[Any]) -> dict[str, Any]:
    """Return the resolved types of a dataclass's fields by name, in the order of the fields."""
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _built(kind: Any, value: Any, where: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, Settings) and isinstance(value, Mapping):
        return kind.from_mapping(value, where)
    origin = typing.get_origin(kind)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(value)
    if origin in (typing.Union, types.UnionType):
        return next((_built(k, value, where) for k in typing.get_args(kind) if typing.get_origin(k) is tuple), value)
    return float(value) if kind is float and isinstance(value, int) and not isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return value.to_mapping()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _check(name: str, value: Any, rules: ValueRules) -> None:
    entries = value if isinstance(value, tuple) else (value,)
    if len(entries) < rules.min_items or (rules.unique and len(set(entries)) < len(entries)):
        raise ConfigError(
            "A setting has an invalid value.",
            where=name,
            found=repr(value),
            expected=f"at least {rules.min_items} entries{', each once' if rules.unique else ''}",
            remedy=rules.description,
        )
    for entry in entries:
        expected = ""
        if rules.choices is not None and entry not in rules.choices:
            expected = f"one of {', '.join(map(str, rules.choices))}"
        elif isinstance(entry, int | float) and not isinstance(entry, bool):
            expected = rules.violated_limits(entry)
        if expected:
            raise ConfigError(
                "A setting has an invalid value.",
                where=name,
                found=repr(value),
                expected=expected,
                remedy=rules.description,
            )
