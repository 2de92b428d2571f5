"""The finished trials of a search, in an Optuna storage that any number of processes share.

A trial is written whole when it is finished, in one entry that says which place in the study it takes (its *slot*).
Nothing in the storage says "running": a process that is killed leaves no trace, and its trial is run anew. Should two
processes run the same trial, both write the same values, because a trial depends on its slot and the trials before it
alone; the first entry counts and the other is passed over. So no trial is lost and none counts twice.

Every trial carries a SHA-256 of its values and of its study's name, which holds the address. A storage in which a value was
changed, or a trial moved to another study, is named instead of used.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import optuna
from optuna.distributions import distribution_to_json
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from snndeep.errors import UNREADABLE, DamagedFileError, SNNDeepError, TuningStorageError
from snndeep.redaction import MASK, masked_url, without_secrets
from snndeep.store.files import digest_of_json
from snndeep.training.journal import journal_backend

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
URL_VARIABLE = "SNNDEEP_TUNING_STORAGE"
_SLOT, _TIMES, _SEAL = "slot", "times", "sha256"
_ENVIRONMENT = re.compile(r"\$\{(\w+)\}")


def open_journal(path: Path) -> optuna.storages.BaseStorage:
    """Open or create the journal file that holds a model's studies, see `snndeep.training.journal`.

    Raises:
        DamagedFileError: If it holds something that no torn end explains.
        StorageError: If it cannot be read or written.
    """
    _quiet()
    with _understood(study_name(path, "")):
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
    credentials, rest, query = _parts(url)
    scheme = f"{credentials.partition('://')[0]}://{MASK}@" if credentials else ""
    shown = masked_url(f"{scheme}{rest}{query}") if "://" in url else MASK
    missing = [name for name in _ENVIRONMENT.findall(url) if name not in environment]
    if missing:
        raise TuningStorageError(
            "The address of the tuning database names a variable that is not set.",
            where=f"tuning.storage = {shown}",
            found=f"no {', '.join(missing)} in the environment of the job",
            remedy="Export it before Snakemake is started; on a cluster it must reach the jobs.",
        )
    # What a driver says may hold a password, or the part of one that it took for something else.
    secrets = [*_pieces(credentials), *(environment[name] for name in _ENVIRONMENT.findall(url))]
    try:
        return _connected(_filled_in(url, environment))
    except Exception as error:
        # Of many kinds: SQLAlchemy's, the driver's, ImportError where there is no driver.
        raise TuningStorageError(
            "The tuning database cannot be opened.",
            where=f"tuning.storage = {shown}",
            found=f"{type(error).__name__}: {without_secrets(str(error), secrets).partition(chr(10))[0]}",
            expected="an address that SQLAlchemy can open, its driver installed",
            remedy="Check host, name, user and password; without tuning.storage a journal file is used.",
        ) from None


def _filled_in(url: str, environment: Mapping[str, str]) -> str:
    """Return an address with the values of its variables, percent-encoded in its credentials and its query."""
    credentials, rest, query = _parts(url)

    def encoded(text: str) -> str:
        return _ENVIRONMENT.sub(lambda name: quote(environment[name[1]], safe=""), text)

    plain = _ENVIRONMENT.sub(lambda name: environment[name[1]], rest)
    return f"{encoded(credentials)}{'@' if credentials else ''}{plain}{encoded(query)}"


def _parts(url: str) -> tuple[str, str, str]:
    """Return scheme and credentials, what follows their `@`, and the query with its question mark."""
    head, question, query = url.partition("?")
    credentials, _, rest = head.rpartition("@")
    return credentials, rest, f"{question}{query}"


def _pieces(credentials: str) -> list[str]:
    """Return the password, and the pieces that a driver sees who ends it at one of the characters that an address uses."""
    password = credentials.partition("://")[2].partition(":")[2]
    return [password, *re.split("[@/:?#]", password)] if password else []


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

    Raises:
        DamagedFileError: If the storage cannot be understood.
    """

    def __init__(self, storage: optuna.storages.BaseStorage, study: str):
        self._name = study
        self._by_slot: dict[int, FrozenTrial] = {}
        self._trials: list[FrozenTrial] = []
        self._read = 0
        with _understood(study):
            self._study = optuna.create_study(
                study_name=study, storage=storage, direction="maximize", load_if_exists=True
            )

    def read(self) -> list[FrozenTrial]:
        """Return the trials by slot, from 0 on without a gap.

        Raises:
            DamagedFileError: If a trial is not as it was written.
        """
        with _understood(self._name):
            # Trials are written when they are finished, so the ones already read do not change.
            trials = self._study.get_trials(deepcopy=False)
            for trial in (trial for trial in trials[self._read :] if trial.state in FINISHED):
                self._by_slot.setdefault(_checked(trial, self._name), trial)
            self._read = len(trials)
        while len(self._trials) in self._by_slot:
            self._trials.append(self._by_slot[len(self._trials)])
        return self._trials

    def add(self, trial: FrozenTrial) -> None:
        """Write a finished trial; its number is its slot."""
        # Not every database keeps fractions of a second.
        times = [moment.isoformat() for moment in (trial.datetime_start, trial.datetime_complete) if moment]
        trial.set_user_attr(_SLOT, trial.number)
        trial.set_user_attr(_TIMES, times)
        trial.set_user_attr(_SEAL, _seal(trial, self._name))
        self._study.add_trial(trial)


