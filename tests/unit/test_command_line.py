"""What was typed on the command line, and configurations that mean the same."""

import random
from pathlib import Path

import numpy as np
import pytest

from snndeep.errors import ConfigError
from snndeep.phantom.example import write_example
from snndeep.phantom.settings import PhantomSettings
from snndeep.plan.addressing import CodeBase
from snndeep.plan.command_line import as_typed, configuration_files
from snndeep.plan.configuration import complete
from snndeep.plan.plan import Plan

CODE = CodeBase(Path(__file__).parents[2] / "scripts")


@pytest.mark.parametrize("name", ["20240501", "2024_05_01", "007", "1e5", "true", "a-b"])
def test_a_run_has_the_name_that_was_typed(name):
    for guess in (name, 20240501, 7, 1e5, True):
        assert complete(as_typed({"run": guess}, [f"run={name}"]))["run"] == name


def test_nested_values_and_those_of_files_stay():
    config = {"seed": 9, "splits": {"folds": "4"}, "run": "x"}
    assert as_typed(config, ["splits={folds: 4}", "seed=9"]) == {"seed": "9", "splits": {"folds": "4"}, "run": "x"}
    assert complete(as_typed(config, ["seed=9"]))["seed"] == 9


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ({"seed": "9"}, {"seed": 9}),
        ({"durable": "false"}, {"durable": False}),
        ({"splits": {"folds": "4", "validation_fraction": "1e-1"}}, {"splits": {"folds": 4, "validation_fraction": 0.1}}),
        ({"dataset": {"phantom": {"shape": ["64", "64", "16"]}}}, {"dataset": {"phantom": {"shape": [64, 64, 16]}}}),
        (
            {"dataset": {"labels": {"organ": ["1", "liver"], "lesion": ["2"]}}},
            {"dataset": {"labels": {"organ": [1, "liver"], "lesion": [2]}}},
        ),
        ({"features": {"resegmentation": "null"}}, {"features": {"resegmentation": None}}),
        ({"features": {"resegmentation": ["-100", "200"]}}, {"features": {"resegmentation": [-100.0, 200.0]}}),
        (
            {"tuning": {"search_space": {"surrogate": {"beta": {"low": "0.5", "high": "0.98"}}}}},
            {"tuning": {"search_space": {"surrogate": {"beta": {"low": 0.5, "high": 0.98}}}}},
        ),
        (
            {"tuning": {"search_space": {"bal": {"hidden": {"choices": ["8", "16"]}}}}},
            {"tuning": {"search_space": {"bal": {"hidden": {"choices": [8, 16]}}}}},
        ),
        (
            {"tuning": {"search_space": {"bal": {"weight_decay": {"low": "1e-3", "high": "1", "log": "true"}}}}},
            {"tuning": {"search_space": {"bal": {"weight_decay": {"low": 0.001, "high": 1.0, "log": True}}}}},
        ),
        ({"run": 2024}, {"run": "2024"}),
        ({"learning": {"surrogate": {"learning_rate": "1e-3"}}}, {"learning": {"surrogate": {"learning_rate": 0.001}}}),
        ({"learning": {"surrogate": {"weight_decay": 1}}}, {"learning": {"surrogate": {"weight_decay": 1.0}}}),
    ],
)  # fmt: skip
def test_text_of_the_command_line_means_what_the_schema_wants(typed, meant):
    assert repr(complete(typed)) == repr(complete(meant))


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--cores", "2", "--config", "run=mine", "--config", "seed=3"], "--config"),
        (["-C", "run=mine", "--cores", "2", "--config", "seed=3"], "--config"),
        (["--config=run=mine", "--config=seed=3"], "--config"),
        (["--configfile", "a.yaml", "--configfile", "b.yaml", "-n"], "--configfile"),
        (["--configfiles", "a.yaml", "--configfile", "b.yaml", "-n"], "--configfile"),
    ],
)
def test_an_option_that_would_be_dropped_is_refused(arguments, option):
    with pytest.raises(ConfigError, match=f"^{option} is there twice") as refused:
        configuration_files(arguments)
    for word in (value for value in arguments if value.endswith((".yaml", "mine", "3"))):
        assert word.split("=", 1)[-1] in refused.value.expected


def test_the_files_of_a_command_line_are_found():
    arguments = ["-c2", "--configfile", "a.yaml", "b.yaml", "--config", "x=1"]
    assert configuration_files(arguments) == [Path("a.yaml"), Path("b.yaml")]
    assert configuration_files(["all", "--cores", "2", "-n"]) == []
    assert configuration_files(["--configfile"]) == []


def shuffled(value, rng):
    """Return the same configuration with its keys in another order."""
    if not isinstance(value, dict):
        return value
    keys = list(value)
    rng.shuffle(keys)
    return {key: shuffled(value[key], rng) for key in keys}


def records(config, folder):
    plan = Plan({**config, "store": str(folder / "work")}, CODE)
    return {stage.id: repr(stage.record()) for stage in plan.stages()}


def test_the_order_of_keys_changes_no_record(tmp_path):
    """Snakemake compares records as text, so that equal ones must be written alike."""
    config = complete({})
    for seed in range(2):
        assert records(complete(shuffled(config, random.Random(seed))), tmp_path) == records(config, tmp_path)


def test_workers_and_other_things_without_effect_change_no_record(tmp_path):
    other = {"tuning": {"workers": 4, "storage": "sqlite:///x.db"}, "durable": False, "prune": {"min_age_hours": 1}}
    assert records(complete(other), tmp_path) == records(complete({}), tmp_path)


@pytest.fixture
def scans(tmp_path):
    """A user's data set in several formats."""
    write_example(tmp_path / "here/set/table.csv", PhantomSettings(patients=6, shape=(32, 32, 8)))
    return tmp_path / "here/set/table.csv"


def test_nothing_of_a_place_counts(scans, tmp_path, monkeypatch):
    measured = {"min_icc": 0.7, "measurements": str(tmp_path / "m.parquet")}
    (tmp_path / "m.parquet").write_bytes(np.arange(9).tobytes())

    def planned(path, settings):
        dataset = {"source": "directory", "path": str(path)}
        config = complete({"dataset": dataset, "splits": {"folds": 2}, "preprocessing": settings})
        return records(config, tmp_path)

    monkeypatch.chdir(tmp_path)
    base = planned(scans, measured)
    assert len([name for name in base if name.startswith("convert/")]) > 0
    assert planned("here/set/table.csv", measured) == base
    (tmp_path / "moved away").mkdir()
    (tmp_path / "here/set").rename(tmp_path / "moved away/my scans")
    (tmp_path / "m.parquet").rename(tmp_path / "moved away/n.parquet")
    moved = {**measured, "measurements": "moved away/n.parquet"}
    assert planned("moved away/my scans/table.csv", moved) == base
    monkeypatch.chdir(tmp_path / "moved away/my scans")
    assert planned("table.csv", {**measured, "measurements": "../n.parquet"}) == base
    assert str(tmp_path) not in repr(base)
    (tmp_path / "moved away/n.parquet").write_bytes(b"others")
    assert planned("table.csv", {**measured, "measurements": "../n.parquet"}) != base


def test_measurements_that_are_not_there_are_named():
    with pytest.raises(Exception, match=r"preprocessing\.measurements"):
        records(complete({"preprocessing": {"min_icc": 0.7, "measurements": "nowhere.parquet"}}), Path())
