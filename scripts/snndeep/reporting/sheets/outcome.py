"""Tables of the outcome: the matrix of backends and rules, leakage, all metrics, and every patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from snndeep.reporting.formats import count, decimal, interval, percent, quantity, signed
from snndeep.reporting.headline import best_of, first_protocol, models_of, protocols_of, roc_auc
from snndeep.reporting.names import backend_title, rule_title, title_of
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.sheet import Column, Row, Sheet

UNITS = ("slice", "patient")
KINDS = ("snn", "classical", "context")
PROTOCOL_WORDS = {"patient": "the honest protocol", "slice": "leaky, as in the first paper"}
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
}


def outcome_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield the tables of the outcome."""
    for protocol in protocols_of(results.metrics):
        for unit in UNITS:
            yield _matrix(results, protocol, unit)
    if len(protocols_of(results.metrics)) > 1:
        yield _leakage(results)
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


def _matrix(results: RunResults, protocol: str, unit: str) -> Sheet:
    backends, rules = (list(results.config["models"][key]) for key in ("backends", "rules"))
    rows = []
    for backend in backends:
        row: dict[str, Any] = {"backend": backend_title(backend)}
        for rule in rules:
            values = results.metrics["models"][f"{backend}/{rule}"][protocol][unit]
            low, high = bounds_of(values, "roc_auc")
            own = {"roc_auc": values["roc_auc"], "low": low, "high": high, "accuracy": values["accuracy"]}
            own["mode"] = results.modes[f"{backend}/{rule}"]
            row |= {f"{rule}_{key}": value for key, value in own.items()}
        rows.append(row)
    columns = (
        Column("backend", "backend"),
        *(
            Column(f"{rule}_roc_auc", rule_title(rule), decimal, _matrix_aside(rule), numeric=True, stacked=True)
            for rule in rules
        ),
    )
    return Sheet(
        f"matrix_{protocol}_{unit}",
        f"{unit.capitalize()}s, split by {protocol} ({PROTOCOL_WORDS[protocol]})",
        "results",
        pd.DataFrame(rows),
        columns,
        "ROC-AUC, its 95 % interval over patients, and accuracy; parity mode where no other is named.",
    )


def _matrix_aside(rule: str) -> Any:
    def aside(row: Row) -> str:
        span = interval(row[f"{rule}_low"], row[f"{rule}_high"])
        mode = "" if row[f"{rule}_mode"] == "parity" else f"{row[f'{rule}_mode']} mode"
        parts = [span, f"accuracy {percent(row[f'{rule}_accuracy'])}", mode]
        return ", ".join(part for part in parts if part)

    return aside


def _leakage(results: RunResults) -> Sheet:
    rows = []
    for model in models_of(results.metrics, *KINDS):
        slices, patients = (roc_auc(results.metrics, model, protocol) for protocol in ("slice", "patient"))
        gap = None if slices is None or patients is None else slices - patients
        rows.append({"model": title_of(model), "patient": patients, "slice": slices, "gap": gap})
    columns = (
        Column("model", "model"),
        Column("patient", "split by patient", decimal, numeric=True),
        Column("slice", "split by slice", decimal, numeric=True),
        Column("gap", "gap", signed, numeric=True),
    )
    return Sheet(
        "leakage", "Leakage", "results", pd.DataFrame(rows), columns,
        "ROC-AUC of slices under both protocols. What a model gains by seeing other slices of the test patients is no skill.",
    )  # fmt: skip


def _models(results: RunResults) -> Sheet:
    rows = []
    shown = [metric for metric in METRIC_TITLES if metric in _any_values(results)]
    for model in models_of(results.metrics, *KINDS):
        for protocol in protocols_of(results.metrics):
            for unit in UNITS:
                values = results.metrics["models"][model][protocol][unit]
                row = {"model": title_of(model), "mode": mode_of(results, model), "protocol": protocol, "unit": unit}
                for metric in shown:
                    row[metric] = values[metric]
                    row[f"{metric}_low"], row[f"{metric}_high"] = bounds_of(values, metric)
                rows.append({**row, "n": values["n"], "diseased": values["diseased"]})
    columns = (
        Column("model", "model"),
        Column("mode", "mode"),
        Column("protocol", "split by"),
        Column("unit", "unit"),
        *(Column(m, METRIC_TITLES[m], decimal, _span_of(m), numeric=True, stacked=True) for m in shown),
        Column("n", "n", count, numeric=True),
        Column("diseased", "diseased", count, numeric=True),
    )
    return Sheet(
        "models", "All models, all metrics, with 95 % intervals over patients", "results", pd.DataFrame(rows), columns,
        "ROC-AUC and PR-AUC of slices are means over test folds.", folded=True,
    )  # fmt: skip


def _any_values(results: RunResults) -> Mapping[str, Any]:
    own = next(iter(results.metrics["models"].values()))
    return own[first_protocol(results.metrics)]["slice"]


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
    """One row per patient: what is known of it, how the best network scored it, and how many networks were right."""
    protocol = first_protocol(results.metrics)
    networks = models_of(results.metrics, "snn")
    best = best_of(results.metrics, "snn", protocol) or networks[0]
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
        Column("right_networks", f"networks right, of {len(networks)}", count, numeric=True),
        Column("slices", "slices", count, numeric=True),
        Column("diseased_slices", "diseased slices", count, numeric=True),
        Column("organ_ml", "organ (ml)", count, numeric=True),
        Column("lesion_ml", "lesion (ml)", quantity, numeric=True),
    )
    return Sheet(
        "patients", f"Every patient, split by {protocol}, as judged by {title_of(best)}", "errors", frame, columns,
        "The margin is the distance of the patient's score from the threshold, in spreads of the validation scores; "
        "from 0 on a patient is called diseased. Scores of all models: patients.csv.",
    )  # fmt: skip
