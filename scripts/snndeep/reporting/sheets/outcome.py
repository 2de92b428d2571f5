"""Tables of the outcome: learning rules, leakage, all metrics, and every patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from snndeep.reporting.formats import count, decimal, interval, quantity, signed, signed_interval
from snndeep.reporting.lookup import KINDS, chosen, distinct_networks, first_protocol, models_of, protocols_of
from snndeep.reporting.names import title_of
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.rules import rules_sheet
from snndeep.reporting.sheets.sheet import Column, Sheet
from snndeep.reporting.wording import VERDICTS

UNITS = ("slice", "patient")
PROTOCOL_WORDS = {"patient": "new patients", "slice": "slices of one patient in every part, as in the first paper"}
METRIC_TITLES = {
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "f1": "F1",
    "mcc": "MCC",
    "brier": "Brier score",
    "ece": "calibration error",
    "calibration_slope": "calibration slope",
    "calibration_intercept": "calibration intercept",
}


def outcome_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield the tables of the outcome."""
    yield rules_sheet(results)
    yield from _leakage(results)
    yield _models(results)
    yield from _undefined(results)
    yield _patients(results)


def bounds_of(values: Mapping[str, Any], metric: str) -> tuple[float | None, float | None]:
    """Return the limits of a metric's interval, None each where there is none."""
    low, high = values["interval"].get(metric) or (None, None)
    return low, high


def mode_of(results: RunResults, model: str) -> str:
    """Return parity or native for a network, else what kind of model it is."""
    return results.modes.get(model, results.metrics["kinds"][model])


def _leakage(results: RunResults) -> Iterator[Sheet]:
    rows = []
    for model, own in results.metrics["leakage"].items():
        row: dict[str, Any] = {"model": title_of(model)}
        for arm, values in own["arms"].items():
            row[arm] = values["roc_auc"]
            row[f"{arm}_low"], row[f"{arm}_high"] = values["interval"] or (None, None)
        for part in ("gap", "leak", "more_patients"):
            row[part], row[f"{part}_verdict"] = own[part]["difference"], own[part]["verdict"]
            row[f"{part}_low"], row[f"{part}_high"] = own[part]["interval"] or (None, None)
        rows.append(row)
    if not rows:
        return
    columns = (
        Column("model", "model"),
        Column("slice", "split by slice", decimal, _span_of("slice"), numeric=True, stacked=True),
        Column("apart", "without the tested patients", decimal, _span_of("apart"), numeric=True, stacked=True),
        Column("patient", "split by patient", decimal, _span_of("patient"), numeric=True, stacked=True),
        Column("gap", "gap", signed, _judged("gap"), numeric=True, stacked=True),
        Column("leak", "leakage", signed, _judged("leak"), numeric=True, stacked=True),
        Column("more_patients", "more patients", signed, _judged("more_patients"), numeric=True, stacked=True),
    )
    yield Sheet(
        "leakage", "Leakage", "results", pd.DataFrame(rows), columns,
        "ROC-AUC on the same test slices, over pairs within a fold by slice and a group of patients, so these numbers differ "
        "a little from those over whole folds. Gap = leakage + more patients. Leakage is what other slices of the tested "
        "patients in the training part are worth. Intervals of differences hold for all of this table at once.", folded=True,
    )  # fmt: skip


def _judged(part: str) -> Any:
    return lambda row: f"{signed_interval(row[f'{part}_low'], row[f'{part}_high'])}, {VERDICTS[row[f'{part}_verdict']]}"


def _models(results: RunResults) -> Sheet:
    rows = []
    shown = [metric for metric in METRIC_TITLES if metric in _any_values(results)]
    for model in models_of(results.metrics, *KINDS):
        for protocol in protocols_of(results.metrics):
            for unit in UNITS:
                values = results.metrics["models"][model][protocol][unit]
                row: dict[str, Any] = {"model": title_of(model), "mode": mode_of(results, model)}
                row |= {"protocol": protocol, "unit": unit}
                for metric in shown:
                    row[metric] = values[metric]
                    row[f"{metric}_low"], row[f"{metric}_high"] = bounds_of(values, metric)
                null = values.get("null") or {"roc_auc": None, "interval": None}
                row["noise"] = null["roc_auc"]
                row["noise_low"], row["noise_high"] = null["interval"] or (None, None)
                rows.append({**row, "n": values["n"], "diseased": values["diseased"]})
    columns = (
        Column("model", "model"),
        Column("mode", "mode"),
        Column("protocol", "split by"),
        Column("unit", "unit"),
        *(Column(m, METRIC_TITLES[m], decimal, _span_of(m), numeric=True, stacked=True) for m in shown),
        Column("noise", "noise", _number_or_nothing, _span_of("noise"), numeric=True, stacked=True),
        Column("n", "n", count, numeric=True),
        Column("diseased", "diseased", count, numeric=True),
    )
    return Sheet(
        "models", "All models, all metrics, with 95 % intervals over patients", "results", pd.DataFrame(rows), columns,
        "ROC-AUC over pairs within a test fold, PR-AUC the mean over test folds. Noise: the ROC-AUC of patients that random "
        "slice scores reach, mean and 95 % range. A patient tested in several folds counts in each.", folded=True,
    )  # fmt: skip


