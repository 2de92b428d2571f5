"""A feature family: the intensity statistics, doubled."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics import intensity_statistics
from snndeep.radiomics.family import Family
from snndeep.radiomics.region import Region


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the features by name, [R] each."""
    return {name: 2 * values for name, values in intensity_statistics.compute(region).items()}


FAMILY = Family("toy family", "toy family", compute, intensity_statistics.FEATURES, aggregated=False)
