"""Compiled convolution along one axis."""

from __future__ import annotations

import numpy as np

from snndeep.compilation import compiler

# Sums may be taken in any order and with fused multiplication: responses are compared within a share of their range.
compiled = compiler("the image filters", {"nogil": True, "fastmath": {"contract", "reassoc"}})


@compiled
def correlate(padded: np.ndarray, weights: np.ndarray, response: np.ndarray) -> None:
    """Write response[a, k, b] = sum_t weights[t] padded[a, k + t, b], all float32.

    The innermost loop runs over neighbours in memory, along the axis itself where it is the last one.
    """
    outer, length, inner = response.shape
    for a in range(outer):
        if inner == 1:
            line, result = padded[a, :, 0], response[a, :, 0]
            for k in range(length):
                result[k] = weights[0] * line[k]
            for t in range(1, weights.size):
                weight = weights[t]
                for k in range(length):
                    result[k] += weight * line[k + t]
        else:
            for k in range(length):
                result = response[a, k]
                for b in range(inner):
                    result[b] = weights[0] * padded[a, k, b]
                for t in range(1, weights.size):
                    weight = weights[t]
                    source = padded[a, k + t]
                    for b in range(inner):
                        result[b] += weight * source[b]
