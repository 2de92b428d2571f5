"""Words for numbers: differences with their verdicts, intervals, lists.

Words follow verdicts, and verdicts are made in one place, `snndeep.evaluation.comparison`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from snndeep.reporting.formats import decimal, interval, signed, signed_interval

VERDICTS = {
    "better": "more than chance explains",
    "worse": "below zero by more than chance explains",
    "undecided": "not told apart from zero by this data",
    "equal": "the results are identical",
}


def difference_text(verdict: Mapping[str, Any]) -> str:
    """Return a difference with its interval and its verdict."""
    return f"{difference_value(verdict)} ({difference_bounds(verdict)}), {VERDICTS[verdict['verdict']]}"


def difference_value(verdict: Mapping[str, Any]) -> str:
    """Return a difference with its sign."""
    return signed(verdict["difference"], _digits(verdict))


def difference_bounds(verdict: Mapping[str, Any]) -> str:
    """Return the interval of a difference in words."""
    bounds = verdict["interval"]
    return f"95 % interval {signed_interval(bounds[0], bounds[1], _digits(verdict))}" if bounds else "no interval"


def _digits(verdict: Mapping[str, Any]) -> int:
    """Return as many digits as it takes to see on which side of zero the interval lies, at least 3."""
    digits = 3
    while digits < 6 and any(bound != 0 and round(bound, digits) == 0 for bound in verdict["interval"] or ()):
        digits += 1
    return digits


def with_interval(values: Mapping[str, Any]) -> str:
    """Return the ROC-AUC of a unit with its interval."""
    bounds = values["interval"]["roc_auc"]
    return decimal(values["roc_auc"]) + (f" (95 % interval {interval(*bounds)})" if bounds else "")


def listed(names: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
