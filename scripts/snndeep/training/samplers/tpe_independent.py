"""Tree-structured Parzen estimator of each setting by itself."""

from __future__ import annotations

from optuna.samplers import TPESampler

from snndeep.training.samplers.base import Sampler

SAMPLER = Sampler(
    "tree-structured Parzen estimator of each setting by itself",
    lambda seed, first: TPESampler(seed=seed, n_startup_trials=first, multivariate=False),
)
