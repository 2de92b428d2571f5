"""Gaussian process with expected improvement. It needs PyTorch, whatever the backend."""

from __future__ import annotations

import warnings
from importlib.util import find_spec

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler

from snndeep.errors import ConfigError
from snndeep.training.samplers.base import Sampler

NEEDED = ("torch", "scipy")


def _gaussian_process(seed: int, first: int) -> BaseSampler:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(
            "The packages of this sampler are not installed where the job runs.",
            where="tuning.sampler = gp",
            found=f"no {' and no '.join(missing)}",
            expected=f"{' and '.join(NEEDED)}",
            remedy="Install them there (with conda: in the file of the environment), or choose the sampler tpe.",
        )
    import scipy  # noqa: F401  # both are imported so that their versions are part of the address
    import torch  # noqa: F401

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        # A trial that is run twice gives the same value to the last bit.
        return GPSampler(seed=seed, n_startup_trials=first, deterministic_objective=True)


SAMPLER = Sampler("Gaussian process with expected improvement", _gaussian_process)
