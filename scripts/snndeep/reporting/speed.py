"""How fast the backends train at equal work: one epoch of the same network, through the interface that all share."""

from __future__ import annotations

from typing import Any

from snndeep.backends.registry import OWN_BACKEND
from snndeep.reporting.formats import is_number, quantity
from snndeep.reporting.lookup import Metrics, models_of


def epoch_ratios(metrics: Metrics, protocol: str) -> list[float]:
    """Return, for each learning rule, the seconds per epoch of the fastest other backend over those of the own engine.

    A rule without both is left out.
    """
    times: dict[str, dict[str, float]] = {}
    for name in models_of(metrics, "snn"):
        backend, rule = name.split("/")
        seconds: Any = metrics["cost"].get(name, {}).get(protocol, {}).get("seconds_per_epoch")
        if is_number(seconds) and seconds > 0:
            times.setdefault(rule, {})[backend] = seconds
    pairs = [(own.pop(OWN_BACKEND), own) for own in times.values() if OWN_BACKEND in own]
    return [min(others.values()) / own for own, others in pairs if others]


def ratio_text(ratios: list[float]) -> str:
    """Return a range such as `3.1 to 5.6`, or one number if both ends are equal."""
    low, high = quantity(min(ratios)), quantity(max(ratios))
    return low if low == high else f"{low} to {high}"
