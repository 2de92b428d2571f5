"""What a sampler of the search says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optuna.samplers import BaseSampler


@dataclass(frozen=True)
class Sampler:
    """One of Optuna's samplers.

    A new one is made for every trial, so that a trial depends on its seed and the trials before it alone. A sampler that
    keeps a state of its own between trials is therefore not offered; CMA-ES moreover pickles that state into the storage,
    and nothing is unpickled here.

    Attributes:
        methods_text: What it is called in the methods section.
        make: Returns it, from a seed and the number of random trials that come first.
    """

    methods_text: str
    make: Callable[[int, int], BaseSampler]
