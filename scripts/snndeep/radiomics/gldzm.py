"""Grey-level distance-zone matrix (IBSI VMDZ): how many zones of level i come within j steps of the region's border."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.emphasis import Entries, emphasis_features, renamed
from snndeep.radiomics.kernels import border_distances, count_zone_distances
from snndeep.radiomics.region import Region

# Tags: sde 0GBI, lde MB4I, lgze S1RA, hgze K26C, sdlge RUVG, sdhge DKNJ, ldlge A7WM, ldhge KLTH, glnu VFT7, glnu_norm 7HP3,
# zdnu V294, zdnu_norm IATH, z_perc VIWW, gl_var QK93, zd_var 7WT1, zd_entr GBDU.
_NAMES = {
    "sde": "short",
    "lde": "long",
    "lgze": "low",
    "hgze": "high",
    "sdlge": "short_low",
    "sdhge": "short_high",
    "ldlge": "long_low",
    "ldhge": "long_high",
    "glnu": "level_nonuniformity",
    "glnu_norm": "level_nonuniformity_norm",
    "zdnu": "size_nonuniformity",
    "zdnu_norm": "size_nonuniformity_norm",
    "z_perc": "percentage",
    "gl_var": "level_variance",
    "zd_var": "size_variance",
    "zd_entr": "entropy",
}

RECOMMENDED = tuple(name for name in _NAMES if name not in ("glnu", "zdnu"))


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the sixteen features by IBSI name, [R] each; formulas in `emphasis_features`.

    Distances are counted in steps across faces from the border of the morphological mask, where they are 1.
    """
    distances = border_distances(region.mask, region.face_steps)
    counts = count_zone_distances(region.levels, distances, region.rows, region.steps, region.n_rows, region.n_levels)
    return renamed(emphasis_features(Entries.from_matrix(counts), region.n_rows, region.voxels), _NAMES)
