"""Searches that share one storage: no trial is lost, none counts twice, and the outcome is that of one process alone."""

import multiprocessing
import os
import re
import signal
import time

import pytest
from optuna.trial import TrialState
from sqlalchemy import make_url
from test_tuning import Hill, Nothing, encoded, outcome, search

from snndeep.errors import TuningStorageError
from snndeep.training.search import tune_fold
from snndeep.training.trials import (
    URL_VARIABLE,
    FinishedTrials,
    _filled_in,
    open_database,
    open_journal,
    open_storage,
    study_name,
)

pytestmark = pytest.mark.slow

SPLITS = ("patient_0", "patient_1", "slice_0", "slice_1")
TRIALS = 12
PROCESSES = multiprocessing.get_context("spawn")


class Slow(Hill):
    """Takes long enough that processes meet, and writes down every fit."""

    def __init__(self, log, seconds):
        super().__init__()
        self.log, self.seconds = log, seconds

    def fit(self, *arguments):
        with self.log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(self.seconds)
        return super().fit(*arguments)


def tune(journal, splits, log, seconds=0.01):
    storage = open_journal(journal)
    rule = Slow(log, seconds)
    for split in splits:
        tune_fold(
            {split: encoded()}, Nothing(), rule, search(TRIALS), FinishedTrials(storage, study_name(journal, split))
        )


def started(journal, log, shares, seconds=0.01):
    processes = [PROCESSES.Process(target=tune, args=(journal, share, log, seconds)) for share in shares]
    for process in processes:
        process.start()
    return processes


def ended(processes):
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def outcomes(storage, journal, rule=None):
    """Return what stands there, running what is missing."""
    rule = rule or Hill()
    found = {}
    for split in SPLITS:
        finished = FinishedTrials(storage, study_name(journal, split))
        found[split] = outcome(tune_fold({split: encoded()}, Nothing(), rule, search(TRIALS), finished))
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    journal = tmp_path_factory.mktemp("alone") / "a.journal"
    return outcomes(open_journal(journal), journal)


def test_workers_share_one_journal(tmp_path, alone):
    journal, log = tmp_path / "a.journal", tmp_path / "fits"
    assert ended(started(journal, log, [SPLITS[k::3] for k in range(3)])) == [0, 0, 0]
    rule = Hill()
    assert outcomes(open_journal(journal), journal, rule) == alone
    assert rule.fits == [], "no trial is lost"
    assert len(log.read_text(encoding="utf-8").splitlines()) == len(SPLITS) * TRIALS, "none is run twice"


def test_processes_on_the_same_study_do_not_damage_it(tmp_path, alone):
    journal, log = tmp_path / "a.journal", tmp_path / "fits"
    assert ended(started(journal, log, [SPLITS] * 3)) == [0, 0, 0]
    assert len({*log.read_text(encoding="utf-8").split()}) > 1, "the processes did not meet"
    rule = Hill()
    assert outcomes(open_journal(journal), journal, rule) == alone
    assert rule.fits == []


def test_a_killed_worker_goes_on_where_it_was(tmp_path, alone):
    journal, log = tmp_path / "a.journal", tmp_path / "fits"
    first, second = started(journal, log, [SPLITS[:2], SPLITS[2:]], seconds=0.2)
    while not log.exists() or log.read_text(encoding="utf-8").count(f"{first.pid}\n") < 5:
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    assert ended([first, second]) == [-signal.SIGKILL, 0]
    assert ended(started(journal, log, [SPLITS[:2]])) == [0]
    rule = Hill()
    assert outcomes(open_journal(journal), journal, rule) == alone
    assert rule.fits == []
    assert len(log.read_text(encoding="utf-8").splitlines()) == len(SPLITS) * TRIALS + 1, (
        "the fit that was killed is run anew, no other"
    )


def test_a_trial_written_twice_counts_once(tmp_path, alone):
    journal = tmp_path / "a.journal"
    storage = open_journal(journal)
    finished = FinishedTrials(storage, study_name(journal, SPLITS[0]))
    tune_fold({SPLITS[0]: encoded()}, Nothing(), Hill(), search(5), finished)
    finished.add(finished.read()[2])
    assert [trial.user_attrs["slot"] for trial in finished.read()] == [0, 1, 2, 3, 4]
    assert outcomes(storage, journal) == alone


