"""Grey-level co-occurrence matrix (IBSI LFYI): how often levels i and j are neighbours.

`compute` merges the matrices of all directions before the formulas (SUJT, ZW7Z, IAZD), `compute_averaged` averages the
features of the directions (BTW3, JJUI, ITBB).
"""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import LEVELS, LEVELS_SQUARED, NONE, features
from snndeep.radiomics.neighbourhood import directions, weight
from snndeep.radiomics.region import Region, flat_steps
from snndeep.radiomics.statistics import log2, mean_of_present

FEATURES = features(
    """
    joint_max GYBY joint maximum
    joint_avg 60VM joint average
    joint_var UR99 joint variance
    joint_entr TU9B joint entropy
    diff_avg TF7R difference average
    diff_var D3YU difference variance
    diff_entr NTRS difference entropy
    sum_avg ZGXS sum average
    sum_var OEEB sum variance
    sum_entr P6QZ sum entropy
    energy 8ZQL angular second moment
    contrast ACUI contrast
    dissimilarity 8S9J dissimilarity
    inv_diff IB1Z inverse difference
    inv_diff_norm NDRX normalised inverse difference
    inv_diff_mom WF0Z inverse difference moment
    inv_diff_mom_norm 1QCO normalised inverse difference moment
    inv_var E8JP inverse variance
    corr NI2N correlation
    auto_corr QWB0 autocorrelation
    clust_tend DG8W cluster tendency
    clust_shade 7NFM cluster shade
    clust_prom AE86 cluster prominence
    info_corr1 R8DG first measure of information correlation
    info_corr2 JN9H second measure of information correlation
    max_corr - maximal correlation coefficient
    """,
    units={
        "joint_avg": LEVELS,
        "joint_var": LEVELS_SQUARED,
        "diff_avg": LEVELS,
        "diff_var": LEVELS_SQUARED,
        "sum_avg": LEVELS,
        "sum_var": LEVELS_SQUARED,
        "contrast": LEVELS_SQUARED,
        "dissimilarity": LEVELS,
        "auto_corr": LEVELS_SQUARED,
        "clust_tend": LEVELS_SQUARED,
        "clust_shade": "grey levels³",
        "clust_prom": "grey levels⁴",
        "joint_entr": "bits",
        "diff_entr": "bits",
        "sum_entr": "bits",
        "corr": NONE,
    },
    left_out="sum_avg sum_var dissimilarity max_corr",
)


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the features of the merged matrix by name, [R] each; NaN for a row without pairs."""
    neighbours = region.settings.glcm
    if neighbours.weighting == "none":
        return formulas(_count(region, merged=True)[:, 0], region.highest_level)
    weights = np.array([weight(offset, neighbours) for offset in directions(neighbours, region.in_plane)])
    pairs = np.einsum("rdij,d->rij", _count(region, merged=False), weights)
    return formulas(pairs, region.highest_level)


def compute_averaged(region: Region) -> dict[str, np.ndarray]:
    """Return the features averaged over directions, [R] each; a direction without pairs is left out."""
    counts = _count(region, merged=False)
    rows, n_directions, n_levels, _ = counts.shape
    highest = np.repeat(region.highest_level, n_directions)
    each = formulas(counts.reshape(rows * n_directions, n_levels, n_levels), highest)
    return {name: mean_of_present(values.reshape(rows, n_directions)) for name, values in each.items()}


def _count(region: Region, merged: bool) -> np.ndarray:
    """Return the pairs counted one way, [R, 1 or D, level, neighbour's level]."""
    from snndeep.radiomics.kernels import count_cooccurrences

    neighbours = region.settings.glcm
    offsets = directions(neighbours, region.in_plane)
    levels, rows = region.padded_levels(neighbours.distance)
    slots = np.zeros(len(offsets), np.int64) if merged else np.arange(len(offsets))
    n_slots = 1 if merged else len(offsets)
    steps = flat_steps(offsets, levels.shape)
    pairs: np.ndarray = count_cooccurrences(levels, rows, steps, slots, region.n_rows, n_slots, region.n_levels)
    return pairs


def formulas(pairs: np.ndarray, highest_level: np.ndarray) -> dict[str, np.ndarray]:
    """Return the co-occurrence features of counted pairs.

    With p_ij the share of pairs (i, j), both ways, p_i its margin of mean mu and variance s2, d_k the share of pairs
    with |i - j| = k, t_k that with i + j = k and N_g the highest level in the region: joint_max, joint_avg = mu,
    joint_var = s2, joint_entr = H(p_ij), diff_avg, diff_var, diff_entr of d, sum_avg, sum_var, sum_entr of t, energy = sum
    p^2, contrast = sum k^2 d, dissimilarity = sum k d, inv_diff = sum d / (1 + k), inv_diff_norm = sum d / (1 + k / N_g),
    inv_diff_mom = sum d / (1 + k^2), inv_diff_mom_norm = sum d / (1 + k^2 / N_g^2), inv_var = sum over k > 0 of d / k^2,
    corr = (sum i j p - mu^2) / s2, auto_corr = sum i j p, clust_tend, clust_shade, clust_prom = second, third, fourth
    moments of i + j about 2 mu, info_corr1 = (H - HXY1) / HX, info_corr2 = sqrt(1 - exp(-2 (HXY2 - H))), max_corr = root
    of the second greatest eigenvalue of Q, Q_ij = sum_k p_ik p_jk / (p_i p_k).

    A region of a single level has corr and max_corr 1 and info_corr1 0, the limits that IBSI leaves open.

    Args:
        pairs: [R, N, N], pairs counted one way.
        highest_level: N_g of each row, at most N, int64 [R].

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
    # Nearly all features need only the shares of differences and of sums, a few hundred numbers instead of N^2.
    k = np.arange(n_levels, dtype=np.float64)
    k_sum = np.arange(2, 2 * n_levels + 1.0)
    difference = flat @ (np.abs(i - j).ravel()[:, None] == np.arange(n_levels)).astype(np.float64)
    added = flat @ ((i + j).ravel()[:, None] == np.arange(2 * n_levels - 1)).astype(np.float64)
    margin = p.sum(2)
    mean = margin @ level
    variance = (margin * (level - mean[:, None]) ** 2).sum(1)
    auto_correlation = flat @ np.outer(level, level).ravel()
    varies = np.count_nonzero(margin > 0, axis=1) > 1
    one = 1.0 + 0.0 * mean
    diff_avg, sum_avg = difference @ k, added @ k_sum
    off_centre = k_sum - 2 * mean[:, None]
    share_of_levels = k / np.maximum(highest_level, 1)[:, None]
    joint_entropy = -(p * log2(p)).sum((1, 2))
    info_corr1, info_corr2 = _information(margin, joint_entropy)
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
        "inv_diff_norm": (difference / (1 + share_of_levels)).sum(1),
        "inv_diff_mom": difference @ (1 / (1 + k**2)),
        "inv_diff_mom_norm": (difference / (1 + share_of_levels**2)).sum(1),
        "inv_var": difference[:, 1:] @ (1 / k[1:] ** 2),
        "corr": np.where(varies, (auto_correlation - mean**2) / np.where(varies, variance, 1.0), one),
        "auto_corr": auto_correlation,
        "clust_tend": (added * off_centre**2).sum(1),
        "clust_shade": (added * off_centre**3).sum(1),
        "clust_prom": (added * off_centre**4).sum(1),
        "info_corr1": info_corr1,
        "info_corr2": info_corr2,
        "max_corr": np.where(varies, _maximal_correlation(p, margin), one),
    }


def _information(margin: np.ndarray, joint_entropy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both measures of information correlation."""
    entropy = -(margin * log2(margin)).sum(1)
    # log(p_i p_j) = log p_i + log p_j, so both cross entropies are twice that of the margin.
    cross = 2 * entropy
    first = np.where(entropy > 0, (joint_entropy - cross) / np.where(entropy > 0, entropy, 1.0), 0.0 * entropy)
    second = np.sqrt(np.maximum(0.0, 1 - np.exp(-2 * (cross - joint_entropy))))
    return first, second


def _maximal_correlation(p: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Return the maximal correlation coefficient, [R].

    Q = D^-1 p D^-1 p' with D the margin on the diagonal is similar to S^2, S = D^-1/2 p D^-1/2, which is symmetric: the
    coefficient is the second greatest magnitude of an eigenvalue of S.
    """
    present = margin > 0
    scale = np.where(present, 1 / np.sqrt(np.where(present, margin, 1.0)), 0.0)
    similar = np.nan_to_num(p) * scale[:, :, None] * scale[:, None, :]
    magnitudes = np.sort(np.abs(np.linalg.eigvalsh(similar)), axis=1)
    second: np.ndarray = magnitudes[:, -2] if magnitudes.shape[1] > 1 else np.ones(len(magnitudes))
    return second


FAMILY = Family("grey level co-occurrence matrix", "GLCM", compute, FEATURES)
