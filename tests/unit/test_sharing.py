"""A store that several processes, users and checkouts write to, read from and prune."""

import json
import multiprocessing
import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from snndeep.errors import BusyError, ConfigError, DamagedFileError
from snndeep.phantom.nifti import write_nifti
from snndeep.store.files import check, intact, provenance_path, read_npz, write_json, write_npz, write_text
from snndeep.store.folder import MARKER, mark_store
from snndeep.store.lease import DAY, SILENT_SECONDS, RunLease, read_leases
from snndeep.store.locks import CheckoutLock
from snndeep.store.owner import owner_of
from snndeep.store.pruning import PruneSettings, prune, settle_times

pytestmark = pytest.mark.slow

PROVENANCE = {"stage": "x", "address": "0" * 12}
NAMES = ("spikes/aaaaaaaaaaaa", "spikes/bbbbbbbbbbbb", "train/cccccccccccc")
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
            values = read_npz(path, "x")["a"]
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


def put(store: Path, name: str, file: str = "a.json") -> Path:
    """Write a file of the store with its provenance."""
    stage, address = name.split("/")
    write_json(store / name / file, name, {"stage": stage, "address": address})
    return store / name / file


@pytest.fixture
def store(tmp_path):
    """A store with three addresses, written two hours ago."""
    folder = tmp_path / "store"
    mark_store(folder)
    for name in NAMES:
        put(folder, name)
    for path in folder.rglob("*"):
        age(path, 7200)
    return folder


def age(path: Path, seconds: float) -> None:
    """Make a file that many seconds old."""
    os.utime(path, (time.time() - seconds,) * 2)


def checkout(store: Path, name: str) -> Path:
    folder = store.parent / name
    folder.mkdir(exist_ok=True)
    return folder


def pruned(store, live=(), settings=SPARE_NOTHING, agree=lambda doomed: True):
    mine = checkout(store, "mine")
    return prune(store, set(live), settings, mine, owner_of(mine), agree)


def names_of(found):
    return [entry.name for entry in found]


def lease_of(store, owner="theirs", live=("spikes/bbbbbbbbbbbb",), run="demo"):
    """Take a lease that works; the thread that keeps it is not started."""
    lease = RunLease(store, checkout(store, owner), run)
    lease._live = list(live)
    lease._began = time.time()
    lease._write(lease._began, over=False)
    return lease


def test_prune_removes_what_nobody_reaches(store):
    (store / "digests.json").write_text("{}")
    outcome = pruned(store, {"spikes/aaaaaaaaaaaa"})
    assert names_of(outcome.removed) == ["spikes/bbbbbbbbbbbb", "train/cccccccccccc"]
    assert all(found.size > 0 for found in outcome.removed)
    assert (store / "spikes/aaaaaaaaaaaa/a.json").is_file()
    assert (store / "digests.json").is_file()
    assert not list(store.glob("*/.doomed*"))


def test_prune_removes_nothing_that_was_not_agreed_to(store):
    listed = []
    outcome = pruned(store, agree=lambda doomed: listed.extend(names_of(doomed)))
    assert listed == list(NAMES)
    assert outcome.removed == []
    assert all((store / name / "a.json").is_file() for name in NAMES)


def own_files(store):
    """Files of a user in and below a store, where a careless prune would find them."""
    places = [
        "photos/202401151230/holiday.jpg",
        "backup/aaaaaaaaaaaa/thesis.tex",
        "spikes/dddddddddddd/notes.txt",
        "spikes/.old.tmp",
        "train/cccccccccccc/notes.txt",
        "train/cccccccccccc/.hidden",
        "misc/.draft.x1.tmp.docx",
        ".doomed.mine/letter.txt",
        "spikes/.doomed.mine/letter.txt",
    ]
    for place in places:
        path = store / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
        age(path, 90 * DAY)
    return [store / place for place in places]


def test_prune_leaves_every_file_that_is_not_of_the_store(store):
    files = own_files(store)
    outcome = pruned(store)
    assert [path for path in files if not path.exists()] == []
    assert names_of(outcome.removed) == ["spikes/aaaaaaaaaaaa", "spikes/bbbbbbbbbbbb"]
    assert outcome.mixed == {"train/cccccccccccc": [".hidden", "notes.txt"]}


