"""Hyperparameter search with Optuna: one study per fold, inside the fold's training side.

Each trial fits on the training part and is judged on the validation part; the test part is not used. Where a fold has
several networks, a trial may be judged on the validation parts of several of them, by the mean (cross-fitting); all networks
of the fold then take the settings found. Finished trials
are stored in a journal file or a database (`snndeep.training.trials`), so that a search can be interrupted, raising the
number of trials runs only the additional ones, and several jobs can share the studies of a model.

A trial depends only on the settings, its number and the finished trials before it: its sampler is seeded from its number.
It is therefore the same in an undisturbed run, after an interruption, and in another job.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping, Sequence
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
from snndeep.training.search_space import Space, as_configured, as_optuna, distributions, within
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
    splits: Mapping[str, EncodedSplit],
    backend: Backend,
    rule: LearningRule,
    search: SearchSettings,
    finished: FinishedTrials,
) -> list[optuna.trial.FrozenTrial]:
    """Run the study of a fold until it has `n_trials` finished trials and return them.

    Trials that other processes finish in the meantime are used instead of being run again.

    Args:
        splits: The splits of the fold that a trial is judged on, by name; the first gives the study its name.
        backend: Implementation of the layers.
        rule: Learning rule.
        search: Settings of the search.
        finished: Store of the finished trials, which new ones are added to.
    """
    for split, data in splits.items():
        check_encoded(split, data)
    name = next(iter(splits))
    load = cache(lambda: _load(splits, backend))  # once, and only for a new trial
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
            study.enqueue_trial({key: as_optuna(search.base[key]) for key in search.space})
        _run_trial(study, load(), backend, rule, search)
        trial = study.get_trials(deepcopy=False)[number]
        finished.add(copy.deepcopy(trial))
        new += 1
        number += 1
        outcome = f"AUC {trial.value:.3f}" if trial.state == TrialState.COMPLETE else trial.state.name.lower()
        LOGGER.info("%-10s trial %d of %d, %s", name, number, search.n_trials, outcome)
    LOGGER.info("%-10s %d trials (%d new)", name, search.n_trials, new)
    return study.get_trials(deepcopy=False)


@dataclass(frozen=True)
class _Judged:
    """A split that trials are judged on: its name, what may be seen of it, and that in the backend's form."""

    name: str
    problem: Problem
    inputs: Inputs


def _load(splits: Mapping[str, EncodedSplit], backend: Backend) -> list[_Judged]:
    problems = {name: data.problem() for name, data in splits.items()}
    return [_Judged(name, own, backend.load(own.trains, np.dtype(np.float32))) for name, own in problems.items()]


def tune_fold(
    splits: Mapping[str, EncodedSplit],
    backend: Backend,
    rule: LearningRule,
    search: SearchSettings,
    finished: FinishedTrials,
) -> SearchOutcome:
    """Run the study of a fold until it has `n_trials` finished trials, see `run_trials`, and return its outcome.

    Raises:
        DivergedError: If no trial was completed.
        LeakageError: If a test sample or patient also occurs in another part.
    """
    name = next(iter(splits))
    trials = run_trials(splits, backend, rule, search, finished)
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
        "best": as_configured(best.params, search.space),
        "best_value": best.value,
        "seconds": sum(map(_seconds, trials)),
        "trials": [_outcome(trial, search.space) for trial in trials],
    }


def _run_trial(
    study: optuna.Study,
    judged: Sequence[_Judged],
    backend: Backend,
    rule: LearningRule,
    search: SearchSettings,
) -> None:
    trial = study.ask(fixed_distributions=distributions(search.space))
    settings = merge_settings(rule, search.base, as_configured(trial.params, search.space))
    reached: list[float] = []
    done = 0

    def on_epoch(record: EpochRecord) -> None:
        nonlocal done
        done += 1
        trial.report(float(np.mean([*reached, record.validation_auc])), done)
        if trial.should_prune():
            raise optuna.TrialPruned

    try:
        for own in judged:
            seed = model_seed(search.seed, rule.name, own.name)
            fit = rule.fit(own.problem, own.inputs, backend, settings, seed, on_epoch)
            reached.append(fit.validation_auc)
    except (optuna.TrialPruned, DivergedError) as stopped:
        if isinstance(stopped, DivergedError):
            LOGGER.warning("%s trial %d is pruned: %s", judged[0].name, trial.number, stopped.what)
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, float(np.mean(reached)))


def _seconds(trial: optuna.trial.FrozenTrial) -> float:
    return 0.0 if trial.duration is None else trial.duration.total_seconds()


def _outcome(trial: optuna.trial.FrozenTrial, space: Space) -> TrialOutcome:
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "value": trial.value,
        "params": as_configured(trial.params, space),
        "seconds": _seconds(trial),
    }
