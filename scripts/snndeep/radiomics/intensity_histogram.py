"""Intensity histogram (IBSI ZVCW): statistics of the grey levels in the intensity mask."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.region import Region
from snndeep.radiomics.statistics import describe, log2

RECOMMENDED = ("mode", "entropy", "uniformity")

# The histogram family has neither energy nor root mean square.
_STATISTICS = (
    "mean", "var", "skew", "kurt", "median", "min", "p10", "p90", "max", "iqr", "range", "mad", "rmad", "medad",
    "cov", "qcod",
)  # fmt: skip


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the twenty-three features by IBSI name, [R] each.

    Besides the statistics of `statistics.describe` for levels: mode, the most frequent level, of several the one
    nearest to the mean (AMMC); with p_i the share of level i, entropy = -sum p_i log2 p_i (TLU2) and uniformity =
    sum p_i^2 (BJ5W); max_grad, max_grad_g, min_grad, min_grad_g, the extremes of the histogram's gradient (central
    differences inside, one-sided at the ends) and their levels (12CE, 8E6O, VQB3, RHQZ).
    """
    levels = np.arange(1, region.n_levels + 1)
    belongs = region.level_of_value[:, None] == levels
    counts = region.counts @ belongs.astype(np.int64)
    described = describe(levels, counts)
    features = {name: described[name] for name in _STATISTICS}

    total = counts.sum(1)
    share = counts / np.where(total > 0, total, np.nan)[:, None]
    off_mean = np.abs(levels - described["mean"][:, None])
    distance = np.where(counts == counts.max(1, keepdims=True), off_mean, np.inf)
    features["mode"] = np.where(total > 0, levels[distance.argmin(1)], np.nan)
    features["entropy"] = -(share * log2(share)).sum(1)
    features["uniformity"] = (share * share).sum(1)
    undefined = np.full(counts.shape, np.nan)
    gradient = np.gradient(counts.astype(np.float64), axis=1) if region.n_levels > 1 else undefined
    for name, index in (("max_grad", gradient.argmax(1)), ("min_grad", gradient.argmin(1))):
        extreme = np.take_along_axis(gradient, index[:, None], 1)[:, 0]
        defined = (total > 0) & ~np.isnan(extreme)
        features[name] = np.where(defined, extreme, np.nan)
        features[f"{name}_g"] = np.where(defined, levels[index], np.nan)
    return features
