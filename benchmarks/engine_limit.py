"""What one core does at best: additions of registers, without a load or a store between them."""

from __future__ import annotations

import numpy as np

from snndeep.engine.compiler import exact
from snndeep.engine.vectors import load, repeat, total_of

LANES = 64


@exact
def _add(rounds, numbers):
    zero = repeat(np.float32(0), LANES)
    a, b, c, d = zero, zero, zero, zero
    at = np.uint64(0)
    e = load(zero, numbers, at)
    for _ in range(rounds):
        a, b, c, d = a + e, b + e, c + e, d + e
    return total_of(a + b) + total_of(c + d)


def additions(rounds: int) -> int:
    """Add as many numbers as is returned."""
    _add(rounds, np.ones(LANES, np.float32))
    return 4 * LANES * rounds
