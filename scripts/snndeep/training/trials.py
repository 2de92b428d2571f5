"""The finished trials of a search, in an Optuna storage that any number of processes share.

A trial is written whole when it is finished, in one entry that says which place in the study it takes (its *slot*).
Nothing in the storage says "running": a process that is killed leaves no trace, and its trial is run anew. Should two
processes run the same trial, both write the same values, because a trial depends on its slot and the trials before it
alone; the first entry counts and the other is passed over. So no trial is lost and none counts twice.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from snndeep.errors import TuningStorageError
from snndeep.redaction import MASK, masked_url
from snndeep.training.journal import journal_backend

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
URL_VARIABLE = "SNNDEEP_TUNING_STORAGE"
_SLOT = "slot"
_ENVIRONMENT = re.compile(r"\$\{(\w+)\}")


def open_journal(path: Path) -> optuna.storages.BaseStorage:
    """Open or create the journal file that holds a model's studies, see `snndeep.training.journal`."""
    _quiet()
    return optuna.storages.JournalStorage(journal_backend(path))


def open_database(url: str, environment: Mapping[str, str]) -> optuna.storages.BaseStorage:
    """Open a relational database; Optuna makes its tables if they are not there.

    Args:
        url: As SQLAlchemy reads it; `${NAME}` stands for a variable of the environment, for instance a password.
        environment: Gives those variables.

    Raises:
        TuningStorageError: If a variable is not set or the database cannot be opened. The message holds no credentials.
    """
    _quiet()
    shown = masked_url(url) if "://" in url else MASK
    missing = [name for name in _ENVIRONMENT.findall(url) if name not in environment]
    if missing:
        raise TuningStorageError(
            "The address of the tuning database names a variable that is not set.",
            where=f"tuning.storage = {shown}",
            found=f"no {', '.join(missing)} in the environment of the job",
            remedy="Export it before Snakemake is started; on a cluster it must reach the jobs.",
        )
    url = _ENVIRONMENT.sub(lambda name: environment[name[1]], url)
    try:
        return _connected(url)
    except Exception as error:
        # Of many kinds: SQLAlchemy's, the driver's, ImportError where there is no driver.
        raise TuningStorageError(
            "The tuning database cannot be opened.",
            where=f"tuning.storage = {shown}",
            found=f"{type(error).__name__}: {masked_url(str(error)).splitlines()[0]}",
            expected="an address that SQLAlchemy can open, its driver installed",
            remedy="Check host, name, user and password; without tuning.storage a journal file is used.",
        ) from None


def _connected(url: str) -> optuna.storages.BaseStorage:
    for _ in range(3):
        try:
            return optuna.storages.RDBStorage(url)
        except SQLAlchemyError:
            time.sleep(0.5)  # two jobs that make the tables at once disturb each other; the second time they are there
    return optuna.storages.RDBStorage(url)


def open_storage(journal: Path) -> optuna.storages.BaseStorage:
    """Open the database that the environment names in `URL_VARIABLE`, else the journal.

    The address comes through the environment because what a job is told otherwise is written to logs and records.
    """
    url = os.environ.get(URL_VARIABLE, "")
    return open_database(url, os.environ) if url else open_journal(journal)


def study_name(journal: Path, split: str) -> str:
    """Return a name that tells the studies of all models, splits and addresses apart within one database."""
    return f"{journal.parent.name}/{journal.stem}/{split}"


def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


class FinishedTrials:
    """The finished trials of one study.

    Args:
        storage: Holds them.
        study: The study's name, unique within the storage; made if it is not there.
    """

    def __init__(self, storage: optuna.storages.BaseStorage, study: str):
        self._study = optuna.create_study(study_name=study, storage=storage, direction="maximize", load_if_exists=True)

    def read(self) -> list[FrozenTrial]:
        """Return the trials by slot, from 0 on without a gap."""
        by_slot: dict[int, FrozenTrial] = {}
        for trial in self._study.get_trials(deepcopy=False, states=FINISHED):
            by_slot.setdefault(trial.user_attrs[_SLOT], trial)
        trials = []
        while len(trials) in by_slot:
            trials.append(by_slot[len(trials)])
        return trials

    def add(self, trial: FrozenTrial) -> None:
        """Write a finished trial; its number is its slot."""
        trial.set_user_attr(_SLOT, trial.number)
        self._study.add_trial(trial)
