"""Grey-level co-occurrence matrix (IBSI LFYI): how often levels i and j are neighbours at Chebyshev distance 1.

`compute` merges the matrices of all directions before the formulas (slices: SUJT, volume: IAZD), `compute_averaged`
averages the features of the directions (BTW3, ITBB).
"""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.kernels import count_cooccurrences
from snndeep.radiomics.region import Region
from snndeep.radiomics.statistics import log2

RECOMMENDED = (
    "joint_max", "joint_avg", "joint_var", "joint_entr", "diff_avg", "diff_var", "diff_entr", "sum_entr", "energy",
    "contrast", "inv_diff", "inv_diff_norm", "inv_diff_mom", "inv_diff_mom_norm", "inv_var", "corr", "auto_corr",
    "clust_tend", "clust_shade", "clust_prom", "info_corr1", "info_corr2",
)  # fmt: skip


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the twenty-five features of the merged matrix by IBSI name, [R] each; NaN for a row without pairs."""
    slots = np.zeros(region.steps.size, np.int64)
    counts = _count(region, slots)[:, 0]
    return formulas(counts)


def compute_averaged(region: Region) -> dict[str, np.ndarray]:
    """Return the features averaged over directions, [R] each; a direction without pairs is left out."""
    slots = np.arange(region.steps.size)
    counts = _count(region, slots)
    rows, directions, n_levels, _ = counts.shape
    each = formulas(counts.reshape(rows * directions, n_levels, n_levels))
    return {name: mean_of_directions(values.reshape(rows, directions)) for name, values in each.items()}


def mean_of_directions(values: np.ndarray) -> np.ndarray:
    """Return the mean of [R, D] over the directions that have a value; NaN where none has."""
    present = ~np.isnan(values)
    number = present.sum(1)
    return np.where(present, values, 0.0).sum(1) / np.where(number > 0, number, np.nan)


def _count(region: Region, slots: np.ndarray) -> np.ndarray:
    n_slots = int(slots.max()) + 1
    return count_cooccurrences(region.levels, region.rows, region.steps, slots, region.n_rows, n_slots, region.n_levels)


def formulas(pairs: np.ndarray) -> dict[str, np.ndarray]:
    """Return the co-occurrence features of counted pairs.

    With p_ij the share of pairs (i, j), both ways, p_i its margin of mean mu and variance s2, d_k the share of pairs
    with |i - j| = k and t_k that with i + j = k: joint_max (GYBY), joint_avg = mu (60VM), joint_var = s2 (UR99),
    joint_entr = H(p_ij) (TU9B), diff_avg, diff_var, diff_entr of d (TF7R, D3YU, NTRS), sum_avg, sum_var, sum_entr of t
    (ZGXS, OEEB, P6QZ), energy = sum p^2 (8ZQL), contrast = sum k^2 d (ACUI), dissimilarity = sum k d (8S9J), inv_diff
    = sum d / (1 + k) (IB1Z), inv_diff_norm = sum d / (1 + k / N_g) (NDRX), inv_diff_mom = sum d / (1 + k^2) (WF0Z),
    inv_diff_mom_norm = sum d / (1 + k^2 / N_g^2) (1QCO), inv_var = sum over k > 0 of d / k^2 (E8JP), corr = (sum i j p -
    mu^2) / s2 (NI2N), auto_corr = sum i j p (QWB0), clust_tend, clust_shade, clust_prom = second, third, fourth
    moments of i + j about 2 mu (DG8W, 7NFM, AE86), info_corr1 = (H - HXY1) / HX (R8DG), info_corr2 = sqrt(1 - exp(-2
    (HXY2 - H))) (JN9H).

    A region of a single level has corr 1 and info_corr1 0, the limits that IBSI leaves open.

    Args:
        pairs: int64 [R, N_g, N_g], pairs counted one way.

    Returns:
        By name, [R] each; NaN where there is no pair.
    """
    rows, n_levels, _ = pairs.shape
    both_ways = pairs + pairs.transpose(0, 2, 1)
    total = both_ways.sum((1, 2))
    p = both_ways / np.where(total > 0, total, np.nan)[:, None, None]
    level = np.arange(1, n_levels + 1.0)
    i, j = np.indices((n_levels, n_levels))
    flat = p.reshape(rows, -1)
    # Nearly all features need only the shares of differences and of sums, a few hundred numbers instead of N_g^2.
    k = np.arange(n_levels, dtype=np.float64)
    k_sum = np.arange(2, 2 * n_levels + 1.0)
    difference = flat @ (np.abs(i - j).ravel()[:, None] == np.arange(n_levels)).astype(np.float64)
    added = flat @ ((i + j).ravel()[:, None] == np.arange(2 * n_levels - 1)).astype(np.float64)
    margin = p.sum(2)
    mean = margin @ level
    variance = (margin * (level - mean[:, None]) ** 2).sum(1)
    auto_correlation = flat @ np.outer(level, level).ravel()
    varies = np.count_nonzero(margin > 0, axis=1) > 1
    diff_avg, sum_avg = difference @ k, added @ k_sum
    off_centre = k_sum - 2 * mean[:, None]
    joint_entropy = -(p * log2(p)).sum((1, 2))
    info_corr1, info_corr2 = _information(p, margin, joint_entropy)
    return {
        "joint_max": p.max((1, 2)),
        "joint_avg": mean,
        "joint_var": variance,
        "joint_entr": joint_entropy,
        "diff_avg": diff_avg,
        "diff_var": (difference * (k - diff_avg[:, None]) ** 2).sum(1),
        "diff_entr": -(difference * log2(difference)).sum(1),
        "sum_avg": sum_avg,
        "sum_var": (added * (k_sum - sum_avg[:, None]) ** 2).sum(1),
        "sum_entr": -(added * log2(added)).sum(1),
        "energy": (p * p).sum((1, 2)),
        "contrast": difference @ k**2,
        "dissimilarity": diff_avg,
        "inv_diff": difference @ (1 / (1 + k)),
        "inv_diff_norm": difference @ (1 / (1 + k / n_levels)),
        "inv_diff_mom": difference @ (1 / (1 + k**2)),
        "inv_diff_mom_norm": difference @ (1 / (1 + (k / n_levels) ** 2)),
        "inv_var": difference[:, 1:] @ (1 / k[1:] ** 2),
        "corr": np.where(varies, (auto_correlation - mean**2) / np.where(varies, variance, 1.0), 1.0 + 0.0 * mean),
        "auto_corr": auto_correlation,
        "clust_tend": (added * off_centre**2).sum(1),
        "clust_shade": (added * off_centre**3).sum(1),
        "clust_prom": (added * off_centre**4).sum(1),
        "info_corr1": info_corr1,
        "info_corr2": info_corr2,
    }


def _information(p: np.ndarray, margin: np.ndarray, joint_entropy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both measures of information correlation."""
    log_margin = log2(margin)
    entropy = -(margin * log_margin).sum(1)
    # log(p_i p_j) = log p_i + log p_j, so both cross entropies are twice that of the margin.
    cross = 2 * entropy
    first = np.where(entropy > 0, (joint_entropy - cross) / np.where(entropy > 0, entropy, 1.0), 0.0 * entropy)
    second = np.sqrt(np.maximum(0.0, 1 - np.exp(-2 * (cross - joint_entropy))))
    return first, second
