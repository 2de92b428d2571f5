"""Model against model: is a difference more than chance? This is the one place where verdicts are made.

    family     all differences that are looked at together: those of one protocol and unit
    interval   d +- c se, with se the deviation of the resampled difference and c the 95 % quantile of the greatest
               |d* - d| / se of the family over resamples of patients, the same for all differences (max-T)
    p          share of resamples in which that greatest value exceeds |d| / se
    verdict    better or worse where the interval leaves out 0, else undecided; equal where the models are the same

The interval holds for all differences of the family at once: of a hundred families in which nothing differs, about
five contain a verdict. Differences that are the same or rise and fall together cost nothing, because the greatest of equal
values is that value; so three implementations of one network are one piece of evidence.

    over folds          the corrected resampled t-test: training parts overlap, so the variance is enlarged,
                        t = mean(d) / sqrt((1 / J + n_test / n_train) var(d)) with J - 1 degrees of freedom
    effect              Cohen's d over folds, mean(d) / deviation(d)

The t-test's p is adjusted by Holm's method within the family. It also reflects how much training parts matter, with few
degrees of freedom; no verdict is taken from it.

Source: Westfall and Young 1993, Resampling-based multiple testing; Nadeau and Bengio 2003, Machine Learning 52, 239-281;
Holm 1979, Scandinavian Journal of Statistics 6, 65-70.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy.stats import t

NEGLIGIBLE = 1e-9
SAME = 1e-4
"""Differences in a metric up to this, in every resample, are those of rounding: the models are the same."""
LEVEL = 0.95

BETTER, WORSE, UNDECIDED, EQUAL = "better", "worse", "undecided", "equal"

Key = TypeVar("Key", bound=Hashable)


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


@dataclass(frozen=True)
class Difference:
    """A difference to be judged.

    Attributes:
        value: None if undefined.
        resampled: Under every resample `[R]`, NaN where undefined.
    """

    value: float | None
    resampled: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """What is said of a difference within its family.

    Attributes:
        difference: None if undefined.
        interval: 95 %, for the whole family at once; None if undefined.
        p: Adjusted for the family; None if undefined.
        verdict: better, worse, undecided or equal.
        undefined: Why something is None.
    """

    difference: float | None
    interval: tuple[float, float] | None
    p: float | None
    verdict: str
    undefined: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; the reason is given for every value that is None."""
        values: dict[str, Any] = {"difference": self.difference, "interval": None, "p": self.p}
        if self.interval is not None:
            values["interval"] = list(self.interval)
        reasons = {name: self.undefined for name, value in values.items() if value is None}
        return {**values, "verdict": self.verdict, "undefined": reasons}


def difference_of(a: Measured, b: Measured) -> Difference:
    """Return a - b, of two models that were measured on the same patients and resamples."""
    value = None if a.value is None or b.value is None else a.value - b.value
    return Difference(value, a.resampled - b.resampled)


def are_same(a: Measured, b: Measured) -> bool:
    """Tell whether two models are the same as far as a metric can tell, in value and under every resample."""
    if a.value is None or b.value is None:
        return False
    apart = np.abs(a.resampled - b.resampled)
    return abs(a.value - b.value) <= SAME and not bool((apart > SAME).any())


def judge_family(differences: Mapping[Key, Difference]) -> dict[Key, Verdict]:
    """Return the verdict on every difference of a family."""
    verdicts, errors = {}, {}
    for key, one in differences.items():
        spread = one.resampled[np.isfinite(one.resampled)]
        error = float(spread.std(ddof=1)) if spread.size > 1 else math.nan
        if one.value is None:
            verdicts[key] = Verdict(None, None, None, UNDECIDED, "the metric is undefined for a model")
        elif not math.isfinite(error):
            verdicts[key] = Verdict(one.value, None, None, UNDECIDED, "no resample defines the difference")
        elif abs(one.value) <= SAME and np.abs(spread).max() <= SAME:
            verdicts[key] = Verdict(one.value, (min(one.value, 0.0), max(one.value, 0.0)), 1.0, EQUAL)
        elif error < NEGLIGIBLE:
            # Every resample says the same, so the interval is that value.
            bounds = (one.value, one.value)
            verdicts[key] = Verdict(one.value, bounds, 1 / (1 + spread.size), _side(bounds))
        else:
            errors[key] = error
    greatest = _greatest(differences, errors)
    for key, error in errors.items():
        value = differences[key].value or 0.0
        limit = _limit(greatest) * error
        bounds = (value - limit, value + limit)
        p = (1 + np.count_nonzero(greatest >= abs(value) / error)) / (1 + greatest.size)
        verdicts[key] = Verdict(value, bounds, float(p), _side(bounds))
    return {key: verdicts[key] for key in differences}


def _greatest(differences: Mapping[Key, Difference], errors: Mapping[Key, float]) -> np.ndarray:
    """Return the greatest studentised deviation of the family in every resample, `[R]`."""
    if not errors:
        return np.zeros(0)
    deviations = np.array(
        [np.abs(differences[k].resampled - (differences[k].value or 0.0)) / error for k, error in errors.items()]
    )
    some = np.isfinite(deviations).any(axis=0)
    greatest: np.ndarray = np.nanmax(deviations[:, some], axis=0)
    return greatest


def _limit(greatest: np.ndarray) -> float:
    """Return c: |d| / se is beyond it exactly where p is at most 1 - LEVEL."""
    rank = math.ceil(LEVEL * (greatest.size + 1)) - 1
    return float(np.sort(greatest)[min(rank, greatest.size - 1)])


def _side(bounds: tuple[float, float]) -> str:
    if bounds[0] > 0:
        return BETTER
    return WORSE if bounds[1] < 0 else UNDECIDED


def over_folds(a: Measured, b: Measured, test_share: float) -> tuple[dict[str, float | int | None], str]:
    """Return `resampled_t_test` of two models over the folds that both define."""
    return resampled_t_test(a.folds - b.folds, test_share)


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
    present = sorted((p, k) for k, p in enumerate(values) if p is not None)
    adjusted: list[float | None] = [None] * len(values)
    largest = 0.0
    for rank, (p, k) in enumerate(present):
        largest = max(largest, min(1.0, (len(present) - rank) * p))
        adjusted[k] = largest
    return adjusted