def test_a_file_of_another_address_keeps_its_folder(store):
    path = store / "spikes/aaaaaaaaaaaa/a.json"
    for moved in (path, provenance_path(path)):
        target = store / "train/cccccccccccc" / moved.name.replace("a.json", "b.json", 1)
        target.write_bytes(moved.read_bytes())
    assert "train/cccccccccccc" not in names_of(pruned(store).removed)


def test_prune_touches_no_folder_that_is_no_store(store):
    (store / MARKER).unlink()
    with pytest.raises(ConfigError, match="not known to be a store") as caught:
        pruned(store)
    assert "touch " in caught.value.remedy
    assert (store / "train/cccccccccccc").is_dir()


def test_a_folder_with_other_files_is_not_marked(tmp_path):
    (tmp_path / "letters").mkdir()
    mark_store(tmp_path)
    assert not (tmp_path / MARKER).exists()


@pytest.mark.parametrize(
    "kind", ["root", "home", "above home", "checkout", "above checkout", "repository", "link to home"]
)
def test_folders_that_are_never_a_store(store, kind, monkeypatch):
    mine = checkout(store, "mine")
    home = store.parent / "homes/me"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    (store.parent / "link").symlink_to(home)
    (store.parent / "repository/.git").mkdir(parents=True)
    folder = {
        "root": Path("/"),
        "home": home,
        "above home": home.parent,
        "checkout": mine,
        "above checkout": mine.parent,
        "repository": store.parent / "repository",
        "link to home": store.parent / "link",
    }[kind]
    with pytest.raises(ConfigError, match="cannot be the store"):
        prune(folder, set(), SPARE_NOTHING, mine, owner_of(mine), lambda doomed: True)


def test_prune_leaves_what_is_young(store):
    age(store / "train/cccccccccccc/a.json", 60)
    outcome = pruned(store, settings=PruneSettings(min_age_hours=1, keep_days=0))
    assert names_of(outcome.removed) == ["spikes/aaaaaaaaaaaa", "spikes/bbbbbbbbbbbb"]
    assert outcome.young == 1


@pytest.mark.parametrize(
    ("silent", "keep_days", "kept"),
    [
        (0, 0, True),  # at work
        (SILENT_SECONDS + 60, 0, False),  # over
        (SILENT_SECONDS + 60, 1, True),  # over, and within the days that its word counts
        (2 * DAY, 1, False),
    ],
)
def test_prune_heeds_the_runs_of_other_checkouts(store, silent, keep_days, kept):
    age(lease_of(store).path, silent)
    outcome = pruned(store, settings=PruneSettings(min_age_hours=0, keep_days=keep_days))
    assert ("spikes/bbbbbbbbbbbb" not in names_of(outcome.removed)) == kept
    assert (store / "spikes/bbbbbbbbbbbb").exists() == kept


def test_what_took_long_is_kept_as_long(store):
    lease = lease_of(store)
    lease._began = time.time() - 80 * DAY  # the run lasted from 80 to 40 days ago
    lease._write(lease._began, over=True)
    age(lease.path, 40 * DAY)
    pruned(store, settings=PruneSettings(0, 30))
    assert (store / "spikes/bbbbbbbbbbbb").exists()
    age(lease.path, 90 * DAY)
    pruned(store, settings=PruneSettings(0, 30))
    assert not (store / "spikes/bbbbbbbbbbbb").exists()


def test_a_run_of_ones_own_checkout_keeps_what_it_reaches_until_it_ends(store):
    lease = lease_of(store, "mine", run="other")
    assert "spikes/bbbbbbbbbbbb" not in names_of(pruned(store).removed)
    lease._works = True
    lease.release()
    assert "spikes/bbbbbbbbbbbb" in names_of(pruned(store).removed)


def test_checkouts_of_one_host_name_and_path_are_told_apart(tmp_path):
    path = tmp_path / "checkout"
    path.mkdir()
    first = owner_of(path)
    assert owner_of(path) == first
    path.rename(tmp_path / "in another container")
    path.mkdir()
    assert owner_of(path) != first


