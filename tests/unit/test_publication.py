"""What a run's folder shows: after a run, always the configuration that was asked for, and never other scans unnoticed."""

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snndeep.errors import ConfigError
from snndeep.store.files import write_json
from snndeep.store.origin import Origin, refuse_other_origin
from snndeep.store.publication import (
    RECORD,
    mark_of,
    origin_of,
    publish,
    withdraw_false_marks,
    withdraw_marks,
    write_publication,
)

CONFIGURATIONS = {"a": ["report", "models/x", "models/y"], "b": ["report", "models/x"], "c": ["report", "models/z"]}


class KilledError(Exception):
    """A run that ended before its end."""


class Folder:
    """A store with three configurations and one folder of results, published as rule `publish` does it."""

    def __init__(self, base: Path):
        self.store, self.results = base / "work", base / "results/demo"
        for name, files in CONFIGURATIONS.items():
            for file in files:
                address = name * 12
                words = {"stage": "report", "address": address, "config": {}}
                write_json(self.store / "report" / address / f"{file}.json", [name, file], words)

    def live(self, name):
        return [f"report/{name * 12}"]

    def run(self, name, killed_after=None):
        """Publish a configuration if its mark or another output is missing, as Snakemake does; perhaps get killed."""
        withdraw_false_marks(self.results)
        mark = self.results / mark_of(self.live(name))
        outputs = [self.results / "report.json", self.results / "models", self.results / RECORD, mark]
        if all(path.exists() for path in outputs):
            return
        for path in outputs:  # Snakemake removes what a job is going to write
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        withdraw_marks(self.results)
        source = self.store / "report" / (name * 12)
        made = []
        for number, part in enumerate(("report.json", "models")):
            if number == killed_after:
                raise KilledError
            made += publish({source / part: self.results / part})
        write_publication(self.results / RECORD, self.store, self.live(name), made, {})
        if killed_after == 2:
            raise KilledError
        mark.touch()

    def shows(self, name):
        files = {path.relative_to(self.results) for path in self.results.rglob("*.json")} - {Path(RECORD)}
        assert files == {Path(f"{file}.json") for file in CONFIGURATIONS[name]}
        for file in files:
            assert (self.results / file).read_bytes() == (self.store / "report" / (name * 12) / file).read_bytes()


def change_report(folder):
    (folder.results / "report.json").write_text("[]")


def remove_a_model(folder):
    shutil.rmtree(folder.results / "models", ignore_errors=True)


def change_record(folder):
    (folder.results / RECORD).write_text("{}")


def bring_back_record_of_another(folder):
    other = folder.results.parent / "other.json"
    if other.exists():
        shutil.copy(other, folder.results / RECORD)
    elif (folder.results / RECORD).exists():
        shutil.copy(folder.results / RECORD, other)


def forge_marks(folder):
    for name in CONFIGURATIONS:
        (folder.results / mark_of(folder.live(name))).touch()


def remove_everything(folder):
    shutil.rmtree(folder.results)


EDITS = (change_report, remove_a_model, change_record, bring_back_record_of_another, forge_marks, remove_everything)
RUNS = st.tuples(st.sampled_from(sorted(CONFIGURATIONS)), st.sampled_from([None, None, 0, 1, 2]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(RUNS, st.sampled_from(EDITS)), min_size=1, max_size=12), st.sampled_from("abc"))
def test_whatever_happened_before_a_run_shows_what_was_asked_for(steps, last):
    with tempfile.TemporaryDirectory() as base:
        folder = Folder(Path(base))
        for step in [*steps, (last, None)]:
            if callable(step):
                folder.results.mkdir(parents=True, exist_ok=True)
                step(folder)
                continue
            name, killed_after = step
            try:
                folder.run(name, killed_after)
            except KilledError:
                continue
            folder.shows(name)


def test_what_is_shown_is_not_published_again(tmp_path):
    folder = Folder(tmp_path)
    folder.run("a")
    before = {path: path.stat().st_mtime_ns for path in folder.results.rglob("*")}
    folder.run("a")
    assert {path: path.stat().st_mtime_ns for path in folder.results.rglob("*")} == before


OWN = Origin("directory", "/data/table.csv", ("P1", "P2", "d1", "d2"))


@pytest.mark.parametrize(
    ("published", "asked", "same"),
    [
        (Origin("phantom"), Origin("phantom"), True),
        (Origin("phantom"), OWN, False),
        (OWN, Origin("phantom"), False),
        (OWN, Origin("msd"), False),
        (OWN, Origin("directory", "/moved/table.csv", OWN.scans), True),
        (OWN, Origin("directory", "/data/table.csv", ("Q1", "e1")), True),
        (OWN, Origin("directory", "/moved/table.csv", ("P1", "e1")), True),
        (OWN, Origin("directory", "/other/table.csv", ("Q1", "e1")), False),
        (None, OWN, True),
    ],
)
def test_results_of_other_scans_are_not_replaced(published, asked, same):
    if same:
        refuse_other_origin(Path("results/mine"), published, asked)
        return
    with pytest.raises(ConfigError) as refused:
        refuse_other_origin(Path("results/mine"), published, asked)
    assert str(published) in str(refused.value)
    assert str(asked) in str(refused.value)
    assert "--config run=" in refused.value.remedy
    assert "remove results/mine" in refused.value.remedy


def test_results_remember_where_their_scans_come_from(tmp_path):
    folder = Folder(tmp_path)
    made = publish({folder.store / "report/aaaaaaaaaaaa/report.json": folder.results / "report.json"})
    write_publication(folder.results / RECORD, folder.store, folder.live("a"), made, {}, OWN)
    assert origin_of(folder.results / RECORD) == OWN
    assert origin_of(tmp_path / "nothing") is None
    order = list(OWN.scans)
    random.Random(1).shuffle(order)
    assert OWN.is_that_of(Origin("directory", "", tuple(order)))
