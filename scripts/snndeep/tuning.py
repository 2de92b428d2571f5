"""Hyperparameter search with Optuna: one study per split, inside the split's training part.

Each trial fits on the training part and is judged by the validation part; the test part is not in sight. Studies live in
a journal file, so that a search can be interrupted, and raising the number of trials runs only the ones that are new.

A trial's sampler is seeded from the number of finished trials. The n-th trial is therefore the same whether it comes in
one run or after an interruption.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from snndeep.backends.base import Backend
from snndeep.encoding_file import EncodedSplit
from snndeep.errors import DivergedError
from snndeep.journal import journal_backend
from snndeep.learning.base import EpochRecord, LearningRule
from snndeep.seeds import derive_seed
from snndeep.training import merge_settings, model_seed

LOGGER = logging.getLogger(__name__)
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
RANDOM_TRIALS = 5
PRUNING_WARMUP_EPOCHS = 5


@dataclass(frozen=True)
class SearchSettings:
    """What is searched.

    Attributes:
        base: The rule's configured settings, tried first.
        space: By setting: {low, high, log?} for numbers, whole ones if both limits are, or {choices}.
        n_trials: Finished trials per study.
        seed: Of the configuration.
    """

    base: Mapping[str, Any]
    space: Mapping[str, Mapping[str, Any]]
    n_trials: int
    seed: int


def open_journal(path: Path) -> optuna.storages.JournalStorage:
    """Open or create the journal that holds a model's studies, see `snndeep.journal`."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.storages.JournalStorage(journal_backend(path))


def suggest(trial: optuna.Trial, space: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Draw a value for every setting of the space."""
    values = {}
    for name, choice in sorted(space.items()):
        if "choices" in choice:
            values[name] = trial.suggest_categorical(name, choice["choices"])
        elif isinstance(choice["low"], int) and isinstance(choice["high"], int):
            values[name] = trial.suggest_int(name, choice["low"], choice["high"], log=choice.get("log", False))
        else:
            values[name] = trial.suggest_float(name, choice["low"], choice["high"], log=choice.get("log", False))
    return values


def within(base: Mapping[str, Any], space: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether the configured settings lie inside the search space."""
    return all(
        base[name] in choice["choices"] if "choices" in choice else choice["low"] <= base[name] <= choice["high"]
        for name, choice in space.items()
    )


def tune_split(
    name: str,
    data: EncodedSplit,
    backend: Backend,
    rule: LearningRule,
    search: SearchSettings,
    storage: optuna.storages.BaseStorage,
) -> dict[str, Any]:
    """Bring the study of a split to `n_trials` finished trials and return its outcome as JSON values.

    Raises:
        DivergedError: If every trial diverged.
    """
    study = optuna.create_study(
        study_name=name, storage=storage, direction="maximize", load_if_exists=True, pruner=_pruner()
    )
    _close_interrupted(study)
    start = time.perf_counter()
    found = len(study.get_trials(deepcopy=False, states=FINISHED))
    for number in range(found, search.n_trials):
        study.sampler = optuna.samplers.TPESampler(
            seed=derive_seed(search.seed, "tune", rule.name, name, number) % 2**32, n_startup_trials=RANDOM_TRIALS
        )
        if number == 0 and within(search.base, search.space):
            study.enqueue_trial({key: search.base[key] for key in search.space})
        _run_trial(study, name, data, backend, rule, search)
    trials = study.get_trials(deepcopy=False, states=FINISHED)[: search.n_trials]
    complete = [t for t in trials if t.state == TrialState.COMPLETE]
    if not complete:
        raise DivergedError(
            "Every trial of a study diverged or was stopped.",
            where=f"{backend.name}, {rule.name}, {name}",
            found=f"{len(trials)} trials, none complete",
            expected="at least one complete trial",
            remedy="Lower the learning rates of tuning.search_space.",
        )
    best = max(complete, key=lambda t: (t.value, -t.number))
    LOGGER.info("%-10s %d trials (%d new), best AUC %.3f", name, len(trials), len(trials) - found, best.value)
    return {
        "best": dict(best.params),
        "best_value": best.value,
        "seconds": time.perf_counter() - start,
        "trials": [_describe(trial) for trial in trials],
    }


def _pruner() -> optuna.pruners.BasePruner:
    return optuna.pruners.MedianPruner(n_startup_trials=RANDOM_TRIALS, n_warmup_steps=PRUNING_WARMUP_EPOCHS)


def _close_interrupted(study: optuna.Study) -> None:
    """Set aside trials that a killed process left running; they are run anew."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def _run_trial(
    study: optuna.Study,
    name: str,
    data: EncodedSplit,
    backend: Backend,
    rule: LearningRule,
    search: SearchSettings,
) -> None:
    trial = study.ask()
    settings = merge_settings(rule, search.base, suggest(trial, search.space))

    def on_epoch(record: EpochRecord) -> None:
        trial.report(record.validation_auc, record.epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    try:
        fit = rule.fit(data.problem(), backend, settings, model_seed(search.seed, rule.name, name), on_epoch)
    except (optuna.TrialPruned, DivergedError) as stopped:
        if isinstance(stopped, DivergedError):
            LOGGER.warning("%s trial %d is pruned: %s", name, trial.number, stopped.what)
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, fit.validation_auc)


def _describe(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "value": trial.value,
        "params": dict(trial.params),
        "seconds": trial.duration.total_seconds() if trial.duration else None,
    }