def test_a_gap_is_filled(tmp_path, alone):
    journal = tmp_path / "a.journal"
    storage = open_journal(journal)
    other = FinishedTrials(storage, "other")
    tune_fold({SPLITS[0]: encoded()}, Nothing(), Hill(), search(5), other)
    finished = FinishedTrials(storage, study_name(journal, SPLITS[0]))
    for number in (0, 1, 3, 4):
        finished.add(other.read()[number])
    assert len(finished.read()) == 2
    assert outcomes(storage, journal) == alone


def test_only_finished_trials_are_written(tmp_path):
    journal = tmp_path / "a.journal"
    outcomes(open_journal(journal), journal)
    assert str(TrialState.RUNNING.value) not in {line[:9] for line in journal.read_text(encoding="utf-8").splitlines()}
    assert journal.read_text(encoding="utf-8").count('"slot"') == len(SPLITS) * TRIALS


def test_a_database_holds_the_same_trials(tmp_path, monkeypatch, alone):
    monkeypatch.setenv("WHERE", str(tmp_path))
    monkeypatch.setenv(URL_VARIABLE, "sqlite:///${WHERE}/trials.db")
    journal = tmp_path / "a.journal"
    assert outcomes(open_storage(journal), journal) == alone
    rule = Hill()
    assert outcomes(open_storage(journal), journal, rule) == alone
    assert rule.fits == []
    assert (tmp_path / "trials.db").is_file()
    assert not journal.exists()


def test_studies_of_two_models_do_not_mix_in_one_database(tmp_path):
    storage = open_database(f"sqlite:///{tmp_path}/trials.db", {})
    one, other = tmp_path / "0123456789ab/custom.bal.journal", tmp_path / "0123456789ab/snntorch.bal.journal"
    outcomes(storage, one)
    assert FinishedTrials(storage, study_name(other, SPLITS[0])).read() == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+psycopg://ann:hunter2@127.0.0.1:1/trials?sslpassword=hunter3", "127.0.0.1"),
        ("nosuchbase://ann:hunter2@host/trials", "nosuchbase"),
        ("ann:hunter2@host", "SQLAlchemy"),
        ("postgresql://ann:${NO_SUCH_PASSWORD}@host/trials", "NO_SUCH_PASSWORD"),
    ],
)
def test_a_database_that_cannot_be_opened_is_named_without_its_secrets(url, expected):
    with pytest.raises(TuningStorageError) as caught:
        open_database(url, {})
    assert expected in str(caught.value)
    assert "hunter" not in str(caught.value)
    assert caught.value.__cause__ is None


PASSWORD = "p@ss/w:rd?#%41 &x"


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("postgresql+psycopg://ann:${PASS}@db.example/trials", "trials"),
        ("postgresql+psycopg://ann:${PASS}@db.example/${NAME}", "ann's"),
        ("postgresql+psycopg://${NAME}:${PASS}@db.example:5432/trials?application_name=${PASS}", "trials"),
    ],
)
def test_a_password_of_the_environment_is_taken_as_it_is(url, database):
    read = make_url(_filled_in(url, {"PASS": PASSWORD, "NAME": "ann's"}))
    assert read.password == PASSWORD
    assert (read.host, read.database) == ("db.example", database)
    assert read.query.get("application_name", PASSWORD) == PASSWORD


@pytest.mark.parametrize("password", ["p@s8/w0rd", "se/cr@et", "a:b@c", "hunter 22"])
@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "nosuchbase", "postgresql+nodriver"])
@pytest.mark.parametrize("written", [False, True])
def test_no_part_of_a_password_reaches_a_message(password, scheme, written):
    url = f"{scheme}://ann:{password if written else '${PASS}'}@127.0.0.1:1/trials"
    with pytest.raises(TuningStorageError) as caught:
        open_database(url, {"PASS": password})
    for part in (password, *re.split("[@/: ]", password)):
        assert len(part) < 3 or part not in str(caught.value), caught.value
