"""The table of the external test set, where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from snndeep.reporting.formats import count, decimal, interval, percent
from snndeep.reporting.names import title_of
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.sheet import Column, Row, Sheet

UNITS = ("slice", "patient")


def external_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield one row per model."""
    if results.external is None:
        return
    rows, refused = [], []
    for name, found in results.external["models"].items():
        if "refused" in found:
            refused.append(f"{title_of(name)}: {found['refused']}")
            continue
        row: dict[str, Any] = {"model": title_of(name)}
        for unit in UNITS:
            low, high = found[unit]["interval"]["roc_auc"] or (None, None)
            row |= {f"{unit}_roc_auc": found[unit]["roc_auc"], f"{unit}_low": low, f"{unit}_high": high}
        rows.append(row | {name: found["patient"][name] for name in ("sensitivity", "specificity", "brier")})
    columns = (
        Column("model", "model"),
        *(Column(f"{unit}_roc_auc", f"ROC-AUC of {unit}s", decimal, _aside(unit), numeric=True) for unit in UNITS),
        Column("sensitivity", "sensitivity", percent, numeric=True),
        Column("specificity", "specificity", percent, numeric=True),
        Column("brier", "Brier score", decimal, numeric=True),
    )
    yield Sheet(
        "external", "External test set", "results", pd.DataFrame(rows), columns, _note(results.external, refused)
    )


def _aside(unit: str) -> Any:
    def show(row: Row) -> str:
        return interval(row[f"{unit}_low"], row[f"{unit}_high"])

    return show


def _note(external: Mapping[str, Any], refused: list[str]) -> str:
    sizes: dict[str, Any] = next((found for found in external["models"].values() if "refused" not in found), {})
    sentences = [
        "Scans that took no part in training. All folds by patient predict together, with the thresholds and the calibration "
        "of their validation patients; sensitivity, specificity and Brier score are those of patients."
    ]
    if sizes:
        sentences.append(
            f"{count(sizes['patient']['n'])} patients, {count(sizes['patient']['diseased'])} of them diseased; "
            f"{count(sizes['slice']['n'])} slices; {count(len(external['skipped']))} scans left out."
        )
    if external["weak"]:
        sentences.append("The masks mark no lesions, so every slice has the label of its patient.")
    return " ".join([*sentences, *(f"{text}." for text in refused)])
