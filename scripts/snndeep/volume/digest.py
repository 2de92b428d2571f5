"""What a scan holds, whatever file it came in."""

from __future__ import annotations

import hashlib

import numpy as np


def voxels_digest(intensity: np.ndarray) -> str:
    """Return the SHA-256 of intensities `[z, y, x]` in whole HU, whatever type and scale they were stored with."""
    voxels = np.ascontiguousarray(np.rint(intensity).astype("<i4"))
    return hashlib.sha256(str(voxels.shape).encode() + voxels.tobytes()).hexdigest()
