"""Tree-structured Parzen estimator of all settings together.

Every trial has all settings of the search space, so Optuna's option `group` would change nothing.
"""

from __future__ import annotations

from optuna.samplers import TPESampler

from snndeep.training.samplers.base import Sampler

SAMPLER = Sampler(
    "tree-structured Parzen estimator",
    lambda seed, first: TPESampler(seed=seed, n_startup_trials=first, multivariate=True),
)
