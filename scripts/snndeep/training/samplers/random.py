"""Random draws."""

from __future__ import annotations

from optuna.samplers import RandomSampler

from snndeep.training.samplers.base import Sampler

SAMPLER = Sampler("random draws", lambda seed, first: RandomSampler(seed=seed))
