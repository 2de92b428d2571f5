"""What is stored under an address is what was asked for: places, scans as planned, published copies, what must be there."""

import itertools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from snndeep.errors import DamagedFileError, DatasetError, StorageError
from snndeep.store import durability
from snndeep.store.content import as_planned, content_digest, state_of
from snndeep.store.files import (
    intact,
    provenance_path,
    read_json,
    read_npz,
    record_growing,
    record_provenance,
    replacing,
    write_json,
    write_npz,
)  # fmt: skip
from snndeep.store.publication import publications, publish, read_publication, write_publication
from snndeep.store.tables import read_table, write_table
from snndeep.store.verification import verify

ADDRESSES = ("aaaaaaaaaaaa", "bbbbbbbbbbbb")

READERS = {".json": read_json, ".npz": read_npz, ".parquet": read_table}


@pytest.fixture(autouse=True)
def short_looks(monkeypatch):
    monkeypatch.setattr("snndeep.store.files.PAUSE_SECONDS", 0.001)


def provenance(name):
    stage, address = name.split("/")
    return {"stage": stage, "address": address, "config": {"steps": 3}}


@pytest.fixture
def store(tmp_path):
    """A store of two stages with two addresses each, every kind of file in each, with different content."""
    for number, (stage, address) in enumerate(itertools.product(("spikes", "train"), ADDRESSES)):
        folder, words = tmp_path / "store" / stage / address, provenance(f"{stage}/{address}")
        write_json(folder / "a.json", [number], words)
        write_json(folder / "b.json", [number, "b"], words)
        write_npz(folder / "a.npz", {"x": np.full(3, number)}, words)
        write_table(folder / "part/a.parquet", pd.DataFrame({"x": [number]}), words)
    return tmp_path / "store"


def files_of(store):
    return [path for path in sorted(store.rglob("*")) if path.suffix in READERS and "provenance" not in path.name]


def exchange(first, second):
    """Exchange two files together with what is beside them."""
    for one, two in ((first, second), (provenance_path(first), provenance_path(second))):
        between = one.with_name("between")
        one.rename(between)
        two.rename(one)
        between.rename(two)


def live(store):
    return [f"{path.parent.name}/{path.name}" for path in store.glob("*/*") if path.is_dir()]


def test_every_exchange_of_files_is_named(store):
    pairs = [pair for pair in itertools.combinations(files_of(store), 2) if pair[0].suffix == pair[1].suffix]
    assert len(pairs) == 28 + 6 + 6
    for first, second in pairs:
        exchange(first, second)
        for path in (first, second):
            with pytest.raises(DamagedFileError, match="another belongs") as caught:
                READERS[path.suffix](path, path.parts[len(store.parts)])
            assert str(path) in str(caught.value)
            assert not intact(path)
        with pytest.raises(DamagedFileError, match="2 faults"):
            verify(store, live(store), {})
        exchange(first, second)
    assert verify(store, live(store), {}) == 16


def test_a_reader_says_which_stage_it_expects(store):
    path = store / "spikes/aaaaaaaaaaaa/a.json"
    assert read_json(path, "spikes") == [0]
    with pytest.raises(DamagedFileError, match="another belongs") as caught:
        read_json(path, "train")
    assert caught.value.expected == "train/aaaaaaaaaaaa/a.json"


def test_a_writer_mends_what_is_in_the_wrong_place(store):
    first, second = (store / f"spikes/{address}/a.json" for address in ADDRESSES)
    exchange(first, second)
    write_json(first, [0], provenance("spikes/aaaaaaaaaaaa"))
    assert read_json(first, "spikes") == [0]


def test_no_changed_byte_of_a_provenance_is_taken_for_true(store):
    path = store / "spikes/aaaaaaaaaaaa/a.json"
    beside = provenance_path(path)
    content = beside.read_bytes()
    for position in range(0, len(content), 3):
        changed = bytearray(content)
        changed[position] ^= 1
        beside.write_bytes(changed)
        try:
            assert json.loads(bytes(changed)) == json.loads(content) or read_json(path, "spikes") is None
        except (DamagedFileError, ValueError):
            continue


@pytest.mark.parametrize("suffix", list(READERS))
def test_what_cannot_be_decoded_is_named(store, suffix):
    path = store / f"spikes/aaaaaaaaaaaa/odd{suffix}"
    with replacing(path, provenance("spikes/aaaaaaaaaaaa")) as temporary:
        temporary.write_bytes(b"[" * 100_000)
    with pytest.raises(DamagedFileError, match="cannot be decoded"):
        READERS[suffix](path, "spikes")


def test_an_empty_file_is_named_as_such(store):
    path = store / "train/aaaaaaaaaaaa/a.npz"
    path.write_bytes(b"")
    with pytest.raises(DamagedFileError, match="power loss"):
        read_npz(path, "train")
    write_npz(path, {"x": np.ones(1)}, provenance("train/aaaaaaaaaaaa"))
    assert read_npz(path, "train")["x"] == [1]


def test_bytes_reach_the_disk_before_the_name(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append(Path(f"/proc/self/fd/{handle}").readlink().name))
    write_json(tmp_path / "x/a.json", 1)
    assert [name[:7] for name in done] == [".a.json", "x"]
    done.clear()
    monkeypatch.setenv(durability.VARIABLE, "0")
    write_json(tmp_path / "x/a.json", 2)
    assert done == []