def test_no_run_writes_over_the_lease_of_another(store):
    mine = checkout(store, "mine")
    assert RunLease(store, mine, "demo").path != RunLease(store, mine, "demo").path


def test_a_run_that_does_no_work_leaves_no_lease(store):
    lease = RunLease(store, checkout(store, "mine"), "demo")
    lease.take(["a/" + "0" * 12])
    assert [found.live for found in read_leases(store)] == [{"a/" + "0" * 12}]
    lease.release()
    assert read_leases(store) == []


def test_a_new_run_takes_the_place_of_the_last_one(store):
    first = RunLease(store, checkout(store, "mine"), "demo")
    first.take(["a/" + "0" * 12])
    first.begin_work()
    first.release()
    second = RunLease(store, checkout(store, "mine"), "demo")
    second.take(["b/" + "1" * 12])
    second.begin_work()
    assert [found.live for found in read_leases(store)] == [{"b/" + "1" * 12}]
    second.release()


def test_a_lease_that_was_removed_is_written_again_whole(store, monkeypatch):
    monkeypatch.setattr("snndeep.store.lease.BEAT_SECONDS", 0.01)
    lease = RunLease(store, checkout(store, "mine"), "demo")
    lease.take(["a/" + "0" * 12])
    lease.path.unlink()
    while not lease.path.exists():
        time.sleep(0.01)
    assert [found.live for found in read_leases(store)] == [{"a/" + "0" * 12}]
    lease.release()


def test_a_run_that_begins_while_prune_is_at_work_is_heard(store, monkeypatch):
    rename = Path.rename

    def first_removal(folder, target):
        if not list((store / "leases").glob("*.json")):
            lease_of(store, live=["train/cccccccccccc"])
        return rename(folder, target)

    monkeypatch.setattr(Path, "rename", first_removal)
    assert names_of(pruned(store).removed) == ["spikes/aaaaaaaaaaaa", "spikes/bbbbbbbbbbbb"]


@pytest.mark.parametrize("damage", ["empty", "truncated", "list", "no live", "other names", "dangling", "folder"])
def test_a_lease_that_cannot_be_read_keeps_everything(store, damage):
    path = lease_of(store).path
    content = path.read_text(encoding="utf-8")
    path.unlink()
    if damage == "dangling":
        path.symlink_to("nowhere")
    elif damage == "folder":
        path.mkdir()
    else:
        words = json.loads(content)
        other = {"list": [words], "no live": {**words, "live": None}, "other names": {**words, "live": ["x", 3]}}
        path.write_text({"empty": "", "truncated": content[:-20]}.get(damage) or json.dumps(other.get(damage)))
        if damage == "empty":
            path.write_text("")
    with pytest.raises(DamagedFileError, match="lease cannot be read") as caught:
        pruned(store)
    assert path.name in str(caught.value)
    assert all((store / name / "a.json").is_file() for name in NAMES)


def test_prune_clears_away_what_killed_processes_left(store):
    folder = store / "spikes/aaaaaaaaaaaa"
    old, growing = folder / ".a.npz.x1.snndeep-tmp.npz", folder / ".a.npz.x2.snndeep-tmp.npz"
    for path in (old, growing):
        path.touch()
    age(old, 7200)
    doomed = store / f"train/.doomed.dddddddddddd.{'1' * 32}"
    doomed.mkdir()
    pruned(store, NAMES)
    assert not old.exists()
    assert not doomed.exists()
    assert growing.exists()


def test_two_prunes_at_once(tmp_path):
    store = tmp_path / "store"
    mark_store(store)
    names = [f"train/{k:012x}" for k in range(60)]
    for name in names:
        put(store, name)
    in_processes(lambda: pruned(store, {names[0]}) and None, *[()] * 3)
    assert [path.name for path in (store / "train").iterdir()] == [f"{0:012x}"]


def test_files_from_the_future_get_the_present_time(store):
    path = store / "train/cccccccccccc/a.json"
    age(path, -3 * DAY)
    assert settle_times(store, ["train/cccccccccccc", "train/dddddddddddd"]) == 1
    assert path.stat().st_mtime <= time.time() + 1
