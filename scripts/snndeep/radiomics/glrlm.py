"""Grey-level run-length matrix (IBSI TP0I): how many runs of level i are j voxels long.

`compute` merges the matrices of all directions before the formulas (slices: SUJT, volume: IAZD), `compute_averaged`
averages the features of the directions (BTW3, ITBB).
"""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.emphasis import Entries, emphasis_features, renamed
from snndeep.radiomics.glcm import mean_of_directions
from snndeep.radiomics.kernels import count_runs
from snndeep.radiomics.region import Region

# Tags: sre 22OV, lre W4KF, lgre V3SW, hgre G3QZ, srlge HTZT, srhge GD3A, lrlge IVPO, lrhge 3KUM, glnu R5YN, glnu_norm OVBL,
# rlnu W92Y, rlnu_norm IC23, r_perc 9ZK5, gl_var 8CE5, rl_var SXLW, rl_entr HJ9O.
_NAMES = {
    "sre": "short",
    "lre": "long",
    "lgre": "low",
    "hgre": "high",
    "srlge": "short_low",
    "srhge": "short_high",
    "lrlge": "long_low",
    "lrhge": "long_high",
    "glnu": "level_nonuniformity",
    "glnu_norm": "level_nonuniformity_norm",
    "rlnu": "size_nonuniformity",
    "rlnu_norm": "size_nonuniformity_norm",
    "r_perc": "percentage",
    "gl_var": "level_variance",
    "rl_var": "size_variance",
    "rl_entr": "entropy",
}

RECOMMENDED = tuple(name for name in _NAMES if name not in ("glnu", "rlnu"))


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the sixteen features of the merged matrix by IBSI name, [R] each; formulas in `emphasis_features`.

    The number of possible runs counts every voxel once per direction.
    """
    slots = np.zeros(region.steps.size, np.int64)
    entries = Entries.from_matrix(_count(region, slots)[:, 0])
    possible = region.voxels * region.steps.size
    return renamed(emphasis_features(entries, region.n_rows, possible), _NAMES)


def compute_averaged(region: Region) -> dict[str, np.ndarray]:
    """Return the features averaged over directions, [R] each."""
    n_directions = region.steps.size
    counts = _count(region, np.arange(n_directions))
    entries = Entries.from_matrix(counts.reshape(-1, *counts.shape[2:]))
    each = emphasis_features(entries, region.n_rows * n_directions, np.repeat(region.voxels, n_directions))
    features = {name: mean_of_directions(values.reshape(-1, n_directions)) for name, values in each.items()}
    return renamed(features, _NAMES)


def _count(region: Region, slots: np.ndarray) -> np.ndarray:
    n_slots = int(slots.max()) + 1
    return count_runs(region.levels, region.rows, region.steps, slots, region.n_rows, n_slots, region.n_levels)