def _seal(trial: FrozenTrial, study: str) -> str:
    """Return the SHA-256 over a trial's values and its study's name."""
    return digest_of_json(
        {
            "study": study,
            "slot": trial.user_attrs[_SLOT],
            "times": trial.user_attrs[_TIMES],
            "state": trial.state.name,
            "values": [repr(float(value)) for value in trial.values or []],
            "params": {name: repr(value) for name, value in trial.params.items()},
            "space": {name: distribution_to_json(choice) for name, choice in trial.distributions.items()},
            "epochs": {str(step): repr(float(value)) for step, value in trial.intermediate_values.items()},
            "rungs": {name: repr(value) for name, value in trial.system_attrs.items()},
        }
    )


def _checked(trial: FrozenTrial, study: str) -> int:
    """Return a trial's slot after comparing its digest, and give it its exact times back."""
    if trial.user_attrs[_SEAL] != _seal(trial, study):
        raise ValueError(f"trial {trial.number}: values that do not fit its SHA-256")
    trial.datetime_start, trial.datetime_complete = map(datetime.fromisoformat, trial.user_attrs[_TIMES])
    return int(trial.user_attrs[_SLOT])


@contextlib.contextmanager
def _understood(study: str) -> Iterator[None]:
    """Turn what Optuna raises for a damaged storage into an error that names the study."""
    try:
        yield
    except (SNNDeepError, OSError):
        raise
    except (*UNREADABLE, AssertionError, optuna.exceptions.OptunaError, SQLAlchemyError) as error:
        address, _, rest = study.partition("/")
        journal = f"studies/{address}/{rest.rpartition('/')[0]}.journal"
        raise DamagedFileError(
            "A study of the hyperparameter search is damaged.",
            where=f"study {study}",
            found=f"{type(error).__name__}: {masked_url(str(error)).partition(chr(10))[0]}",
            expected="trials as they were written",
            remedy=f"Delete the study, or the journal {journal} of the store, and run the same command; the trials run again "
            "and come out the same.",
        ) from error


def verify_journal(path: Path) -> int:
    """Check all finished trials of a journal and return their number.

    Raises:
        DamagedFileError: If the journal is damaged, or holds studies of another address or model.
    """
    prefix = study_name(path, "")
    storage = open_journal(path)
    with _understood(prefix):
        names = optuna.get_all_study_names(storage)
        others = [name for name in names if not name.startswith(prefix)]
        if others:
            raise ValueError(f"it holds the study {others[0]}")
    return sum(len(FinishedTrials(storage, name).read()) for name in names)


def verify_database(live: Iterable[str]) -> int:
    """Check all finished trials of the database that the environment names, and return their number; 0 without one.

    Args:
        live: `stage/address` of what is to be checked.

    Raises:
        DamagedFileError: If a trial is not as it was written.
        TuningStorageError: If the database cannot be opened.
    """
    url = os.environ.get(URL_VARIABLE, "")
    if not url:
        return 0
    addresses = {name.rpartition("/")[2] for name in live}
    storage = open_database(url, os.environ)
    names = [name for name in optuna.get_all_study_names(storage) if name.partition("/")[0] in addresses]
    return sum(len(FinishedTrials(storage, name).read()) for name in names)
