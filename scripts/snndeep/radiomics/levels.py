"""Grey levels: fixed bin size from the lower bound of the re-segmentation range (IBSI Q3RU).

level = min(floor((HU - low) / width) + 1, N_g) inside the range, 0 outside the region
"""

from __future__ import annotations

import numpy as np


def discretise(hu: np.ndarray, mask: np.ndarray, low: float, width: float, levels: int) -> np.ndarray:
    """Return uint8 grey levels 1..N_g where `mask` is set, 0 elsewhere; `hu` of any shape."""
    level = np.minimum(np.floor((hu - low) / width) + 1, levels)
    return np.where(mask, level, 0).astype(np.uint8)


def level_counts(levels: np.ndarray, number: int) -> np.ndarray:
    """Return how many voxels of each slice have each level, int64 `[z, N_g]`, for levels `[z, y, x]`."""
    slices = levels.shape[0]
    keys = levels.reshape(slices, -1).astype(np.int64) + np.arange(slices)[:, None] * (number + 1)
    return np.bincount(keys.ravel(), minlength=slices * (number + 1)).reshape(slices, number + 1)[:, 1:]
