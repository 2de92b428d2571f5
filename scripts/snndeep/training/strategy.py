"""How the search goes: who proposes the trials, and which are stopped early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from snndeep.settings import Settings, setting
from snndeep.training.samplers.registry import SAMPLERS, load_sampler

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

PRUNERS = ("median", "hyperband", "none")
WARMUP_EPOCHS = 5
"""Epochs that every trial trains before it may be stopped."""


@dataclass(frozen=True)
class Strategy(Settings):
    """The sampler and the pruner of a search."""

    key: ClassVar[str] = "tuning"

    sampler: str = setting(
        "tpe",
        "Which of Optuna's samplers proposes trials: tpe (tree-structured Parzen estimator of all settings together), "
        "tpe_independent (of each setting by itself), gp (Gaussian process; needs PyTorch in every environment that tunes) or "
        "random.",
        choices=tuple(SAMPLERS),
    )
    random_trials: int = setting(
        5, "Trials that are drawn at random, the first one aside, before the sampler's model proposes any.", least=1
    )
    pruner: str = setting(
        "median",
        "Which trials are stopped early: median (below the median of those before at the same epoch), hyperband (below the "
        "best third of its bracket at growing numbers of epochs) or none. None is stopped in its first 5 epochs.",
        choices=PRUNERS,
    )

    def methods_text(self) -> str:
        """Return sampler and pruner as a part of a sentence in the methods."""
        stopped = {
            "median": f"stopping a trial from epoch {WARMUP_EPOCHS} on where it is below the median of earlier ones",
            "hyperband": "stopping trials by Hyperband",
            "none": "stopping no trial early",
        }
        first = "" if self.sampler == "random" else f" after {self.random_trials} random trials"
        return f"{load_sampler(self.sampler).methods_text}{first}, {stopped[self.pruner]}"

    def new_sampler(self, seed: int) -> BaseSampler:
        """Return the sampler of one trial.

        Raises:
            ConfigError: If its packages are not installed.
        """
        return load_sampler(self.sampler).make(seed, self.random_trials)

    def new_pruner(self) -> BasePruner:
        """Return the pruner of a study."""
        from optuna import pruners

        if self.pruner == "hyperband":
            return pruners.HyperbandPruner(min_resource=WARMUP_EPOCHS)
        if self.pruner == "median":
            return pruners.MedianPruner(n_startup_trials=self.random_trials, n_warmup_steps=WARMUP_EPOCHS)
        return pruners.NopPruner()
