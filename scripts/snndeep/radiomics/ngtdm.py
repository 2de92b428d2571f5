"""Neighbourhood grey-tone difference matrix (IBSI IPET): how far levels are from the mean of their neighbours."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import features
from snndeep.radiomics.neighbourhood import half, weight, within
from snndeep.radiomics.region import Region, flat_steps

FEATURES = features(
    """
    coarseness QCDE coarseness
    contrast 65HE contrast
    busyness NQ30 busyness
    complexity HDEZ complexity
    strength 1X9X strength
    """,
    left_out="coarseness busyness strength",
)

_GREATEST_COARSENESS = 1e6
"""IBSI's value for a region without any difference."""


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the five features by IBSI name, [R] each; NaN for a row without neighbours.

    With p_i the share of level i among the N voxels that have a neighbour in the region, s_i their summed difference
    to the mean of their neighbours, and N_gp the number of levels present: coarseness = 1 / sum p s (QCDE), contrast =
    sum_ij p_i p_j (i - j)^2 / (N_gp (N_gp - 1)) * sum s / N (65HE), busyness = sum p s / sum_ij |i p_i - j p_j| (NQ30),
    complexity = sum_ij |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) / N (HDEZ), strength = sum_ij (p_i + p_j) (i - j)^2 / sum s
    (1X9X); sums over i and j run over levels present. A region of a single level has contrast and busyness 0, one
    without differences coarseness 10^6 and strength 0.
    """
    numbers, sums = _differences(region)
    total = numbers.sum(1)
    n = np.where(total > 0, total, np.nan)
    p = numbers / n[:, None]
    present = numbers > 0
    n_present = present.sum(1)
    level = np.arange(1, region.n_levels + 1.0)
    difference = level[:, None] - level
    both = present[:, :, None] & present[:, None, :]
    p_i, p_j = p[:, :, None], p[:, None, :]
    ps, s = (p * sums).sum(1), sums.sum(1)

    spread = (p_i * p_j * difference**2).sum((1, 2)) / np.maximum(n_present * (n_present - 1), 1)
    weight_gap = (np.abs(level[:, None] * p_i - level * p_j) * both).sum((1, 2))
    weighted = (p * sums)[:, :, None] + (p * sums)[:, None, :]
    together = np.where(both, p_i + p_j, 1.0)
    computed = {
        "coarseness": np.where(ps > 0, 1 / np.where(ps > 0, ps, 1.0), _GREATEST_COARSENESS),
        "contrast": spread * s / n,
        "busyness": np.where(weight_gap > 0, ps / np.where(weight_gap > 0, weight_gap, 1.0), 0.0),
        "complexity": (np.abs(difference) * np.where(both, weighted / together, 0.0)).sum((1, 2)) / n,
        "strength": np.where(both, (p_i + p_j) * difference**2, 0.0).sum((1, 2)) / np.where(s > 0, s, 1.0)
        * (s > 0),
    }  # fmt: skip
    return {name: np.where(total > 0, values, np.nan) for name, values in computed.items()}


def _differences(region: Region) -> tuple[np.ndarray, np.ndarray]:
    """Return, [R, n_levels] each, the voxels with a neighbour and their summed difference to the mean neighbour."""
    from snndeep.radiomics.kernels import sum_tone_differences, sum_weighted_tone_differences

    neighbours = region.settings.ngtdm
    offsets = half(within(neighbours.distance, neighbours.norm, region.in_plane))
    levels, rows = region.padded_levels(neighbours.distance)
    steps = flat_steps(offsets, levels.shape)
    if neighbours.weighting == "none":
        numbers, sums = sum_tone_differences(levels, rows, steps, region.n_rows, region.n_levels)
    else:
        weights = np.array([weight(offset, neighbours) for offset in offsets])
        numbers, sums = sum_weighted_tone_differences(levels, rows, steps, weights, region.n_rows, region.n_levels)
    return numbers, sums


FAMILY = Family("neighbourhood grey tone difference matrix", "NGTDM", compute, FEATURES)
