"""Statistics of values, from how often each of them occurs; shared by intensities and grey levels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Intensities:
    """The values in the intensity mask of R regions: integers that are counted, or numbers that are listed.

    Attributes:
        parts: Ascending values [K] and how often each occurs [R', K], in parts whose rows make up R together. In a list
            equal values follow each other.
    """

    parts: tuple[tuple[np.ndarray, np.ndarray], ...]

    @classmethod
    def listed(cls, rows: Iterable[np.ndarray]) -> Intensities:
        """Return the intensities of regions whose values are given, one array a region."""
        parts = []
        for row in rows:
            values = np.sort(row.astype(np.float64))
            ones = np.ones((1, values.size), np.int64)
            parts.append((values, ones) if values.size else (np.zeros(1), np.zeros((1, 1), np.int64)))
        return cls(tuple(parts))

    @property
    def voxels(self) -> np.ndarray:
        """Number of values, int64 [R]."""
        number: np.ndarray = np.concatenate([counts.sum(1) for _, counts in self.parts])
        return number

    def describe(self) -> dict[str, np.ndarray]:
        """Return the eighteen statistics of `describe`, [R] each."""
        described = [
            _describe_list(values) if counts.shape[0] == 1 and (counts == 1).all() else describe(values, counts)
            for values, counts in self.parts
        ]
        return {name: np.concatenate([part[name] for part in described]) for name in described[0]}

    def rows(self) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        """Yield the values that occur, ascending, and how often, of one region after the other."""
        for values, counts in self.parts:
            for row in counts:
                present = row > 0
                yield values[present].astype(np.float64), row[present]


def order_statistic(values: np.ndarray, cumulative: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Return, [R], the value at a rank (0 the smallest) given cumulative counts [R, K] of ascending values [K]."""
    index = (cumulative <= rank[:, None]).sum(1)
    ranked: np.ndarray = values[np.minimum(index, values.size - 1)]
    return ranked.astype(np.float64)


def percentile(values: np.ndarray, cumulative: np.ndarray, percent: float) -> np.ndarray:
    """Return the percentile, [R], with linear interpolation between the two nearest order statistics."""
    position = (cumulative[:, -1] - 1) * (percent / 100)
    below = np.floor(position)
    first = order_statistic(values, cumulative, below)
    second = order_statistic(values, cumulative, below + 1)
    weight = position - below
    return np.where(weight > 0, first + weight * (second - first), first)


def describe(values: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return the eighteen statistics of IBSI's intensity-based family (UHIW), [R] each.

    With n voxels, mean mu and central moments m_k: mean (Q4LE), var = m_2 (ECT3), skew = m_3 / m_2^1.5 (KE2A), kurt =
    m_4 / m_2^2 - 3 (IPH6), median (Y12H), min (1GSF), p10 (QG58), p90 (8DWT), max (84IY), iqr = P75 - P25 (SALO),
    range (2OJQ), mad = mean |x - mu| (4FUA), rmad the same of the values from P10 to P90 (1128), medad = mean
    |x - median| (N72L), cov = sd / mu (7TET), qcod = (P75 - P25) / (P75 + P25) (9S40), energy = sum x^2 (N8CA), rms =
    sqrt(energy / n) (5ZWQ). A row of one value has skewness and kurtosis 0. NaN where a quotient has no denominator,
    and throughout for a row without voxels.

    Args:
        values: Ascending values [K].
        counts: How often each occurs, [R, K].
    """
    x = values.astype(np.float64)
    cumulative = counts.cumsum(1)
    n = np.where(cumulative[:, -1] > 0, cumulative[:, -1], np.nan)
    share = counts / n[:, None]
    mean = share @ x
    deviation = x - mean[:, None]
    squared = share * deviation**2
    variance = squared.sum(1)
    p10, p25, median, p75, p90 = (percentile(x, cumulative, q) for q in (10, 25, 50, 75, 90))
    smallest = order_statistic(x, cumulative, np.zeros_like(n))
    largest = order_statistic(x, cumulative, cumulative[:, -1] - 1)
    inner = counts * ((x >= p10[:, None]) & (x <= p90[:, None]))
    n_inner = np.where(inner.sum(1) > 0, inner.sum(1), np.nan)
    inner_mean = inner @ x / n_inner
    energy = (counts @ (x * x)).astype(np.float64)
    varies = smallest < largest
    scale = np.where(varies, variance, 1.0)
    features = {
        "mean": mean,
        "var": variance,
        "skew": np.where(varies, (squared * deviation).sum(1) / scale**1.5, 0.0),
        "kurt": np.where(varies, (squared * deviation**2).sum(1) / scale**2 - 3.0, 0.0),
        "median": median,
        "min": smallest,
        "p10": p10,
        "p90": p90,
        "max": largest,
        "iqr": p75 - p25,
        "range": largest - smallest,
        "mad": (share * np.abs(deviation)).sum(1),
        "rmad": (inner * np.abs(x - inner_mean[:, None])).sum(1) / n_inner,
        "medad": (share * np.abs(x - median[:, None])).sum(1),
        "cov": np.sqrt(variance) / np.where(mean != 0, mean, np.nan),
        "qcod": (p75 - p25) / np.where(p75 + p25 != 0, p75 + p25, np.nan),
        "energy": energy,
        "rms": np.sqrt(energy / n),
    }
    return {name: np.where(np.isnan(n), np.nan, result) for name, result in features.items()}


def _describe_list(x: np.ndarray) -> dict[str, np.ndarray]:
    """Return what `describe` does for one region whose ascending values are listed, in a few passes."""
    n, varies = x.size, x[0] < x[-1]
    mean = x.mean()
    deviation = x - mean
    squared = deviation * deviation
    variance = squared.mean()
    scale = variance if varies else 1.0
    position = (n - 1) * np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    below = np.floor(position).astype(np.int64)
    p10, p25, median, p75, p90 = x[below] + (position - below) * (x[np.minimum(below + 1, n - 1)] - x[below])
    inner = x[np.searchsorted(x, p10) : np.searchsorted(x, p90, side="right")]
    energy = float(x @ x)
    features = {
        "mean": mean,
        "var": variance,
        "skew": (squared @ deviation) / n / scale**1.5 if varies else 0.0,
        "kurt": (squared @ squared) / n / scale**2 - 3.0 if varies else 0.0,
        "median": median,
        "min": x[0],
        "p10": p10,
        "p90": p90,
        "max": x[-1],
        "iqr": p75 - p25,
        "range": x[-1] - x[0],
        "mad": np.abs(deviation).mean(),
        "rmad": np.abs(inner - inner.mean()).mean() if inner.size else np.nan,
        "medad": np.abs(x - median).mean(),
        "cov": np.sqrt(variance) / mean if mean != 0 else np.nan,
        "qcod": (p75 - p25) / (p75 + p25) if p75 + p25 != 0 else np.nan,
        "energy": energy,
        "rms": np.sqrt(energy / n),
    }
    return {name: np.array([value], np.float64) for name, value in features.items()}


def mean_of_present(values: np.ndarray) -> np.ndarray:
    """Return the mean of [R, D] over those of D that have a value; NaN where none has."""
    present = ~np.isnan(values)
    number = present.sum(1)
    mean: np.ndarray = np.where(present, values, 0.0).sum(1) / np.where(number > 0, number, np.nan)
    return mean


def log2(p: np.ndarray) -> np.ndarray:
    """Return the binary logarithm, and 0 where p is 0: the convention of entropies."""
    logarithm: np.ndarray = np.log2(p, out=np.zeros_like(p), where=p > 0)
    return logarithm
