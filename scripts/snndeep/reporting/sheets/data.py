"""Tables of the data: what there is, every case, what was left out or occurs twice, and what features are worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from snndeep.reporting.formats import ABSENT, count, decimal, interval, quantity
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.sheet import Column, Sheet
from snndeep.samples.quality import duplicate_cases, feature_quality
from snndeep.samples.table import EXTRA


def data_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield the tables of the data."""
    quality = feature_quality(results.samples, results.selections, results.config["preprocessing"]["max_correlation"])
    duplicates = duplicate_cases(results.samples)
    yield _facts(results, quality, duplicates)
    if duplicates:
        frame = pd.DataFrame({"cases": [", ".join(group) for group in duplicates], "scans": map(len, duplicates)})
        columns = (Column("cases", "cases"), Column("scans", "scans", count, numeric=True))
        note = "Every feature of every slice is the same. Under both protocols one may stand on each side of a split."
        yield Sheet("duplicates", "Scans that occur more than once", "data", frame, columns, note)
    if results.skipped:
        frame = pd.DataFrame(results.skipped.items(), columns=["case", "reason"])
        columns = (Column("case", "case"), Column("reason", "reason"))
        yield Sheet("skipped", "Cases left out", "data", frame, columns)
    yield _cases(results)
    yield _features(quality)


def _facts(results: RunResults, quality: pd.DataFrame, duplicates: list[list[str]]) -> Sheet:
    samples, cases = results.samples, results.cases
    weak = not results.config["dataset"]["labels"]["lesion"]
    diseased = samples.groupby("patient")["label"].max()
    facts = {
        "patients": count(len(diseased)),
        "diseased patients": count(diseased.sum()),
        "scans": count(len(cases)),
        "scans that occur more than once": count(sum(map(len, duplicates))),
        "scans left out": count(len(results.skipped)),
        "slices": count(len(samples)),
        "diseased slices": count(samples["label"].sum()),
        "label of a slice": "its patient's: the masks mark no lesions" if weak else "by the lesions in it",
        "scans with a warning": count((cases["notes"] != "").sum()),
        "scans that end inside the organ": count(((cases["cut"] != "") | (cases["mask_ends"] != "")).sum()),
        "scans whose mask had holes": count((cases["holes"] > 0).sum()),
        "scans whose mask skips slices": count((cases["gaps"] > 0).sum()),
        "slices mostly outside the intensity range": count(cases["slices_outside"].sum()),
        "slice thickness (mm)": interval(cases["spacing_z"].min(), cases["spacing_z"].max(), 2),
        "in-plane spacing (mm)": interval(cases["spacing_x"].min(), cases["spacing_x"].max(), 2),
        "organ volume (ml, median)": count(cases["organ_volume_ml"].median()),
        "features": count(len(quality)),
        "features that are constant": count(quality["constant"].sum()),
        "features with missing values": count((quality["missing"] > 0).sum()),
        "features redundant with an earlier one": count(quality["redundant"].sum()),
        "features correlated with area above 0.9": count((quality["area_correlation"].abs() > 0.9).sum()),
        "features that some split selected": count((quality["selected"] > 0).sum()),
    }
    frame = pd.DataFrame({"fact": list(facts), "value": list(facts.values())})
    return Sheet(
        "data",
        "The data in short",
        "data",
        frame,
        (Column("fact", "fact"), Column("value", "value", numeric=True)),
        folded=True,
    )


def _cases(results: RunResults) -> Sheet:
    """One row per scan."""
    slices = results.samples.groupby("case")["label"].agg(slices="size", diseased_slices="sum")
    frame = results.cases.merge(slices, left_on="case", right_index=True, how="left")
    frame["class"] = np.where(frame["diseased_slices"] > 0, "diseased", "healthy")
    shape = [f"shape_{axis}" for axis in "xyz"]
    frame["voxels"] = frame[shape].astype(str).agg(" \N{MULTIPLICATION SIGN} ".join, axis=1)
    kept = [
        "case", *(["patient"] if "patient" in frame else []), "class", "slices", "diseased_slices", "organ_volume_ml",
        "lesion_volume_ml", "spacing_x", "spacing_y", "spacing_z", "voxels", "notes",
    ]  # fmt: skip
    own = [str(name) for name in frame if str(name).startswith(EXTRA)]
    columns = (
        Column("case", "case"),
        *([Column("patient", "patient")] if "patient" in frame else []),
        Column("class", "class"),
        Column("slices", "slices", count, numeric=True),
        Column("diseased_slices", "diseased slices", count, numeric=True),
        Column("organ_volume_ml", "organ (ml)", count, numeric=True),
        Column("lesion_volume_ml", "lesion (ml)", quantity, numeric=True),
        Column("spacing_x", "spacing x (mm)", _millimetres, numeric=True),
        Column("spacing_y", "y (mm)", _millimetres, numeric=True),
        Column("spacing_z", "z (mm)", _millimetres, numeric=True),
        Column("voxels", "voxels"),
        Column("notes", "warnings", lambda text: text or ABSENT),
        *(Column(name, name.removeprefix(EXTRA), lambda text: text or ABSENT) for name in own),
    )
    return Sheet("cases", "Every scan", "data", frame[[*kept, *own]], columns, folded=True)


def _millimetres(value: float) -> str:
    return decimal(value, 2)


def _correlation(value: float) -> str:
    return "constant" if np.isnan(value) else decimal(value, 2)


def _features(quality: pd.DataFrame) -> Sheet:
    order = quality["area_correlation"].abs().sort_values(ascending=False).index
    columns = (
        Column("name", "feature"),
        Column("feature", "tag"),
        Column("unit", "unit"),
        Column("area_correlation", "correlation with area", _correlation, numeric=True),
        Column("missing", "missing in", count, numeric=True),
        Column("redundant", "redundant", lambda value: "yes" if value else ABSENT),
        Column("selected", "selected in splits", count, numeric=True),
    )  # fmt: skip
    title = "Every feature, by correlation with slice area (Spearman)"
    return Sheet("features", title, "data", quality.loc[order], columns, folded=True)
