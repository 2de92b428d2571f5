"""Intensity statistics (IBSI UHIW) and intensity histogram (IBSI ZVCW), for a region's values or levels."""

from __future__ import annotations

import numpy as np


def intensity_statistics(values: np.ndarray) -> dict[str, float]:
    """Return the fourteen statistics of the recommended set for values in HU.

    With mu the mean and m_k the k-th central moment: var = m_2 (ECT3), skew = m_3 / m_2^1.5 (KE2A), kurt = m_4 / m_2^2 - 3
    (IPH6), percentiles (QG58, 8DWT), iqr = P75 - P25 (SALO), mad and medad mean absolute deviations from mean (4FUA) and
    median (N72L), rmad that of the values between P10 and P90 (1128), cov = sd / mu (7TET), qcod = iqr / (P75 + P25)
    (9S40), rms (5ZWQ). Skewness and kurtosis of a constant region are 0, as IBSI defines them.
    """
    x = np.asarray(values, np.float64)
    mean = x.mean()
    deviation = x - mean
    squared = deviation * deviation
    variance = squared.mean()
    p10, p25, median, p75, p90 = np.percentile(x, [10, 25, 50, 75, 90])
    inner = x[(x >= p10) & (x <= p90)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "mean": mean,
            "var": variance,
            "skew": (squared * deviation).mean() / variance**1.5 if variance > 0 else 0.0,
            "kurt": (squared * squared).mean() / variance**2 - 3 if variance > 0 else 0.0,
            "median": median,
            "p10": p10,
            "p90": p90,
            "iqr": p75 - p25,
            "mad": np.abs(deviation).mean(),
            "rmad": np.abs(inner - inner.mean()).mean(),
            "medad": np.abs(x - median).mean(),
            "cov": np.sqrt(variance) / mean if mean else np.nan,
            "qcod": (p75 - p25) / (p75 + p25) if p75 + p25 else np.nan,
            "rms": np.sqrt((x * x).mean()),
        }


def intensity_histogram(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return mode (AMMC), entropy (TLU2) and uniformity (BJ5W) of level counts `[z, N_g]`, one value per slice.

    With p_i the share of level i: entropy = - sum p_i log2 p_i, uniformity = sum p_i^2. Of several most frequent levels the
    mode is the one nearest to the mean level.
    """
    levels = np.arange(1, counts.shape[1] + 1)
    p = counts / counts.sum(axis=1, keepdims=True)
    mean = p @ levels
    distance = np.where(counts == counts.max(axis=1, keepdims=True), np.abs(levels - mean[:, None]), np.inf)
    logarithm = np.log2(p, out=np.zeros_like(p), where=p > 0)
    return {
        "mode": levels[distance.argmin(axis=1)].astype(np.float64),
        "entropy": -(p * logarithm).sum(axis=1),
        "uniformity": (p * p).sum(axis=1),
    }
