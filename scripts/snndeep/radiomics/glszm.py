"""Grey-level size-zone matrix (IBSI 9SAK): how many connected zones of level i have j voxels."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.emphasis import Entries, emphasis_features, renamed
from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import LEVELS_SQUARED, features
from snndeep.radiomics.region import Region

FEATURES = features(
    """
    sze 5QRC small zone emphasis
    lze 48P8 large zone emphasis
    lgze XMSY low grey level zone emphasis
    hgze 5GN9 high grey level zone emphasis
    szlge 5RAI small zone low grey level emphasis
    szhge HW1V small zone high grey level emphasis
    lzlge YH51 large zone low grey level emphasis
    lzhge J17V large zone high grey level emphasis
    glnu JNSA grey level non-uniformity
    glnu_norm Y1RO normalised grey level non-uniformity
    zsnu 4JP3 zone size non-uniformity
    zsnu_norm VB3A normalised zone size non-uniformity
    z_perc P30P zone percentage
    gl_var BYLV grey level variance
    zs_var 3NSA zone size variance
    zs_entr GU8N zone size entropy
""",
    units={"gl_var": LEVELS_SQUARED},
    left_out="lze lzlge lzhge glnu zsnu zs_var",
)


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the sixteen features by IBSI name, [R] each; formulas in `emphasis_features`.

    Zones are connected over 8 neighbours in a slice, 26 in the volume; there are at most as many as voxels.
    """
    from snndeep.radiomics.kernels import count_zone_sizes

    small, large = count_zone_sizes(region.levels, region.rows, region.steps, region.n_rows, region.n_levels)
    entries = Entries.from_matrix(small).joined(Entries.from_list(large))
    return renamed(emphasis_features(entries, region.n_rows, region.voxels), FEATURES)


FAMILY = Family("grey level size zone matrix", "GLSZM", compute, FEATURES)
