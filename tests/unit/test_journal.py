"""Journals of Optuna studies after a crash."""

import multiprocessing
import threading

import optuna
import pytest

from snndeep.errors import DamagedFileError
from snndeep.training.journal import JournalLock, journal_backend


def study(path):
    storage = optuna.storages.JournalStorage(journal_backend(path))
    return optuna.create_study(study_name="s", storage=storage, load_if_exists=True)


def run(path, trials):
    study(path).optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=trials)


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "studies/a.journal"
    run(path, 3)
    return path


def test_a_line_cut_anywhere_costs_that_line_alone(journal):
    content = journal.read_bytes()
    last = content[:-1].rfind(b"\n") + 1
    for end in (last + 1, (last + len(content)) // 2, len(content) - 1):
        journal.write_bytes(content[:end])
        assert len(study(journal).trials) == 3
        run(journal, 1)
        states = [trial.state.name for trial in study(journal).trials]
        assert states.count("COMPLETE") == 3, "the trial whose end was lost stays open, a new one came to its end"


def test_an_intact_journal_is_left_as_it_is(journal):
    content = journal.read_bytes()
    journal_backend(journal)
    assert journal.read_bytes() == content


def test_other_damage_is_named_with_what_to_do(journal):
    content = bytearray(journal.read_bytes())
    content[5:40] = b"\0" * 35
    journal.write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"a\.journal, line 1[\s\S]*rm "):
        journal_backend(journal)


def hold(path, ready):
    JournalLock(path).acquire()
    ready.set()
    threading.Event().wait()


def test_a_lock_whose_owner_is_gone_is_freed(journal):
    fork = multiprocessing.get_context("fork")
    ready = fork.Event()
    owner = fork.Process(target=hold, args=(journal, ready))
    owner.start()
    ready.wait()
    owner.kill()
    owner.join()
    assert len(study(journal).trials) == 3
