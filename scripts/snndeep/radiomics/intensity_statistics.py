"""Intensity-based statistics (IBSI UHIW) of the intensities in the intensity mask."""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import HU, HU_SQUARED, NONE, features
from snndeep.radiomics.region import Region

FEATURES = features(
    """
    mean Q4LE mean intensity
    var ECT3 intensity variance
    skew KE2A intensity skewness
    kurt IPH6 (excess) intensity kurtosis
    median Y12H median intensity
    min 1GSF minimum intensity
    p10 QG58 10th intensity percentile
    p90 8DWT 90th intensity percentile
    max 84IY maximum intensity
    iqr SALO intensity interquartile range
    range 2OJQ intensity range
    mad 4FUA intensity-based mean absolute deviation
    rmad 1128 intensity-based robust mean absolute deviation
    medad N72L intensity-based median absolute deviation
    cov 7TET intensity-based coefficient of variation
    qcod 9S40 intensity-based quartile coefficient of dispersion
    energy N8CA intensity-based energy
    rms 5ZWQ root mean square intensity
    """,
    unit=HU,
    units={"var": HU_SQUARED, "energy": HU_SQUARED, "skew": NONE, "kurt": NONE, "cov": NONE, "qcod": NONE},
    left_out="min max range energy",
)


def compute(region: Region) -> dict[str, np.ndarray]:
    """Return the eighteen statistics by name, [R] each; definitions in `statistics.describe`."""
    return region.intensities.describe()


FAMILY = Family("intensity-based statistics", "intensity", compute, FEATURES, aggregated=False)
