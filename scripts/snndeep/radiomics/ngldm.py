"""Neighbouring grey-level dependence matrix (IBSI REK0): voxels of level i with j - 1 neighbours of the same level."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.emphasis import Entries, emphasis_features, renamed
from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import LEVELS_SQUARED, features
from snndeep.radiomics.neighbourhood import half, weight, within
from snndeep.radiomics.region import Region, flat_steps

FEATURES = features(
    """
    lde SODN low dependence emphasis
    hde IMOQ high dependence emphasis
    lgce TL9H low grey level count emphasis
    hgce OAE7 high grey level count emphasis
    ldlge EQ3F low dependence low grey level emphasis
    ldhge JA6D low dependence high grey level emphasis
    hdlge NBZI high dependence low grey level emphasis
    hdhge 9QMG high dependence high grey level emphasis
    glnu FP8K grey level non-uniformity
    glnu_norm 5SPA normalised grey level non-uniformity
    dcnu Z87G dependence count non-uniformity
    dcnu_norm OKJI normalised dependence count non-uniformity
    dc_perc 6XV8 dependence count percentage
    gl_var 1PFV grey level variance
    dc_var DNX2 dependence count variance
    dc_entr FCBV dependence count entropy
    dc_energy CAS9 dependence count energy
""",
    units={"gl_var": LEVELS_SQUARED},
    left_out="glnu dcnu dc_perc",
)


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the seventeen features by name, [R] each; formulas in `emphasis_features`.

    The dependence of a voxel is the number of its neighbours whose level differs by at most the coarseness, or the sum of
    their weights; by default 8 neighbours in a slice, 26 in the volume, and equal levels.
    """
    from snndeep.radiomics.kernels import count_dependence, list_weighted_dependence

    neighbours = region.settings.ngldm
    offsets = half(within(neighbours.distance, neighbours.norm, region.in_plane))
    levels, rows = region.padded_levels(neighbours.distance)
    steps = flat_steps(offsets, levels.shape)
    if neighbours.weighting == "none":
        counts = count_dependence(levels, rows, steps, region.n_rows, region.n_levels, neighbours.coarseness)
        entries = Entries.from_matrix(counts)
    else:
        weights = np.array([weight(offset, neighbours) for offset in offsets])
        found = np.empty((int(region.voxels.sum()), 2), np.int64)
        dependence = np.empty(len(found))
        list_weighted_dependence(levels, rows, steps, weights, neighbours.coarseness, found, dependence)
        # Sums of the same weights in another order are the same dependence.
        entries = Entries.from_list(np.column_stack([found, 1 + dependence.round(9)]))
    return renamed(emphasis_features(entries, region.n_rows, region.voxels), FEATURES)


FAMILY = Family("neighbouring grey level dependence matrix", "NGLDM", compute, FEATURES)