def _number_or_nothing(value: float | None) -> str:
    return "" if pd.isna(value) else decimal(value)


def _any_values(results: RunResults) -> Mapping[str, Any]:
    own = next(iter(results.metrics["models"].values()))
    values: Mapping[str, Any] = own[first_protocol(results.metrics)]["slice"]
    return values


def _span_of(metric: str) -> Any:
    return lambda row: interval(row[f"{metric}_low"], row[f"{metric}_high"])


def _undefined(results: RunResults) -> Iterator[Sheet]:
    rows = [
        (title_of(model), protocol, unit, METRIC_TITLES.get(metric, metric), why)
        for model, protocols in results.metrics["models"].items()
        for protocol in protocols_of(results.metrics)
        for unit in UNITS
        for kind in ("undefined", "notes")
        for metric, why in protocols[protocol][unit].get(kind, {}).items()
    ]
    if rows:
        keys = ["model", "split by", "unit", "metric", "why"]
        columns = tuple(Column(key, key) for key in keys)
        frame = pd.DataFrame(rows, columns=keys)
        yield Sheet("undefined", "What is undefined, or stands on fewer folds", "results", frame, columns, folded=True)


def _patients(results: RunResults) -> Sheet:
    """One row per patient: what is known of it, how the chosen network scored it, and how many networks were right."""
    protocol = first_protocol(results.metrics)
    networks = distinct_networks(results.metrics, protocol)
    best = chosen(results.metrics, protocol) or networks[0]
    judged = pd.DataFrame(results.metrics["patients"])
    judged = judged[judged["protocol"] == protocol]
    judged = judged.assign(right=(judged["margin"] >= 0).astype(int) == judged["label"])
    own = judged[judged["model"] == best].groupby("patient")
    slices = results.samples.groupby("patient")
    volumes = results.cases.groupby("patient")
    frame = pd.DataFrame(
        {
            "label": own["label"].max(),
            "margin": own["margin"].mean(),
            "right": own["right"].min(),
            "right_networks": judged[judged["model"].isin(networks)].groupby(["patient", "model"])["right"].min()
            .groupby("patient").sum(),
            "slices": slices.size(),
            "diseased_slices": slices["label"].sum(),
            "organ_ml": volumes["organ_volume_ml"].max(),
            "lesion_ml": volumes["lesion_volume_ml"].max(),
        }
    ).rename_axis("patient").reset_index()  # fmt: skip
    frame = frame[frame["label"].notna()].sort_values("margin", ignore_index=True)
    frame["class"] = np.where(frame["label"] == 1, "diseased", "healthy")
    frame["called"] = np.where(frame["margin"] >= 0, "diseased", "healthy")
    columns = (
        Column("patient", "patient"),
        Column("class", "is"),
        Column("called", "called"),
        Column("margin", "margin", lambda value: signed(value, 2), numeric=True),
        Column("right_networks", f"distinct networks right, of {len(networks)}", count, numeric=True),
        Column("slices", "slices", count, numeric=True),
        Column("diseased_slices", "diseased slices", count, numeric=True),
        Column("organ_ml", "organ (ml)", count, numeric=True),
        Column("lesion_ml", "lesion (ml)", quantity, numeric=True),
    )
    return Sheet(
        "patients", f"Every patient, split by {protocol}, as judged by {title_of(best)}", "patients", frame, columns,
        "The margin is the distance of the patient's score from the threshold, in spreads of the validation scores; "
        "from 0 on a patient is called diseased. Scores of all models: patients.csv.", folded=True,
    )  # fmt: skip
