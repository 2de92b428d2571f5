"""Grey-level run-length matrix (IBSI TP0I): how many runs of level i are j voxels long.

`compute` merges the matrices of all directions before the formulas (SUJT, ZW7Z, IAZD), `compute_averaged` averages the
features of the directions (BTW3, JJUI, ITBB).
"""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.emphasis import Entries, emphasis_features, renamed
from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import LEVELS_SQUARED, features
from snndeep.radiomics.region import Region
from snndeep.radiomics.statistics import mean_of_present

FEATURES = features(
    """
    sre 22OV short runs emphasis
    lre W4KF long runs emphasis
    lgre V3SW low grey level run emphasis
    hgre G3QZ high grey level run emphasis
    srlge HTZT short run low grey level emphasis
    srhge GD3A short run high grey level emphasis
    lrlge IVPO long run low grey level emphasis
    lrhge 3KUM long run high grey level emphasis
    glnu R5YN grey level non-uniformity
    glnu_norm OVBL normalised grey level non-uniformity
    rlnu W92Y run length non-uniformity
    rlnu_norm IC23 normalised run length non-uniformity
    r_perc 9ZK5 run percentage
    gl_var 8CE5 grey level variance
    rl_var SXLW run length variance
    rl_entr HJ9O run entropy
""",
    units={"gl_var": LEVELS_SQUARED},
    left_out="glnu rlnu",
)


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the sixteen features of the merged matrix by IBSI name, [R] each; formulas in `emphasis_features`.

    The number of possible runs counts every voxel once per direction.
    """
    slots = np.zeros(region.steps.size, np.int64)
    entries = Entries.from_matrix(_count(region, slots)[:, 0])
    possible = region.voxels * region.steps.size
    return renamed(emphasis_features(entries, region.n_rows, possible), FEATURES)


def compute_averaged(region: Region) -> dict[str, np.ndarray]:
    """Return the features averaged over directions, [R] each."""
    n_directions = region.steps.size
    counts = _count(region, np.arange(n_directions))
    entries = Entries.from_matrix(counts.reshape(-1, *counts.shape[2:]))
    each = emphasis_features(entries, region.n_rows * n_directions, np.repeat(region.voxels, n_directions))
    computed = {name: mean_of_present(values.reshape(-1, n_directions)) for name, values in each.items()}
    return renamed(computed, FEATURES)


def _count(region: Region, slots: np.ndarray) -> np.ndarray:
    from snndeep.radiomics.kernels import count_runs

    n_slots = int(slots.max()) + 1
    runs: np.ndarray = count_runs(
        region.levels, region.rows, region.steps, slots, region.n_rows, n_slots, region.n_levels
    )
    return runs


FAMILY = Family("grey level run length matrix", "GLRLM", compute, FEATURES)
