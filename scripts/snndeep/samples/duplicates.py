"""Is one scan there twice? A copy among the patients is known to the model that is tested on it.

Bytes of files say little: a scan that is compressed anew has others. Compared are the voxels as they were decoded around the
organ, and the features of slices across patients, which are equal where image and mask of a slice are.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from snndeep.errors import DatasetError
from snndeep.samples.table import feature_names

TELLING = 10
"""Features that a slice needs before equal ones say that it is the same slice."""


def check_no_duplicates(cases: pd.DataFrame, samples: pd.DataFrame) -> None:
    """Check that no scan is there twice and that no slice of one patient equals one of another.

    Args:
        cases: With columns case, patient and voxels_sha256.
        samples: Table of samples.

    Raises:
        DatasetError: If one is.
    """
    for _, own in cases.groupby("voxels_sha256", sort=False):
        if len(own) > 1:
            names = [f"{row.case} (patient {row.patient})" for row in own.itertuples()]
            raise _twice("The same scan is there twice, voxel for voxel.", "cases", names)
    features = samples[feature_names(samples)].to_numpy(np.float64)
    telling = np.isfinite(features).sum(axis=1) >= TELLING
    rows = samples.loc[telling, ["sample", "patient"]].assign(key=[row.tobytes() for row in features[telling]])
    for _, own in rows.groupby("key", sort=False):
        if own["patient"].nunique() > 1:
            raise _twice(
                "Slices of two patients have the same features, all of them.", "samples", own["sample"].tolist()
            )


def _twice(what: str, where: str, names: list[str]) -> DatasetError:
    return DatasetError(
        what,
        where=where,
        found=", ".join(names[:5]),
        expected="scans that differ: a copy in the training part is the test scan itself",
        remedy="Remove the copies, or give all scans of one person the same patient.",
    )
