"""Task03_Liver through the workflow, up to the features, from a small archive served on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from conftest import checkout
from loopback import FOLDERS, Loopback, decathlon, md5, tar_of

from snndeep.phantom.cases import make_cases

PHANTOM = {"shape": [48, 48, 12], "seed": 3}
FEATURES = ("--until", "features", "--cores", "1", "--quiet", "rules")
CASES = 8


@pytest.fixture(scope="module")
def members(tmp_path_factory) -> dict[str, bytes]:
    """The files of a Task03_Liver of eight synthetic patients."""
    folder = tmp_path_factory.mktemp("phantom")
    paths = {f"{k:03d}": [str(folder / f"{k}.{kind}.nii.gz") for kind in FOLDERS] for k in range(CASES)}
    make_cases(PHANTOM, paths, folder)
    scans = {
        f"Task03_Liver/{part}/liver_{k}.nii.gz": Path(pair[position]).read_bytes()
        for position, part in enumerate(FOLDERS.values())
        for k, pair in enumerate(paths.values())
    }
    return {"Task03_Liver/._dataset.json": b"x", **scans}


@pytest.fixture
def server(members):
    with Loopback(tar_of(members)) as running:
        yield running


@pytest.fixture
def msd(fresh, server, monkeypatch):
    """A project that takes its scans from the server."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    content = server.behaviour.content
    url = server.url.replace("//", "//joe:hunter2@")
    published = {"urls": [url], "md5": md5(content), "bytes": len(content)}
    fresh.config["dataset"] = {"source": "msd", "cases_per_job": 2, "cases": [0, 1], "msd": published}
    fresh.config["features"] = {**fresh.config["features"], "families": ["intensity_statistics"]}
    return fresh


def features(project) -> Mapping[str, bytes]:
    """The tables of features, by case and kind."""
    paths = (project.folder / "work/features").glob("*/*.parquet")
    return {f"{pd.read_parquet(path)['case'].iloc[0]} {path.stem}": path.read_bytes() for path in paths}


def test_a_few_cases_are_fetched_and_kept(msd, server, members):
    assert msd.planned(*FEATURES[:2]) == {"archive_msd": 1, "data_msd": 2, "features": 1}
    msd.run(*FEATURES)
    weight = sum(len(members[f"Task03_Liver/{part}/liver_{k}.nii.gz"]) for part in FOLDERS.values() for k in (0, 1))
    assert server.behaviour.total < weight + 16_384 * (len(members) + 4)
    assert msd.planned(*FEATURES[:2]) == {}
    for path in (*(msd.folder / "logs").rglob("*.log"), *(msd.folder / "work").rglob("*.json")):
        assert "hunter2" not in path.read_text(encoding="utf-8")
    for path in (msd.folder / ".snakemake/metadata").rglob("*"):
        assert path.is_dir() or "hunter2" not in path.read_text(encoding="utf-8")

    first = features(msd)
    assert sorted(first) == [f"liver_{k} {kind}" for k in (0, 1) for kind in ("patient", "slices")]
    msd.config["dataset"]["cases"] = [0, 1, 2, 3]
    assert msd.planned(*FEATURES[:2]) == {"data_msd": 2, "features": 1}, "those that are there are kept"
    msd.config["dataset"]["msd"]["urls"] = ["http://127.0.0.1:9/moved-away.tar", server.url]
    msd.run(*FEATURES)
    assert first.items() <= features(msd).items()
    assert len(features(msd)) == 8

    msd.config["dataset"]["cases"] = [3, 1]
    msd.config["dataset"]["msd"]["urls"] = ["http://127.0.0.1:9/moved-away.tar"]
    assert set(msd.planned(*FEATURES[:2])) <= {"features"}
    msd.run("verify", "--quiet", "rules")


def test_a_killed_run_goes_on_where_it_was(msd, server):
    content = tar_of(decathlon(range(2), size=4_000_000))
    server.behaviour.content, server.behaviour.pause = content, 0.004
    msd.config["dataset"]["msd"].update(md5=md5(content), bytes=len(content))
    fetch = ("--until", "data_msd", "--cores", "1")
    assert msd.planned(*fetch) == {"archive_msd": 1, "data_msd": 2}
    command = [sys.executable, "-m", "snakemake", *fetch]
    with subprocess.Popen(command, cwd=msd.folder, start_new_session=True, stderr=subprocess.DEVNULL) as run:
        while server.behaviour.total < 1_500_000:
            assert run.poll() is None
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGKILL)
    assert not list((msd.folder / "work/data").rglob("*.nii.gz"))
    server.behaviour.pause = 0
    msd.run(*fetch)
    scans = sum(path.stat().st_size for path in (msd.folder / "work/data").rglob("*.nii.gz"))
    assert scans > 8_000_000
    assert server.behaviour.total < 1.05 * scans, "the index included"
    logs = [path.read_text(encoding="utf-8") for path in (msd.folder / "logs/data_msd").glob("*.log")]
    assert sum("are there already" in log for log in logs) == 1, "of the case that was killed, whichever it was"


def test_an_archive_or_a_folder_that_is_there_is_used_in_place(msd, server, members, tmp_path):
    msd.config["dataset"]["msd"]["urls"] = ["http://127.0.0.1:9/Task03_Liver.tar"]
    msd.config["dataset"]["cases"] = list(range(CASES))
    (tmp_path / "mine.tar").write_bytes(server.behaviour.content)
    msd.config["dataset"]["path"] = str(tmp_path / "mine.tar")
    msd.run(*FEATURES)
    assert not list((msd.folder / "work").rglob("*.tar"))

    for name, content in members.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    other = checkout(tmp_path / "other", msd.config)
    other.config["dataset"]["path"] = str(tmp_path)
    assert other.planned(*FEATURES[:2]) == {"survey": 1, "features": CASES // 2}
    other.run(*FEATURES)
    assert not (other.folder / "work/data").exists()
    assert features(other) == features(msd)
    (tmp_path / "Task03_Liver/labelsTr/liver_1.nii.gz").unlink()
    assert "labelsTr/liver_1.nii.gz" in other.fails(*FEATURES)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"first": 132}, ["dataset.first", "at most 131"]),
        ({"cases": [131]}, ["dataset.cases.0", "at most 130"]),
        ({"cases": [1, 2], "first": 2}, ["chosen twice"]),
        ({"path": "nowhere.tar"}, ["archive does not exist", "nowhere.tar"]),
        ({"path": "config/config.yaml"}, ["not the one that was published", "config/config.yaml"]),
        ({"msd": {"urls": ["ftp://x/y.tar"]}}, ["dataset.msd.urls.0"]),
        ({"msd": {"urls": []}}, ["dataset.msd.urls", "at least 1"]),
    ],
)
def test_bad_input(msd, change, expected):
    dataset = msd.config["dataset"]
    change = {key: {**dataset[key], **value} if isinstance(value, dict) else value for key, value in change.items()}
    dataset.update(change)
    output = msd.fails(*FEATURES)
    assert "Traceback" not in output
    for text in expected:
        assert text in output
    assert not list((msd.folder / "work").rglob("*.nii.gz"))


def test_a_refused_download_ends_with_its_reason(msd, server):
    server.behaviour.statuses = [404] * 10
    output = msd.fails(*FEATURES)
    assert "404" in output
    assert "Traceback" not in output
    assert "hunter2" not in output
    assert not json.dumps([str(path) for path in (msd.folder / "work").rglob("*.tar*")]).strip("[]")
