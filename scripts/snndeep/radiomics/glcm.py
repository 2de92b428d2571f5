"""Grey-level co-occurrence matrix (IBSI LFYI), per slice, directions merged (2D slice-merged, SUJT).

P_ij is the share of neighbouring voxel pairs with levels i and j, over the four in-plane directions at Chebyshev
distance 1, both ways.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def count_pairs(levels, number):
    """Count neighbouring pairs of each slice.

    Args:
        levels: uint8 `[z, y + 2, x + 2]`, grey levels with a border of zeros in plane; 0 is outside the region.
        number: N_g.

    Returns:
        int64 `[z, N_g, N_g]`, one direction of each pair (not symmetric yet).
    """
    slices, rows, columns = levels.shape
    counts = np.zeros((slices, number + 1, number + 1), np.int64)
    for z in range(slices):
        out = counts[z]
        for y in range(1, rows - 1):
            for x in range(1, columns - 1):
                i = levels[z, y, x]
                if i:
                    # A neighbour outside the region has level 0 and falls into a column that is dropped.
                    out[i, levels[z, y, x + 1]] += 1
                    out[i, levels[z, y + 1, x - 1]] += 1
                    out[i, levels[z, y + 1, x]] += 1
                    out[i, levels[z, y + 1, x + 1]] += 1
    return counts[:, 1:, 1:]


def _log2(p: np.ndarray) -> np.ndarray:
    return np.log2(p, out=np.zeros_like(p), where=p > 0)


def glcm_features(pairs: np.ndarray) -> dict[str, np.ndarray]:
    """Return the 22 co-occurrence features of the recommended set, one value per slice.

    Args:
        pairs: Counts `[z, N_g, N_g]` of one direction of each pair.

    Returns:
        By IBSI name, `[z]`; NaN for a slice without any pair. The tags: joint_max GYBY, joint_avg 60VM, joint_var UR99,
        joint_entr TU9B, diff_avg TF7R, diff_var D3YU, diff_entr NTRS, sum_entr P6QZ, energy 8ZQL, contrast ACUI,
        dissimilarity 8S9J, inv_diff IB1Z, inv_diff_norm NDRX, inv_diff_mom WF0Z, inv_diff_mom_norm 1QCO, inv_var E8JP,
        corr NI2N, auto_corr QWB0, clust_shade 7NFM, clust_prom AE86, info_corr1 R8DG, info_corr2 JN9H.
    """
    symmetric = (pairs + pairs.transpose(0, 2, 1)).astype(np.float64)
    total = symmetric.sum(axis=(1, 2), keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = symmetric / total
        features = _formulas(p)
    empty = total[:, 0, 0] == 0
    return {name: np.where(empty, np.nan, values) for name, values in features.items()}


def _formulas(p: np.ndarray) -> dict[str, np.ndarray]:
    number = p.shape[1]
    i = np.arange(1, number + 1.0)
    difference, total = np.abs(i[:, None] - i), i[:, None] + i
    marginal = p.sum(axis=2)
    mean = marginal @ i
    variance = (marginal * (i - mean[:, None]) ** 2).sum(axis=1)

    def expected(weight: np.ndarray) -> np.ndarray:
        return np.einsum("zij,...ij->z", p, weight) if weight.ndim == 2 else (p * weight).sum(axis=(1, 2))

    flat = p.reshape(-1, number * number)
    p_difference = flat @ (difference.ravel()[:, None] == np.arange(number))
    p_sum = flat @ (total.ravel()[:, None] == np.arange(2, 2 * number + 1))
    diff_avg = p_difference @ np.arange(number)
    joint_entropy = -(p * _log2(p)).sum(axis=(1, 2))
    marginal_entropy = -(marginal * _log2(marginal)).sum(axis=1)
    product = marginal[:, :, None] * marginal[:, None, :]
    hxy1 = -(p * _log2(product)).sum(axis=(1, 2))
    hxy2 = -(product * _log2(product)).sum(axis=(1, 2))
    autocorrelation = expected(i[:, None] * i)
    centred = total - 2 * mean[:, None, None]
    off_diagonal = difference > 0
    return {
        "joint_max": p.max(axis=(1, 2)),
        "joint_avg": mean,
        "joint_var": variance,
        "joint_entr": joint_entropy,
        "diff_avg": diff_avg,
        "diff_var": (p_difference * (np.arange(number) - diff_avg[:, None]) ** 2).sum(axis=1),
        "diff_entr": -(p_difference * _log2(p_difference)).sum(axis=1),
        "sum_entr": -(p_sum * _log2(p_sum)).sum(axis=1),
        "energy": (p * p).sum(axis=(1, 2)),
        "contrast": expected(difference**2),
        "dissimilarity": expected(difference),
        "inv_diff": expected(1 / (1 + difference)),
        "inv_diff_norm": expected(1 / (1 + difference / number)),
        "inv_diff_mom": expected(1 / (1 + difference**2)),
        "inv_diff_mom_norm": expected(1 / (1 + (difference / number) ** 2)),
        "inv_var": expected(np.where(off_diagonal, 1 / np.where(off_diagonal, difference, 1) ** 2, 0)),
        # A region of one level is perfectly correlated with itself, IBSI's convention for a variance of zero.
        "corr": np.where(variance > 1e-12, (autocorrelation - mean**2) / np.where(variance > 1e-12, variance, 1), 1.0),
        "auto_corr": autocorrelation,
        "clust_shade": expected(centred**3),
        "clust_prom": expected(centred**4),
        "info_corr1": np.where(
            marginal_entropy > 0, (joint_entropy - hxy1) / np.where(marginal_entropy > 0, marginal_entropy, 1), 0.0
        ),
        "info_corr2": np.sqrt(np.maximum(0.0, 1 - np.exp(-2 * (hxy2 - joint_entropy)))),
    }
