"""Surrogate derivatives of the spike function, as plain formulas.

The spike is a step of x = v_pre - threshold, whose derivative is zero almost everywhere. Training uses a smooth stand-in
h(x) instead (Neftci, Mostafa and Zenke 2019, arXiv:1901.09948), with steepness k:

    atan          h(x) = (k / 2) / (1 + (pi k x / 2)^2)     Fang et al. 2021, arXiv:2007.05785
    fast_sigmoid  h(x) = (k / 2) / (1 + k |x|)^2            derivative of x -> k x / (2 (1 + k |x|)), Zenke & Vogels 2021
    superspike    h(x) = 1 / (1 + k |x|)^2                  Zenke & Ganguli 2018, arXiv:1705.11146 (height 1 for any k)

All backends use these three, written here in operations that work on numpy arrays and torch tensors alike; the custom
engine holds a compiled copy, and a test compares the two.
"""

from __future__ import annotations

import math
from typing import Any

SURROGATES = {
    "atan": "the derivative of the arc tangent",
    "fast_sigmoid": "the derivative of the fast sigmoid",
    "superspike": "the SuperSpike function",
}
"""Their names and what they are in text."""


def surrogate_derivative(name: str, slope: float, x: Any) -> Any:
    """Return h(x) element by element for one of `SURROGATES`; x is a number, a numpy array or a torch tensor.

    Raises:
        ValueError: If the name is unknown.
    """
    if name == "atan":
        return 0.5 * slope / (1 + (math.pi / 2 * slope * x) ** 2)
    if name == "fast_sigmoid":
        return 0.5 * slope / (1 + slope * abs(x)) ** 2
    if name == "superspike":
        return 1 / (1 + slope * abs(x)) ** 2
    raise ValueError(f"unknown surrogate {name!r}, expected one of {', '.join(SURROGATES)}")
