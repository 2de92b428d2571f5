"""Intensity histogram (IBSI ZVCW): statistics of the grey levels in the intensity mask."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import LEVELS, LEVELS_SQUARED, NONE, features
from snndeep.radiomics.region import Region
from snndeep.radiomics.statistics import describe, log2

FEATURES = features(
    """
    mean X6K6 mean discretised intensity
    var CH89 discretised intensity variance
    skew 88K1 discretised intensity skewness
    kurt C3I7 (excess) discretised intensity kurtosis
    median WIFQ median discretised intensity
    min 1PR8 minimum discretised intensity
    p10 GPMT 10th discretised intensity percentile
    p90 OZ0C 90th discretised intensity percentile
    max 3NCY maximum discretised intensity
    iqr WR0O discretised intensity interquartile range
    range 5Z3W discretised intensity range
    mad D2ZX intensity histogram mean absolute deviation
    rmad WRZB intensity histogram robust mean absolute deviation
    medad 4RNL intensity histogram median absolute deviation
    cov CWYJ intensity histogram coefficient of variation
    qcod SLWD intensity histogram quartile coefficient of dispersion
    mode AMMC intensity histogram mode
    entropy TLU2 discretised intensity entropy
    uniformity BJ5W discretised intensity uniformity
    max_grad 12CE maximum histogram gradient
    max_grad_g 8E6O maximum histogram gradient intensity
    min_grad VQB3 minimum histogram gradient
    min_grad_g RHQZ minimum histogram gradient intensity
    """,
    unit=LEVELS,
    units={"var": LEVELS_SQUARED, "max_grad": "voxels", "min_grad": "voxels", "entropy": "bits"}
    | dict.fromkeys(("skew", "kurt", "cov", "qcod", "uniformity"), NONE),
    left_out="mean var skew kurt median min p10 p90 max iqr range mad rmad medad cov qcod max_grad max_grad_g min_grad "
    "min_grad_g",
)

# The histogram family has neither energy nor root mean square.
_STATISTICS = tuple(feature.name for feature in FEATURES[:16])


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the twenty-three features by IBSI name, [R] each.

    Besides the statistics of `statistics.describe` for levels: mode, the most frequent level, of several the one
    nearest to the mean (AMMC); with p_i the share of level i, entropy = -sum p_i log2 p_i (TLU2) and uniformity =
    sum p_i^2 (BJ5W); max_grad, max_grad_g, min_grad, min_grad_g, the extremes of the histogram's gradient (central
    differences inside, one-sided at level 1 and at the highest level in the region) and their levels (12CE, 8E6O, VQB3,
    RHQZ).
    """
    levels = np.arange(1, region.n_levels + 1)
    counts = region.level_counts
    described = describe(levels, counts)
    computed = {name: described[name] for name in _STATISTICS}

    total = counts.sum(1)
    share = counts / np.where(total > 0, total, np.nan)[:, None]
    off_mean = np.abs(levels - described["mean"][:, None])
    distance = np.where(counts == counts.max(1, keepdims=True), off_mean, np.inf)
    computed["mode"] = np.where(total > 0, levels[distance.argmin(1)], np.nan)
    computed["entropy"] = -(share * log2(share)).sum(1)
    computed["uniformity"] = (share * share).sum(1)
    gradient = _gradient(counts, region.highest_level)
    for name, index in (
        ("max_grad", np.where(np.isnan(gradient), -np.inf, gradient).argmax(1)),
        ("min_grad", np.where(np.isnan(gradient), np.inf, gradient).argmin(1)),
    ):
        extreme = np.take_along_axis(gradient, index[:, None], 1)[:, 0]
        computed[name] = extreme
        computed[f"{name}_g"] = np.where(np.isnan(extreme), np.nan, levels[index])
    return computed


def _gradient(counts: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Return the gradient of the histograms [R, K] over the levels 1 to N_g of each; NaN beyond, and where N_g is 1."""
    number = counts.astype(np.float64)
    gradient = np.gradient(number, axis=1) if counts.shape[1] > 1 else np.full(counts.shape, np.nan)
    rows = np.flatnonzero(highest > 1)
    last = highest[rows] - 1
    gradient[rows, last] = number[rows, last] - number[rows, last - 1]
    gradient[np.arange(counts.shape[1]) >= np.where(highest > 1, highest, 0)[:, None]] = np.nan
    return gradient


FAMILY = Family("intensity histogram", "intensity histogram", compute, FEATURES, aggregated=False)
