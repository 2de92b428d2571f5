"""The grey level run length matrix with features averaged over directions, see `snndeep.radiomics.glrlm`."""

from __future__ import annotations

from snndeep.radiomics.family import Family
from snndeep.radiomics.glrlm import FEATURES, compute_averaged

FAMILY = Family("grey level run length matrix, averaged over directions", "GLRLM averaged", compute_averaged, FEATURES)
