"""One run against another: the difference of every model, paired over the patients that both runs tested.

    difference   ROC-AUC of run B - ROC-AUC of run A, each over pairs within a fold, on the patients of both
    interval     from resamples of these patients, the same for both runs; for all models of one protocol and unit at once

The verdict is made in `snndeep.evaluation.comparison`, as within a run. Folds may differ between the runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from snndeep.evaluation.bootstrap import patient_draws, resampled_stratified_auc, stratified_auc
from snndeep.evaluation.comparison import Difference, judge_family
from snndeep.seeds import generator

UNITS = ("patient", "slice")
RESAMPLES = 1000


@dataclass(frozen=True)
class RunScores:
    """What the models of a run said of its test parts.

    Attributes:
        slices: One row per model, protocol and test slice, with the columns model, protocol, fold, patient, label, margin.
        patients: The same with one row per patient.
    """

    slices: pd.DataFrame
    patients: pd.DataFrame

    def of(self, unit: str) -> pd.DataFrame:
        """Return the rows of a unit, `slice` or `patient`."""
        return self.slices if unit == "slice" else self.patients


def compare_runs(a: RunScores, b: RunScores, resamples: int = RESAMPLES) -> list[dict[str, Any]]:
    """Return one entry for each protocol, unit and model that both runs have.

    Args:
        a: The first run.
        b: The second run.
        resamples: Number of resamples of patients.

    Returns:
        protocol, unit, model, patients (how many both runs tested), a and b (ROC-AUC on these patients), and what
        `Verdict.to_json` says of b - a; a number that is undefined is None.
    """
    rows: list[dict[str, Any]] = []
    for protocol in _shared(a.slices["protocol"], b.slices["protocol"]):
        for unit in UNITS:
            tables = [run.of(unit)[run.of(unit)["protocol"] == protocol] for run in (a, b)]
            rows += _compare(*tables, protocol=protocol, unit=unit, resamples=resamples)
    return rows


def _shared(first: pd.Series, second: pd.Series) -> list[str]:
    """Return the values of both columns, in the order of the first."""
    known = set(second.astype(str))
    return [name for name in dict.fromkeys(first.astype(str)) if name in known]


def _compare(a: pd.DataFrame, b: pd.DataFrame, *, protocol: str, unit: str, resamples: int) -> list[dict[str, Any]]:
    patients = np.array(sorted(set(a["patient"].astype(str)) & set(b["patient"].astype(str))))
    if not patients.size:
        return []
    a, b = (own[own["patient"].astype(str).isin(patients)] for own in (a, b))
    status = a.groupby(a["patient"].astype(str))["label"].max().loc[patients].to_numpy(int)
    draws = patient_draws(status, resamples, generator("compare runs", protocol))
    values: dict[str, tuple[float | None, float | None]] = {}
    differences = {}
    for model in _shared(a["model"], b["model"]):
        ranked = [_folds(own[own["model"] == model], patients) for own in (a, b)]
        first, second = (stratified_auc(folds) for folds in ranked)
        values[model] = (first, second)
        before, after = (resampled_stratified_auc(folds, draws) for folds in ranked)
        value = None if first is None or second is None else second - first
        differences[model] = Difference(value, after - before)
    verdicts = judge_family(differences)
    return [
        {
            "protocol": protocol, "unit": unit, "model": model, "patients": int(patients.size), "a": first, "b": second,
            **verdicts[model].to_json(),
        }
        for model, (first, second) in values.items()
    ]  # fmt: skip


def _folds(rows: pd.DataFrame, patients: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return label, margin and number of the patient of every row, fold by fold."""
    return [
        (
            own["label"].to_numpy(int),
            own["margin"].to_numpy(float),
            np.searchsorted(patients, own["patient"].astype(str).to_numpy()),
        )
        for _, own in rows.groupby("fold")
    ]
