"""Model against model: is a difference more than chance?

    paired bootstrap    the same resamples of patients for both models; p = 2 Phi(-|d| / se) with se the deviation of the
                        resampled differences (a share of resamples could not be below 1 / R, and Holm multiplies it)
    over folds          the corrected resampled t-test: training parts overlap, so the variance is enlarged,
                        t = mean(d) / sqrt((1 / J + n_test / n_train) var(d)) with J - 1 degrees of freedom
    effect              Cohen's d over folds, mean(d) / deviation(d)

Each kind of p is adjusted by Holm's method over all comparisons of a run.

Source: Nadeau and Bengio 2003, Machine Learning 52, 239-281; Holm 1979, Scandinavian Journal of Statistics 6, 65-70.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm, t

from snndeep.evaluation.bootstrap import interval

NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Measured:
    """One metric of one model, in all the forms that a comparison needs.

    Attributes:
        value: Over all folds; None if undefined.
        resampled: Under every resample of patients `[R]`, NaN where undefined.
        folds: By fold `[J]`, NaN where undefined.
    """

    value: float | None
    resampled: np.ndarray
    folds: np.ndarray


def compare(a: Measured, b: Measured, test_share: float) -> dict[str, Any]:
    """Return the difference a - b with interval, both p, the effect, and why any of these is undefined.

    Args:
        a: One model.
        b: The other, measured on the same patients, resamples and folds.
        test_share: Samples of a test part divided by those of its training part.
    """
    undefined: dict[str, str] = {}
    result: dict[str, Any] = dict.fromkeys(
        ("difference", "interval", "p_bootstrap", "t", "degrees", "p_folds", "effect")
    )
    if a.value is None or b.value is None:
        undefined |= dict.fromkeys(("difference", "interval", "p_bootstrap"), "the metric is undefined for a model")
    else:
        resampled = a.resampled - b.resampled
        result["difference"] = a.value - b.value
        result["interval"] = interval(resampled)
        result["p_bootstrap"], reason = bootstrap_p(result["difference"], resampled)
        undefined |= {"p_bootstrap": reason} if reason else {}
    over_folds, reason = resampled_t_test(a.folds - b.folds, test_share)
    result |= over_folds
    undefined |= {name: reason for name, value in over_folds.items() if value is None}
    return {**result, "undefined": undefined}


def bootstrap_p(difference: float, resampled: np.ndarray) -> tuple[float | None, str]:
    """Return the two-sided p of a paired difference, or None and the reason."""
    resampled = resampled[np.isfinite(resampled)]
    if resampled.size < 2:
        return None, "no resample defines the difference"
    error = float(resampled.std(ddof=1))
    if error < NEGLIGIBLE:
        return (1.0, "") if abs(difference) < NEGLIGIBLE else (None, "the difference does not vary between resamples")
    return float(2 * norm.sf(abs(difference) / error)), ""


def resampled_t_test(differences: np.ndarray, test_share: float) -> tuple[dict[str, float | int | None], str]:
    """Return t, degrees of freedom, two-sided p and Cohen's d of differences over folds; None with a reason.

    Args:
        differences: `[J]`, NaN in folds where a metric is undefined; those are left out.
        test_share: n_test / n_train.
    """
    differences = differences[np.isfinite(differences)]
    nothing: dict[str, float | int | None] = dict.fromkeys(("t", "degrees", "p_folds", "effect"))
    if differences.size < 2:
        return nothing, f"the difference is defined in {differences.size} folds, and two are needed"
    mean, deviation = float(differences.mean()), float(differences.std(ddof=1))
    degrees = int(differences.size - 1)
    if deviation < NEGLIGIBLE:
        if abs(mean) < NEGLIGIBLE:
            return {"t": 0.0, "degrees": degrees, "p_folds": 1.0, "effect": 0.0}, ""
        return nothing, "the difference is the same in all folds"
    statistic = mean / (deviation * math.sqrt(1 / differences.size + test_share))
    return {
        "t": statistic,
        "degrees": degrees,
        "p_folds": float(2 * t.sf(abs(statistic), degrees)),
        "effect": mean / deviation,
    }, ""


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Return p values adjusted by Holm's step-down method; undefined ones stay None and are not counted."""
    present = [k for k, p in enumerate(values) if p is not None]
    adjusted: list[float | None] = [None] * len(values)
    largest = 0.0
    for rank, k in enumerate(sorted(present, key=lambda k: values[k])):
        largest = max(largest, min(1.0, (len(present) - rank) * values[k]))
        adjusted[k] = largest
    return adjusted


def verdict(bounds: Sequence[float] | None) -> str:
    """Return better, worse or undecided from the interval of a difference."""
    if bounds is None or bounds[0] <= 0 <= bounds[1]:
        return "undecided"
    return "better" if bounds[0] > 0 else "worse"
