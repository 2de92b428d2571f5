"""The list of learning rules. To add one: write a module with a `LearningRule` and add a line here."""

from __future__ import annotations

from snndeep.learning.base import LearningRule
from snndeep.registry import import_member

RULES = {
    "surrogate": "snndeep.learning.surrogate",
    "tempotron": "snndeep.learning.tempotron",
    "bal": "snndeep.learning.bal",
    "eprop": "snndeep.learning.eprop",
}
DEFAULT_RULES = ("surrogate", "tempotron", "bal")


def load_rule(name: str) -> LearningRule:
    """Import a learning rule and return it.

    Raises:
        ConfigError: If there is no rule of that name.
    """
    rule: LearningRule = import_member("learning rule", RULES, name, "RULE", LearningRule)
    return rule
