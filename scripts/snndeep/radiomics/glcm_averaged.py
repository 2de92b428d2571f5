"""The grey level co-occurrence matrix with features averaged over directions, see `snndeep.radiomics.glcm`."""

from __future__ import annotations

from snndeep.radiomics.family import Family
from snndeep.radiomics.glcm import FEATURES, compute_averaged

FAMILY = Family(
    "grey level co-occurrence matrix, averaged over directions", "GLCM averaged", compute_averaged, FEATURES
)
