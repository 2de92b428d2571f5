"""Intensity-based statistics (IBSI UHIW) of the HU in the intensity mask."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.region import Region
from snndeep.radiomics.statistics import describe

RECOMMENDED = (
    "mean", "var", "skew", "kurt", "median", "p10", "p90", "iqr", "mad", "rmad", "medad", "cov", "qcod", "rms",
)  # fmt: skip


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the eighteen statistics by IBSI name, [R] each; definitions and tags in `statistics.describe`."""
    return describe(region.range_values, region.counts)
