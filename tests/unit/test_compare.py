"""Two published runs: what differs, and whether a difference is more than chance."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from snndeep.errors import InvalidInputError
from snndeep.evaluation.runs import RunScores, compare_runs
from snndeep.reporting.compare_page import ABSENT, differing, sentences
from snndeep.reporting.published import find_run, read_published

ROOT = Path(__file__).parents[2]
MODELS = ("custom/surrogate", "logistic")


def judged(skill=1.0, patients=40, seed=0, models=MODELS, protocols=("patient", "slice")) -> RunScores:
    """Return scores of slices and patients; `skill` is how far diseased ones lie above healthy ones."""
    rng = np.random.default_rng(seed)
    rows = [
        (model, protocol, p % 3, f"{p:03d}", int(p % 2 and k > 2))
        for model in models
        for protocol in protocols
        for p in range(patients)
        for k in range(6)
    ]
    slices = pd.DataFrame(rows, columns=["model", "protocol", "fold", "patient", "label"])
    slices["margin"] = skill * slices["label"] + rng.normal(size=len(slices))
    by = ["model", "protocol", "fold", "patient"]
    return RunScores(slices, slices.groupby(by, as_index=False).agg({"label": "max", "margin": "max"}))


RECORD = {
    "version": "1.0",
    "source": "phantom",
    "config": {"run": "one", "seed": 7, "splits": {"folds": 3}},
    "code": {"samples": "a" * 64, "evaluate": "b" * 64},
    "data": {"p1": "x/p1", "p2": "x/p2"},
}


def published(folder: Path, own: RunScores, **changed) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({**RECORD, **changed}))
    own.slices.to_parquet(folder / "predictions.parquet")
    own.patients.to_csv(folder / "patients.csv", index=False)
    return folder


def test_a_run_against_itself_is_the_same_everywhere():
    rows = compare_runs(judged(), judged(), 200)
    assert len(rows) == 8
    assert {row["verdict"] for row in rows} == {"equal"}
    assert all(row["difference"] == 0 and row["patients"] == 40 for row in rows)
    assert "the same in 8" in sentences(RECORD, RECORD, rows)[3]


def test_values_are_those_of_scikit_learn_within_folds():
    own = judged()
    row = next(
        r
        for r in compare_runs(own, own, 50)
        if (r["model"], r["protocol"], r["unit"]) == ("logistic", "slice", "slice")
    )
    rows = own.slices[(own.slices["model"] == "logistic") & (own.slices["protocol"] == "slice")]
    folds = [fold for _, fold in rows.groupby("fold")]
    pairs = [(f["label"] == 1).sum() * (f["label"] == 0).sum() for f in folds]
    expected = np.average([roc_auc_score(f["label"], f["margin"]) for f in folds], weights=pairs)
    assert row["a"] == row["b"] == pytest.approx(expected)


def test_a_better_run_is_said_to_be_better_and_chance_is_not():
    clear = {(r["model"], r["unit"]): r for r in compare_runs(judged(0.2), judged(3.0, seed=1), 500)}
    assert clear["custom/surrogate", "slice"]["verdict"] == "better"
    low, high = clear["custom/surrogate", "slice"]["interval"]
    assert 0 < low < clear["custom/surrogate", "slice"]["difference"] < high
    back = compare_runs(judged(3.0, seed=1), judged(0.2), 500)
    assert next(r for r in back if r["unit"] == "slice")["verdict"] == "worse"
    # Of thirty pairs of runs that differ by chance alone, about one or two have a verdict somewhere in a family.
    wrong = sum(
        any(
            r["verdict"] != "undecided"
            for r in compare_runs(judged(seed=k), judged(seed=100 + k), 200)
            if r["unit"] == "slice" and r["protocol"] == "patient"
        )
        for k in range(30)
    )
    assert wrong <= 5


def test_only_patients_and_models_of_both_runs_are_compared():
    small = judged(patients=20, models=("logistic",), protocols=("patient",))
    rows = compare_runs(judged(), small, 100)
    assert {(r["model"], r["protocol"], r["patients"]) for r in rows} == {("logistic", "patient", 20)}
    other = judged()
    other = RunScores(other.slices.assign(patient="q" + other.slices["patient"]), other.patients.assign(patient="q"))
    assert compare_runs(judged(), other, 100) == []
    assert "nothing can be compared" in sentences(RECORD, RECORD, [])[3]


def test_one_class_leaves_a_difference_undefined():
    own = judged()
    one = RunScores(own.slices.assign(label=0), own.patients.assign(label=0))
    rows = compare_runs(one, one, 50)
    assert all(row["difference"] is None and row["undefined"] for row in rows)
    assert "undefined in 8" in sentences(RECORD, RECORD, rows)[3]


def test_what_differs_is_named():
    assert differing({"a": 1, "b": [1, 2], "c": "x"}, {"a": 1, "b": [1, 3], "d": 2.5}) == [
        ("b", "1, 2", "1, 3"), ("c", "x", ABSENT), ("d", ABSENT, "2.5"),
    ]  # fmt: skip
    other = {
        **RECORD,
        "config": {"run": "two", "seed": 7, "splits": {"folds": 5}},
        "code": {**RECORD["code"], "evaluate": "c" * 64},
        "data": {"p1": "y/p1", "p3": "x/p3"},
    }
    said = sentences(RECORD, other, [])
    assert said[0] == "Configuration: 1 setting differs."  # the name of a run is no difference
    assert "1 stage has other code" in said[1]
    assert said[2] == "Data: 1 scan is in A alone, 1 in B alone; of those in both, 1 differs."
    same = sentences(RECORD, RECORD, [])
    assert same[:3] == [
        "The configurations are the same.", "The code of all stages is the same.", "The scans are the same, 2 of them.",
    ]  # fmt: skip


def test_the_command_writes_one_page(tmp_path):
    a = published(tmp_path / "a", judged(0.2))
    b = published(tmp_path / "b", judged(3.0, seed=1), config={"run": "<b>two</b>", "seed": 8, "splits": {"folds": 3}})
    page = tmp_path / "out" / "page.html"
    command = [sys.executable, str(ROOT / "scripts/compare.py"), str(a), str(b), "--output", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "Configuration: 1 setting differs." in done.stdout and done.stdout.strip().endswith(str(page))
    assert "&lt;b&gt;two" in text and "<b>two" not in text
    assert "more than chance explains" in text and "<td>7</td><td>8</td>" in text
    for forbidden in ('src="http', "<script src", "@import"):
        assert forbidden not in text
    assert find_run("a", tmp_path) == a


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    folder = published(tmp_path / "a", judged())
    (folder / "predictions.parquet").unlink()
    with pytest.raises(InvalidInputError, match="must be published again"):
        read_published(folder)
    with pytest.raises(InvalidInputError, match=r"run\.json"):
        read_published(tmp_path / "nowhere")
