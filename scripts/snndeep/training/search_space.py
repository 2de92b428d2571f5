"""A search space as Optuna's distributions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

Space = Mapping[str, Mapping[str, Any]]
"""By setting, {low, high, log?} for a number, which is an integer if both limits are, or {choices}."""


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Return the distribution of every setting by name, in alphabetical order, which is the order of the draws."""
    return {name: _distribution(space[name]) for name in sorted(space)}


def _distribution(choice: Mapping[str, Any]) -> BaseDistribution:
    if "choices" in choice:
        return CategoricalDistribution([as_optuna(value) for value in choice["choices"]])
    low, high, log = choice["low"], choice["high"], choice.get("log", False)
    whole = isinstance(low, int) and isinstance(high, int)
    return IntDistribution(low, high, log=log) if whole else FloatDistribution(low, high, log=log)


def as_optuna(value: Any) -> Any:
    """Return a value as Optuna stores it: a list as text."""
    return json.dumps(list(value)) if isinstance(value, list | tuple) else value


def as_configured(params: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return what Optuna proposed as it would be in the configuration: the opposite of `as_optuna`."""
    lists = {
        name: {as_optuna(value): value for value in choice["choices"]}
        for name, choice in space.items()
        if "choices" in choice
    }
    return {name: lists[name][value] if name in lists else value for name, value in params.items()}


def within(base: Mapping[str, Any], space: Space) -> bool:
    """Return whether the configured settings lie in the search space."""
    return all(_is_in(as_optuna(base[name]), choice) for name, choice in space.items())


def _is_in(value: Any, choice: Mapping[str, Any]) -> bool:
    if "choices" in choice:
        return value in map(as_optuna, choice["choices"])
    return not isinstance(value, str) and bool(choice["low"] <= value <= choice["high"])
