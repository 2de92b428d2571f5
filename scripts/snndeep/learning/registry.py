"""The list of learning rules. To add one: write a module with a `LearningRule` class and add a line here."""

from __future__ import annotations

from importlib import import_module

from snndeep.errors import ConfigError
from snndeep.learning.base import LearningRule

# Modules are named, not imported, so that editing one rule re-trains the models of that rule alone.
RULES = {
    "surrogate": "snndeep.learning.surrogate",
    "tempotron": "snndeep.learning.tempotron",
    "bal": "snndeep.learning.bal",
}


def load_rule(name: str) -> LearningRule:
    """Import a learning rule and return it.

    Raises:
        ConfigError: If there is no rule of that name.
    """
    if name not in RULES:
        raise ConfigError(
            "There is no such learning rule.",
            where="rule",
            found=repr(name),
            expected=f"one of {', '.join(RULES)}",
        )
    return import_module(RULES[name]).RULE
