"""A store that several processes, users and checkouts write to, read from and prune."""

import json
import multiprocessing
import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from snndeep.errors import BusyError, DamagedFileError
from snndeep.phantom.nifti import write_nifti
from snndeep.store.checkout_lock import CheckoutLock
from snndeep.store.files import check, intact, provenance_path, read_npz, write_json, write_npz, write_text
from snndeep.store.lease import SILENT_SECONDS, lease_path, read_leases, take_lease
from snndeep.store.upkeep import PruneSettings, prune

PROVENANCE = {"stage": "x", "address": "0" * 12}
SPARE_NOTHING = PruneSettings(min_age_hours=0, keep_days=0)
FORK = multiprocessing.get_context("fork")


def in_processes(work, *arguments: tuple) -> None:
    """Run a function at once in one process for each tuple of arguments, expecting each to end well."""
    processes = [FORK.Process(target=work, args=values) for values in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)


def write_often(path: Path, number: int) -> None:
    # The bytes differ between the writers, as the seconds in a record of training do.
    for _ in range(30):
        write_npz(path, {"a": np.full(2000, number)}, PROVENANCE)
        if number == 0:
            path.unlink(missing_ok=True)  # makes the others write again


def read_often(path: Path) -> None:
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            values = read_npz(path)["a"]
        except (DamagedFileError, FileNotFoundError) as error:
            assert "damaged" not in str(error)
        else:
            assert len(set(values)) == 1


def test_writers_of_one_address_never_damage_each_others_files(tmp_path):
    path = tmp_path / "x/a.npz"
    in_processes(lambda work, *values: work(*values), *[(write_often, path, k) for k in range(4)], (read_often, path))
    write_npz(path, {"a": np.zeros(1)}, PROVENANCE)
    check(path)
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.npz", "a.npz.provenance.json"]


def test_the_first_to_finish_wins(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, "first", PROVENANCE)
    write_json(path, "second", PROVENANCE)
    assert json.loads(path.read_text(encoding="utf-8")) == "first"
    path.write_text("damaged")
    write_json(path, "third", PROVENANCE)
    assert json.loads(path.read_text(encoding="utf-8")) == "third"
    check(path)


def test_a_file_never_stands_without_its_provenance(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    rename = Path.replace

    def killed_before_the_file_is_placed(temporary, target):
        if Path(target) == path:
            raise KeyboardInterrupt
        return rename(temporary, target)

    monkeypatch.setattr(Path, "replace", killed_before_the_file_is_placed)
    with pytest.raises(KeyboardInterrupt):
        write_json(path, 1, PROVENANCE)
    assert not path.exists()
    assert provenance_path(path).exists()
    monkeypatch.undo()
    write_json(path, 2, PROVENANCE)
    assert intact(path)


@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o664), (0o022, 0o644), (0o077, 0o600)])
def test_files_take_the_permissions_of_the_umask_and_the_group_of_the_folder(tmp_path, umask, mode):
    store = tmp_path / "store"
    store.mkdir()
    group = next(
        (g for g in os.getgroups() if g != os.getegid()), os.getegid() + 1 if os.geteuid() == 0 else os.getegid()
    )
    os.chown(store, -1, group)
    store.chmod(0o2775)
    before = os.umask(umask)
    try:
        write_text(store / "stage/a.txt", "a", PROVENANCE)
        write_nifti(store / "stage/a.nii.gz", np.zeros((2, 2, 2), np.int16), (1.0, 1.0, 1.0))
    finally:
        os.umask(before)
    files = [path for path in store.rglob("*") if path.is_file()]
    assert len(files) == 3
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == mode
        assert path.stat().st_gid == group
    assert stat.S_IMODE((store / "stage").stat().st_mode) == 0o2777 & ~umask


def test_a_checkout_has_one_run_at_a_time_and_a_killed_one_leaves_no_lock(tmp_path):
    path = tmp_path / ".snakemake/run.lock"
    ready, stay = FORK.Event(), FORK.Event()

    held = CheckoutLock(path)
    held.acquire()
    with pytest.raises(BusyError, match=f'"pid": {os.getpid()}'):
        CheckoutLock(path).acquire()
    held.release()

    def hold_and_wait():
        lock = CheckoutLock(path)
        lock.acquire()
        ready.set()
        stay.wait()
        lock.release()

    process = FORK.Process(target=hold_and_wait)
    process.start()
    ready.wait()
    with pytest.raises(BusyError, match=f'"pid": {process.pid}'):
        CheckoutLock(path).acquire()
    process.kill()
    process.join()
    CheckoutLock(path).acquire()


