"""Hyperparameter search with Optuna: one study per split, inside the split's training part.

Each trial fits on the training part and is evaluated on the validation part; the test part is not used. Finished trials
are stored in a journal file or a database (`snndeep.training.trials`), so that a search can be interrupted, raising the
number of trials runs only the additional ones, and several jobs can share the studies of a model.

A trial depends only on the settings, its number and the finished trials before it: its sampler is seeded from its number.
It is therefore the same in an undisturbed run, after an interruption, and in another job.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState

from snndeep.backends.base import Backend, Inputs
from snndeep.errors import DivergedError
from snndeep.evaluation.leakage import check_encoded
from snndeep.learning.base import EpochRecord, LearningRule
from snndeep.seeds import derive_seed
from snndeep.spikes.encoded_split import EncodedSplit, Problem
from snndeep.training.fit import merge_settings, model_seed
from snndeep.training.outcomes import SearchOutcome, TrialOutcome
from snndeep.training.search_space import Space, distributions, within
from snndeep.training.strategy import Strategy
from snndeep.training.trials import FinishedTrials

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class SearchSettings:
    """The settings of a search.

    Attributes:
        base: The rule's configured settings, which are tried first.
        space: The search space.
        n_trials: Number of trials per study.
        seed: Seed in the configuration.
        strategy: Sampler and pruner.
    """

    base: Mapping[str, Any]
    space: Space
    n_trials: int
    seed: int
    strategy: Strategy = field(default_factory=Strategy)

    @classmethod
    def from_stage(cls, config: Mapping[str, Any]) -> SearchSettings:
        """Return the settings that the record of a stage `tune` holds."""
        strategy = Strategy.from_mapping(config["strategy"])
        return cls(config["base"], config["space"], config["n_trials"], config["seed"], strategy)


def run_trials(
    name: str,
    data: EncodedSplit,
    backend: Backend,
    rule: LearningRule,
    search: SearchSettings,
    finished: FinishedTrials,
) -> list[optuna.trial.FrozenTrial]:
    """Run the study of a split until it has `n_trials` finished trials and return them.

    Trials that other processes finish in the meantime are used instead of being run again.

    Args:
        name: Name of the split.
        data: The split.
        backend: Implementation of the layers.
        rule: Learning rule.
        search: Settings of the search.
        finished: Store of the finished trials, which new ones are added to.
    """
    check_encoded(name, data)
    problem = data.problem()
    load = cache(lambda: backend.load(problem.trains, np.dtype(np.float32)))  # once, and only for a new trial
    # The name decides which bracket of Hyperband a trial is in.
    study = optuna.create_study(study_name=name, direction="maximize", pruner=search.strategy.new_pruner())
    new = number = 0
    while number < search.n_trials:
        if known := finished.read()[number : search.n_trials]:
            study.add_trials(known)
            number += len(known)
            continue
        study.sampler = search.strategy.new_sampler(derive_seed(search.seed, "tune", rule.name, name, number) % 2**32)
        if number == 0 and within(search.base, search.space):
            study.enqueue_trial({key: search.base[key] for key in search.space})
        _run_trial(study, name, problem, load(), backend, rule, search)
        finished.add(copy.deepcopy(study.get_trials(deepcopy=False)[number]))
        new += 1
        number += 1
    LOGGER.info("%-10s %d trials (%d new)", name, search.n_trials, new)
    return study.get_trials(deepcopy=False)


def tune_split(
    name: str,
    data: EncodedSplit,
    backend: Backend,
    rule: LearningRule,
    search: SearchSettings,
    finished: FinishedTrials,
) -> SearchOutcome:
    """Run the study of a split until it has `n_trials` finished trials, see `run_trials`, and return its outcome.

    Raises:
        DivergedError: If no trial was completed.
        LeakageError: If a test sample or patient also occurs in another part.
    """
    trials = run_trials(name, data, backend, rule, search, finished)
    complete = [t for t in trials if t.state == TrialState.COMPLETE]
    if not complete:
        raise DivergedError(
            "Every trial of a study diverged or was pruned.",
            where=f"{backend.name}, {rule.name}, {name}",
            found=f"{len(trials)} trials, none completed",
            expected="at least one completed trial",
            remedy="Lower the learning rates in tuning.search_space.",
        )
    best = max(complete, key=lambda t: (t.value, -t.number))
    LOGGER.info("%-10s best AUC %.3f", name, best.value)
    return {
        "best": dict(best.params),
        "best_value": best.value,
        "seconds": sum(map(_seconds, trials)),
        "trials": [_outcome(trial) for trial in trials],
    }


def _run_trial(
    study: optuna.Study,
    name: str,
    problem: Problem,
    inputs: Inputs,
    backend: Backend,
    rule: LearningRule,
    search: SearchSettings,
) -> None:
    trial = study.ask(fixed_distributions=distributions(search.space))
    settings = merge_settings(rule, search.base, trial.params)

    def on_epoch(record: EpochRecord) -> None:
        trial.report(record.validation_auc, record.epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    try:
        fit = rule.fit(problem, inputs, backend, settings, model_seed(search.seed, rule.name, name), on_epoch)
    except (optuna.TrialPruned, DivergedError) as stopped:
        if isinstance(stopped, DivergedError):
            LOGGER.warning("%s trial %d is pruned: %s", name, trial.number, stopped.what)
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, fit.validation_auc)


def _seconds(trial: optuna.trial.FrozenTrial) -> float:
    return 0.0 if trial.duration is None else trial.duration.total_seconds()


def _outcome(trial: optuna.trial.FrozenTrial) -> TrialOutcome:
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "value": trial.value,
        "params": dict(trial.params),
        "seconds": _seconds(trial),
    }
