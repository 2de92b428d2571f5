import json

import numpy as np
import pandas as pd
import pytest

from snndeep.errors import DamagedFileError
from snndeep.store import files as storage
from snndeep.store.tables import read_table, write_table


def kept(path, provenance=None):
    storage.record_provenance(path, provenance or {"stage": "x", "target": "work/x"})
    return path


def test_round_trips(tmp_path):
    arrays = {"a": np.arange(5), "b/c": np.eye(2), "text": np.array(["x", "yy"])}
    storage.write_npz(tmp_path / "a.npz", arrays)
    read = storage.read_npz(kept(tmp_path / "a.npz"), "x")
    assert set(read) == set(arrays)
    for name, values in arrays.items():
        np.testing.assert_array_equal(read[name], values)
    storage.write_json(tmp_path / "a.json", {"x": np.float64(1.5), "y": np.arange(2)})
    assert storage.read_json(kept(tmp_path / "a.json"), "x") == {"x": 1.5, "y": [0, 1]}
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    write_table(tmp_path / "a.parquet", table)
    pd.testing.assert_frame_equal(read_table(kept(tmp_path / "a.parquet"), "x"), table)


def test_equal_arrays_give_equal_bytes(tmp_path):
    for name in ("one.npz", "two.npz"):
        storage.write_npz(tmp_path / name, {"a": np.arange(100)})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_nothing_is_left_under_the_final_name_when_writing_fails(tmp_path):
    target = tmp_path / "x.json"
    target.write_text("old")
    with pytest.raises(ValueError, match="JSON"):
        storage.write_json(target, {"x": float("nan")})
    with pytest.raises(RuntimeError), storage.replacing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("damage", ["flip", "truncate", "extend", "delete", "no provenance", "broken provenance"])
def test_damage_is_found_and_named(tmp_path, damage):
    path = tmp_path / "x.json"
    storage.write_json(path, list(range(50)))
    kept(path)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[20] ^= 4
        path.write_bytes(content)
    elif damage == "truncate":
        path.write_bytes(content[:-1])
    elif damage == "extend":
        path.write_bytes(content + b" ")
    elif damage == "delete":
        path.unlink()
    elif damage == "no provenance":
        storage.provenance_path(path).unlink()
    else:
        storage.provenance_path(path).write_text("{")
    with pytest.raises(DamagedFileError) as error:
        storage.read_json(path, "x")
    assert "x.json" in str(error.value)
    assert "snakemake --cores 1 --force" in str(error.value)


def test_object_arrays_are_refused(tmp_path):
    with pytest.raises(ValueError, match="pickle"):
        storage.write_npz(tmp_path / "x.npz", {"a": np.array([{}, None], dtype=object)})


def test_provenance_says_what_a_file_depended_on(tmp_path):
    path = tmp_path / "x.json"
    storage.write_json(path, 1)
    kept(
        path,
        {
            "stage": "spikes",
            "address": "0" * 12,
            "config": {"steps": 8},
            "code": "c",
            "versions": {"numpy": "1"},
            "inputs": ["a"],
        },
    )
    record = json.loads(storage.provenance_path(path).read_text(encoding="utf-8"))
    assert record["stage"] == "spikes"
    assert record["sha256"] == storage.sha256_of(path)
    assert record["versions"] == {"numpy": np.__version__}


def test_a_file_that_was_computed_with_other_versions_is_warned_of(tmp_path, caplog):
    storage.write_json(tmp_path / "x.json", 1, {"versions": {"numpy": np.__version__}})
    assert not caplog.records
    storage.write_json(tmp_path / "y.json", 2, {"versions": {"numpy": "1.0"}})
    assert f"other versions than planned: numpy {np.__version__} instead of 1.0" in caplog.text


@pytest.mark.parametrize(("seconds", "stays"), [(None, True), (-5, True), (5, False)])
def test_an_intact_file_is_replaced_if_it_is_older_than_the_run(tmp_path, monkeypatch, seconds, stays):
    """Another run that made it meanwhile wins; one that was there before is only made by a job that was asked to."""
    path = tmp_path / "x.json"
    storage.write_json(path, 1, {})
    monkeypatch.delenv(storage.BEGUN, raising=False)
    if seconds is not None:
        monkeypatch.setenv(storage.BEGUN, str(path.stat().st_mtime + seconds))
    storage.write_json(path, 2, {})
    assert json.loads(path.read_text(encoding="utf-8")) == (1 if stays else 2)
    assert storage.intact(path)
