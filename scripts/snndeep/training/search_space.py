"""A search space as Optuna's distributions."""

from __future__ import annotations

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
        return CategoricalDistribution(choice["choices"])
    low, high, log = choice["low"], choice["high"], choice.get("log", False)
    whole = isinstance(low, int) and isinstance(high, int)
    return IntDistribution(low, high, log=log) if whole else FloatDistribution(low, high, log=log)


def within(base: Mapping[str, Any], space: Space) -> bool:
    """Return whether the configured settings lie in the search space."""
    return all(
        base[name] in choice["choices"] if "choices" in choice else choice["low"] <= base[name] <= choice["high"]
        for name, choice in space.items()
    )
