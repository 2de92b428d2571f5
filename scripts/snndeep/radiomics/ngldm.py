"""Neighbouring grey-level dependence matrix (IBSI REK0): voxels of level i with j - 1 neighbours of the same level."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.emphasis import Entries, emphasis_features, renamed
from snndeep.radiomics.kernels import count_dependence
from snndeep.radiomics.region import Region

# Tags: lde SODN, hde IMOQ, lgce TL9H, hgce OAE7, ldlge EQ3F, ldhge JA6D, hdlge NBZI, hdhge 9QMG, glnu FP8K, glnu_norm 5SPA,
# dcnu Z87G, dcnu_norm OKJI, dc_perc 6XV8, gl_var 1PFV, dc_var DNX2, dc_entr FCBV, dc_energy CAS9.
_NAMES = {
    "lde": "short",
    "hde": "long",
    "lgce": "low",
    "hgce": "high",
    "ldlge": "short_low",
    "ldhge": "short_high",
    "hdlge": "long_low",
    "hdhge": "long_high",
    "glnu": "level_nonuniformity",
    "glnu_norm": "level_nonuniformity_norm",
    "dcnu": "size_nonuniformity",
    "dcnu_norm": "size_nonuniformity_norm",
    "dc_perc": "percentage",
    "gl_var": "level_variance",
    "dc_var": "size_variance",
    "dc_entr": "entropy",
    "dc_energy": "energy",
}

RECOMMENDED = tuple(name for name in _NAMES if name not in ("glnu", "dcnu", "dc_perc"))

_COARSENESS = 0
"""Greatest difference of levels that counts as dependence, IBSI's alpha."""


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the seventeen features by IBSI name, [R] each; formulas in `emphasis_features`.

    Neighbours are the 8 in a slice, 26 in the volume, at Chebyshev distance 1.
    """
    counts = count_dependence(region.levels, region.rows, region.steps, region.n_rows, region.n_levels, _COARSENESS)
    return renamed(emphasis_features(Entries.from_matrix(counts), region.n_rows, region.voxels), _NAMES)
