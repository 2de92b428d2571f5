"""Samples, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def in_batches(samples: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Return the samples in order, `size` at a time; the last batch may be smaller.

    Args:
        samples: Indices `[N]`.
        size: The most samples of a batch.
    """
    for start in range(0, samples.size, size):
        yield samples[start : start + size]