@pytest.fixture
def store(tmp_path):
    """A store with three addresses, written two hours ago."""
    for name in ("spikes/aaaaaaaaaaaa", "spikes/bbbbbbbbbbbb", "train/cccccccccccc"):
        write_json(tmp_path / "store" / name / "a.json", name, PROVENANCE)
    for path in (tmp_path / "store").rglob("*"):
        age(path, 7200)
    return tmp_path / "store"


def age(path: Path, seconds: float) -> None:
    """Make a file that many seconds old."""
    os.utime(path, (time.time() - seconds,) * 2)


def own(store) -> Path:
    return lease_path(store, Path("mine"), "demo")


def test_prune_removes_what_nobody_reaches(store):
    (store / "digests.json").write_text("{}")
    outcome = prune(store, {"spikes/aaaaaaaaaaaa"}, SPARE_NOTHING, own(store))
    assert outcome.removed == ["spikes/bbbbbbbbbbbb", "train/cccccccccccc"]
    assert outcome.size > 0
    assert (store / "spikes/aaaaaaaaaaaa/a.json").is_file()
    assert (store / "digests.json").is_file()
    assert not list(store.glob("*/.doomed*"))


def test_prune_leaves_what_is_young(store):
    age(store / "train/cccccccccccc/a.json", 60)
    outcome = prune(store, set(), PruneSettings(min_age_hours=1, keep_days=0), own(store))
    assert outcome.removed == ["spikes/aaaaaaaaaaaa", "spikes/bbbbbbbbbbbb"]
    assert outcome.young == 1


@pytest.mark.parametrize(
    ("silent", "keep_days", "kept"),
    [
        (0, 0, True),  # at work
        (SILENT_SECONDS + 60, 0, False),  # over
        (SILENT_SECONDS + 60, 1, True),  # over, and within the days that its word counts
        (2 * 86400, 1, False),
    ],
)
def test_prune_heeds_the_runs_of_other_checkouts(store, silent, keep_days, kept):
    lease = lease_path(store, Path("theirs"), "demo")
    take_lease(lease, Path("theirs"), "demo", ["spikes/bbbbbbbbbbbb"])
    age(lease, silent)
    outcome = prune(store, set(), PruneSettings(min_age_hours=0, keep_days=keep_days), own(store))
    assert ("spikes/bbbbbbbbbbbb" not in outcome.removed) == kept
    assert (store / "spikes/bbbbbbbbbbbb").exists() == kept


def test_the_leases_of_ones_own_checkout_keep_nothing(store):
    take_lease(lease_path(store, Path("mine"), "other"), Path("mine"), "other", ["spikes/bbbbbbbbbbbb"])
    assert "spikes/bbbbbbbbbbbb" in prune(store, set(), SPARE_NOTHING, own(store)).removed


def test_a_run_that_begins_while_prune_is_at_work_is_heard(store, monkeypatch):
    lease = lease_path(store, Path("theirs"), "demo")
    rename = Path.rename

    def first_removal(folder, target):
        if not lease.exists():
            take_lease(lease, Path("theirs"), "demo", ["train/cccccccccccc"])
        return rename(folder, target)

    monkeypatch.setattr(Path, "rename", first_removal)
    assert prune(store, set(), SPARE_NOTHING, own(store)).removed == ["spikes/aaaaaaaaaaaa", "spikes/bbbbbbbbbbbb"]


def test_a_lease_that_makes_no_sense_stops_nobody(store, caplog):
    take_lease(own(store), Path("mine"), "demo", ["a/b"])
    (store / "leases/broken.json").write_text("[")
    assert [lease.live for lease in read_leases(store)] == [{"a/b"}]


def test_prune_clears_away_what_killed_processes_left(store):
    folder = store / "spikes/aaaaaaaaaaaa"
    old, growing = folder / ".a.npz.x1.tmp.npz", folder / ".a.npz.x2.tmp.npz"
    for path in (old, growing):
        path.touch()
    age(old, 7200)
    doomed = store / "train/.doomed.dddddddddddd.1"
    doomed.mkdir()
    prune(store, {"spikes/aaaaaaaaaaaa", "spikes/bbbbbbbbbbbb", "train/cccccccccccc"}, SPARE_NOTHING, own(store))
    assert not old.exists()
    assert not doomed.exists()
    assert growing.exists()


def test_two_prunes_at_once(tmp_path):
    names = [f"train/{k:012x}" for k in range(60)]
    for name in names:
        write_json(tmp_path / name / "a.json", 1)
    live = {names[0]}
    in_processes(lambda: prune(tmp_path, live, SPARE_NOTHING, own(tmp_path)) and None, *[()] * 3)
    assert [path.name for path in (tmp_path / "train").iterdir()] == [f"{0:012x}"]
