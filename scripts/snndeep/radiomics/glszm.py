"""Grey-level size-zone matrix (IBSI 9SAK): how many connected zones of level i have j voxels."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.emphasis import Entries, emphasis_features, renamed
from snndeep.radiomics.kernels import count_zone_sizes
from snndeep.radiomics.region import Region

# Tags: sze 5QRC, lze 48P8, lgze XMSY, hgze 5GN9, szlge 5RAI, szhge HW1V, lzlge YH51, lzhge J17V, glnu JNSA, glnu_norm Y1RO,
# zsnu 4JP3, zsnu_norm VB3A, z_perc P30P, gl_var BYLV, zs_var 3NSA, zs_entr GU8N.
_NAMES = {
    "sze": "short",
    "lze": "long",
    "lgze": "low",
    "hgze": "high",
    "szlge": "short_low",
    "szhge": "short_high",
    "lzlge": "long_low",
    "lzhge": "long_high",
    "glnu": "level_nonuniformity",
    "glnu_norm": "level_nonuniformity_norm",
    "zsnu": "size_nonuniformity",
    "zsnu_norm": "size_nonuniformity_norm",
    "z_perc": "percentage",
    "gl_var": "level_variance",
    "zs_var": "size_variance",
    "zs_entr": "entropy",
}

RECOMMENDED = (
    "sze", "lgze", "hgze", "szlge", "szhge", "glnu_norm", "zsnu_norm", "z_perc", "gl_var", "zs_entr",
)  # fmt: skip


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the sixteen features by IBSI name, [R] each; formulas in `emphasis_features`.

    Zones are connected over 8 neighbours in a slice, 26 in the volume; there are at most as many as voxels.
    """
    small, large = count_zone_sizes(region.levels, region.rows, region.steps, region.n_rows, region.n_levels)
    entries = Entries.from_matrix(small).joined(Entries.from_list(large))
    return renamed(emphasis_features(entries, region.n_rows, region.voxels), _NAMES)
