"""Explicit seeds derived from names.

Every random number in SNNDeep comes from a generator that is created where it is used, from the seed in the
configuration and the names of what it is for ("phantom", case, "noise"). Nothing depends on global state, on the
order of work or on the number of cores.
"""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(*names: str | int) -> int:
    """Return a 63-bit seed that depends only on the names and their order.

    Args:
        *names: Strings and integers, for instance `derive_seed(7, "tune", "custom", fold)`.

    Returns:
        A non-negative integer below 2**63.
    """
    text = "\x1f".join(f"{type(name).__name__}:{name}" for name in names)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*names: str | int) -> np.random.Generator:
    """Return a fresh PCG64 generator seeded with `derive_seed(*names)`."""
    return np.random.Generator(np.random.PCG64(derive_seed(*names)))
