"""The format of numbers: one format for each kind of quantity, everywhere in the report."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, TypeGuard

UNDEFINED = "undefined"
ABSENT = "\N{EN DASH}"


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether a value is a finite number; Booleans do not count as numbers."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def decimal(value: float | None, digits: int = 3) -> str:
    """Return a metric such as 0.843, or `undefined`."""
    return f"{value:.{digits}f}" if is_number(value) else UNDEFINED


def percent(value: float | None) -> str:
    """Return a share such as 84.3 %, or `undefined`."""
    return f"{100 * value:.1f} %" if is_number(value) else UNDEFINED


def signed(value: float | None, digits: int = 3) -> str:
    """Return a difference with its sign, such as +0.021, or `undefined`."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}") if is_number(value) else UNDEFINED


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """Return an interval such as `0.752 to 0.921`, or an empty string if a bound is missing."""
    return f"{low:.{digits}f} to {high:.{digits}f}" if is_number(low) and is_number(high) else ""


def count(value: float | None) -> str:
    """Return a rounded number with narrow spaces between thousands, such as 12 345."""
    return f"{round(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if is_number(value) else ABSENT


def quantity(value: float | None) -> str:
    """Return a measured quantity with three significant digits, such as 0.00123, 12.3 or 12 300."""
    if not is_number(value):
        return ABSENT
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    return count(round(value, digits)) if digits <= 0 else f"{value:.{digits}f}" if digits < 8 else f"{value:.2e}"


def p_value(value: float | None) -> str:
    """Return a p value such as 0.012, or `< 0.001` if it is smaller."""
    return "< 0.001" if is_number(value) and value < 0.001 else decimal(value)
