"""Grey-level distance-zone matrix (IBSI VMDZ): how many zones of level i come within j steps of the region's border."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.emphasis import Entries, emphasis_features, renamed
from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import LEVELS_SQUARED, features
from snndeep.radiomics.region import Region

FEATURES = features(
    """
    sde 0GBI small distance emphasis
    lde MB4I large distance emphasis
    lgze S1RA low grey level zone emphasis
    hgze K26C high grey level zone emphasis
    sdlge RUVG small distance low grey level emphasis
    sdhge DKNJ small distance high grey level emphasis
    ldlge A7WM large distance low grey level emphasis
    ldhge KLTH large distance high grey level emphasis
    glnu VFT7 grey level non-uniformity
    glnu_norm 7HP3 normalised grey level non-uniformity
    zdnu V294 zone distance non-uniformity
    zdnu_norm IATH normalised zone distance non-uniformity
    z_perc VIWW zone percentage
    gl_var QK93 grey level variance
    zd_var 7WT1 zone distance variance
    zd_entr GBDU zone distance entropy
""",
    units={"gl_var": LEVELS_SQUARED},
    left_out="glnu zdnu",
)


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the sixteen features by IBSI name, [R] each; formulas in `emphasis_features`.

    Distances are counted in steps across faces from the border of the morphological mask, where they are 1.
    """
    from snndeep.radiomics.kernels import border_distances, count_zone_distances

    distances = border_distances(region.mask, region.face_steps)
    counts = count_zone_distances(region.levels, distances, region.rows, region.steps, region.n_rows, region.n_levels)
    return renamed(emphasis_features(Entries.from_matrix(counts), region.n_rows, region.voxels), FEATURES)


FAMILY = Family("grey level distance zone matrix", "GLDZM", compute, FEATURES)
