"""A user's own data as a table, from scans in several formats to splits."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from snndeep.phantom.dicom import write_series
from snndeep.phantom.example import write_example
from snndeep.phantom.settings import PhantomSettings


@pytest.fixture
def table(fresh) -> Path:
    path = fresh.folder / "own data" / "table.csv"
    write_example(path, PhantomSettings(patients=8, shape=(48, 48, 12)))
    fresh.config["dataset"] = {"source": "directory", "path": "own data/table.csv", "cases_per_job": 6}
    return path


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rewrite(table: Path, rows: list[dict[str, str]]) -> None:
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def found(project, pattern: str) -> Path:
    """Return the newest of the addressed files that match."""
    return max((project.folder / "work").glob(pattern), key=lambda path: path.stat().st_mtime_ns)


def test_a_table_with_several_scans_of_a_patient(fresh, table):
    fresh.run("splits", "--quiet", "rules")
    samples = pd.read_parquet(found(fresh, "samples/*/samples.parquet"))
    cases = pd.read_parquet(found(fresh, "samples/*/cases.parquet"))
    assert len(cases) == len(rows_of(table)) == 11
    assert cases["patient"].nunique() == 8
    assert dict(zip(cases["case"], cases["patient"], strict=True)) == {
        Path(row["image"]).name.split(".")[0]: row["patient"] for row in rows_of(table)
    }
    owner = dict(zip(samples["sample"], samples["patient"], strict=True))
    for split in json.loads(found(fresh, "splits/*/splits.json").read_text(encoding="utf-8")):
        if split["protocol"] == "patient":
            train, validation, test = ({owner[s] for s in split[p]} for p in ("train", "validation", "test"))
            assert not (train & test | train & validation | validation & test)
    assert fresh.planned("--", "splits") == {}

    rows = rows_of(table)
    rewrite(table, rows[::-1])
    assert fresh.planned("--", "splits") == {}, "the order of rows means nothing"
    rewrite(table, [{**row, "patient": row["patient"].replace("P08", "P99")} for row in rows])
    assert fresh.planned("--", "splits") == {"survey": 1, "samples": 1, "splits": 1}, "another patient extracts nothing"
    fresh.run("splits", "--quiet", "rules")
    assert "P99" in set(pd.read_parquet(found(fresh, "samples/*/samples.parquet"))["patient"])

    flipped = {"healthy": "diseased", "diseased": "healthy"}
    rewrite(table, [{**row, "label": flipped[row["label"]]} if row["patient"] == "P02" else row for row in rows])
    output = fresh.fails("splits", "--quiet", "rules")
    assert "A label contradicts the mask" in output
    assert "table.csv, line 4" in output

    slice_file = next((table.parent / "scans" / "P01_1").iterdir())
    shutil.copy(slice_file, slice_file.with_name("copy.dcm"))
    rewrite(table, rows)
    assert fresh.planned("--", "splits")["convert"] == 1, "one more file is another series"


def test_masks_of_the_organ_alone_take_the_label_of_the_table(fresh, table):
    for mask in (table.parent / "masks").iterdir():
        image = sitk.ReadImage(str(mask))
        sitk.WriteImage(sitk.Cast(image > 0, sitk.sitkUInt8) * 4, str(mask))
    hostile = "{x} $(touch hacked); 'q' \"ö\".nii.gz"
    (table.parent / "scans" / "P05_1.nii.gz").rename(table.parent.parent / hostile)
    rows = rows_of(table)
    write_series(
        table.parent / "P02 mask", sitk.Cast(sitk.ReadImage(str(table.parent / rows[2]["mask"])), sitk.sitkInt16)
    )
    rows[2]["mask"] = "P02 mask"
    rewrite(table, [{**r, "image": f"../{hostile}"} if r["image"] == "scans/P05_1.nii.gz" else r for r in rows])
    fresh.config["dataset"]["labels"] = {"organ": [4], "lesion": []}
    fresh.run("splits", "--quiet", "rules")
    samples = pd.read_parquet(found(fresh, "samples/*/samples.parquet"))
    labels = samples.groupby("patient")["label"].agg(["min", "max"])
    status = {row["patient"]: int(row["label"] == "diseased") for row in rows_of(table)}
    assert labels["min"].to_dict() == labels["max"].to_dict() == status
    assert np.all(samples["lesion_area_mm2"] == 0)
    (case,) = samples.loc[samples["patient"] == "P05", "case"].unique()
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", case)
    assert not list(fresh.folder.glob("**/hacked"))

    rewrite(table, [{**row, "label": ""} if row["patient"] == "P02" else row for row in rows_of(table)])
    output = fresh.fails("splits", "--quiet", "rules")
    assert "no label" in output
    assert "table.csv, line 4" in output
    assert "Traceback" not in output


def test_a_bad_series_ends_the_run_or_is_left_out(fresh, table):
    series = table.parent / "scans" / "P01_1"
    sorted(series.iterdir(), key=lambda path: path.stem[-3:])[5].unlink()
    output = fresh.fails("splits", "--quiet", "rules")
    assert "A series lacks slices" in output
    assert "scans/P01_1" in output
    assert not list((fresh.folder / "work").glob("features*/*"))

    fresh.config["dataset"]["on_bad_case"] = "skip"
    fresh.run("splits", "--quiet", "rules")
    skipped = json.loads(found(fresh, "samples/*/skipped.json").read_text(encoding="utf-8"))
    assert list(skipped) == ["P01_1"]
    assert "1 missing" in skipped["P01_1"]
    fresh.run("verify", "--quiet", "rules")
    fresh.config["dataset"]["on_bad_case"] = "fail"
    assert "A series lacks slices" in fresh.fails("splits", "--quiet", "rules")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image,mask,patient,lable\na,b,1,0\n", ["unknown column", "'lable'", "Did you mean 'label'"]),
        ("image;mask;patient\na;b;1\n", ["separator", "semicolons"]),
        ("image,mask,patient\nnowhere/$(touch hacked),b,1\n", ["not there", "nowhere"]),
    ],
)
def test_a_table_that_cannot_be_used_ends_the_run_before_it_begins(fresh, text, expected):
    (fresh.folder / "table.csv").write_text(text)
    fresh.config["dataset"] = {"source": "directory", "path": "table.csv"}
    output = fresh.fails("--quiet", "rules")
    assert "Traceback" not in output
    assert all(part in output for part in expected), output
    assert not (fresh.folder / "hacked").exists()
    assert not (fresh.folder / "work").exists()