def test_a_rename_that_succeeded_and_then_says_that_the_file_is_gone(tmp_path, monkeypatch):
    rename = type(tmp_path).replace

    def late_answer(source, target):
        rename(source, target)
        raise FileNotFoundError(2, "No such file or directory", str(source))

    monkeypatch.setattr(type(tmp_path), "replace", late_answer)
    write_json(tmp_path / "a.json", 1)
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == 1
    monkeypatch.setattr(
        type(tmp_path), "replace", lambda source, target: source.unlink() or late_answer(source, target)
    )
    with pytest.raises(StorageError, match="No such file"):
        write_json(tmp_path / "a.json", 2)


# Scans


def test_a_scan_that_changed_since_the_plan_is_refused(tmp_path):
    scan = tmp_path / "ct.nii.gz"
    scan.write_bytes(b"planned")
    planned = content_digest(scan)
    with as_planned(scan, planned):
        pass
    scan.write_bytes(b"another")
    with pytest.raises(DatasetError, match="not the one that was planned"), as_planned(scan, planned):
        pytest.fail("the block was entered")


@pytest.mark.parametrize("how", ["in place", "replaced", "times set back"])
def test_a_scan_that_changes_while_it_is_read_is_refused(tmp_path, how):
    scan = tmp_path / "ct.nii.gz"
    scan.write_bytes(b"planned")
    times = (scan.stat().st_atime_ns, scan.stat().st_mtime_ns)
    with pytest.raises(DatasetError, match="while it was being read"), as_planned(scan, content_digest(scan)):
        if how == "replaced":
            scan.unlink()
        scan.write_bytes(b"another")
        if how == "times set back":
            os.utime(scan, ns=times)


def test_scans_of_the_store_that_were_exchanged_are_named(tmp_path):
    scans = [tmp_path / f"data/{ADDRESSES[0]}/imagesTr/{name}.nii.gz" for name in ("one", "two")]
    for scan in scans:
        scan.parent.mkdir(parents=True, exist_ok=True)
        scan.write_bytes(scan.name.encode())
        record_provenance(scan, {**provenance(f"data/{ADDRESSES[0]}"), "made_with": "batch.json"})
    exchange(*scans)
    with pytest.raises(DamagedFileError, match="another belongs") as caught, as_planned(scans[0]):
        pytest.fail("the block was entered")
    assert caught.value.remedy.endswith(f"{tmp_path}/data/{ADDRESSES[0]}/batch.json")


def test_a_folder_is_its_visible_files(tmp_path):
    for name in ("2.dcm", "1.dcm"):
        (tmp_path / name).write_text(name)
    before, state = content_digest(tmp_path), state_of(tmp_path)
    (tmp_path / ".DS_Store").write_text("x")
    (tmp_path / "other").mkdir()
    assert (content_digest(tmp_path), state_of(tmp_path)) == (before, state)
    (tmp_path / "1.dcm").write_text("3.dcm")
    assert content_digest(tmp_path) != before
    assert state_of(tmp_path) != state


# Published copies, and what must be there


@pytest.fixture
def results(store, tmp_path):
    """A published run."""
    source, run = store / "train/aaaaaaaaaaaa", tmp_path / "results/demo"
    made = publish({source / "a.json": run / "metrics.json", source / "part": run / "tables"})
    assert [path.relative_to(run).as_posix() for path in made] == ["metrics.json", "tables/a.parquet"]
    processors = write_publication(run / "provenance.json", store, live(store), made, {"train": "aaaaaaaaaaaa"})
    assert len(processors) == 1
    return tmp_path / "results"


def check_all(store, results, growing=lambda path: 0):
    return verify(store, live(store), {}, results, "demo", growing)


def test_what_was_published_is_known(store, results):
    assert check_all(store, results) == 18
    (publication,) = publications(results)
    assert publication.live == tuple(live(store))
    assert publication.stored["spikes/aaaaaaaaaaaa"] == ["a.json", "a.npz", "b.json", "part/a.parquet"]


def test_a_damaged_file_is_not_published(store, results):
    (store / "train/bbbbbbbbbbbb/a.json").write_text("[8]")
    with pytest.raises(DamagedFileError, match="damaged"):
        publish({store / "train/bbbbbbbbbbbb/a.json": results / "demo/x.json"})
    assert not (results / "demo/x.json").exists()


FAULTS = {
    "copy changed": lambda store, results: (results / "demo/metrics.json").write_text("[7]"),
    "copy removed": lambda store, results: (results / "demo/tables/a.parquet").unlink(),
    "record changed": lambda store, results: (results / "demo/provenance.json").write_text("{}"),
    "file removed": lambda store, results: (store / "spikes/aaaaaaaaaaaa/a.npz").unlink(),
    "provenance removed": lambda store, results: provenance_path(store / "spikes/aaaaaaaaaaaa/a.npz").unlink(),
    "address removed": lambda store, results: shutil.rmtree(store / "spikes/aaaaaaaaaaaa"),
    "lease damaged": lambda store, results: (store / "leases/x.json").write_text("["),
    "file changed": lambda store, results: (store / "train/aaaaaaaaaaaa/a.json").write_text("[7]"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_verify_names_what_is_not_as_it_must_be(store, results, fault):
    check_all(store, results)
    reached = live(store)
    FAULTS[fault](store, results)
    with pytest.raises(DamagedFileError, match="faults in") as caught:
        verify(store, reached, {}, results, "demo")
    assert str(caught.value).count("what to do:") >= 1


def test_verify_reads_journals_too(store, results):
    journal = store / "train/aaaaaaaaaaaa/x.journal"
    journal.write_text("{}\n")
    record_growing(journal)
    assert check_all(store, results, lambda path: len(path.read_bytes())) == 18 + 3


def test_a_record_that_was_changed_is_not_trusted(results):
    path = results / "demo/provenance.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "live": []}))
    with pytest.raises(DamagedFileError, match="own SHA-256"):
        read_publication(path)
