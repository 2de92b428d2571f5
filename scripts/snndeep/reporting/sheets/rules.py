"""The main table: results by learning rule, with backends in rows of their own only where their numbers differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from snndeep.reporting.formats import decimal, interval, percent, signed, signed_interval
from snndeep.reporting.lookup import chosen_of_each_rule, first_protocol, models_of, protocols_of
from snndeep.reporting.names import backend_title, rule_title
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.sheet import Column, Row, Sheet
from snndeep.reporting.wording import listed

METRICS = (("patient", "roc_auc"), ("slice", "roc_auc"), ("slice", "accuracy"))


def rules_sheet(results: RunResults) -> Sheet:
    """Return the table of learning rules, in the order of their validation scores."""
    metrics = results.metrics
    first, *others = protocols_of(metrics)
    rows: list[dict[str, Any]] = []
    for rule in [name.split("/")[1] for name in chosen_of_each_rule(metrics, first)]:
        groups: dict[tuple[str, ...], list[str]] = {}
        for model in models_of(metrics, "snn"):
            if model.split("/")[1] == rule:
                groups.setdefault(tuple(_shown(results, model)), []).append(model)
        rows += [_row(results, rule, models, len(groups)) for models in groups.values()]
    columns = (
        Column("rule", "learning rule", aside=lambda row: str(row["backends"]), stacked=True),
        Column("patient_roc_auc", "ROC-AUC, patients", decimal, _span("patient_roc_auc"), numeric=True, stacked=True),
        Column("slice_roc_auc", "ROC-AUC, slices", decimal, _span("slice_roc_auc"), numeric=True, stacked=True),
        Column("slice_accuracy", "accuracy, slices", percent, _percent_span, numeric=True, stacked=True),
        *(
            Column(f"{other}_slice", f"ROC-AUC, slices, split by {other}", decimal, _span(f"{other}_slice"), True, True)
            for other in others
        ),
        *([Column("leak", "leakage", _signed, _leak_span, True, True)] if metrics["leakage"] else []),
    )
    return Sheet(
        "rules", f"Results by learning rule, split by {first}", "results", pd.DataFrame(rows), columns,
        "ROC-AUC and accuracy with 95 % intervals over patients, best rule on validation data first. Backends whose numbers "
        "are equal share a row." + _noise_note(results),
    )  # fmt: skip


def _shown(results: RunResults, model: str) -> Iterator[str]:
    """Yield what a row would show of a model; models that yield the same share a row."""
    yield results.modes[model]
    for protocol in protocols_of(results.metrics):
        for unit, metric in METRICS:
            values = results.metrics["models"][model][protocol][unit]
            yield f"{decimal(values[metric])} {interval(*(values['interval'].get(metric) or (None, None)))}"


def _row(results: RunResults, rule: str, models: list[str], groups: int) -> dict[str, Any]:
    metrics = results.metrics
    first, *others = protocols_of(metrics)
    backends = [backend_title(model.split("/")[0]) for model in models]
    mode = "" if results.modes[models[0]] == "parity" else f", {results.modes[models[0]]} mode"
    named = f"all {len(backends)} backends" if groups == 1 and len(backends) > 2 else listed(backends)
    row: dict[str, Any] = {"rule": rule_title(rule), "backends": f"{named}{mode}"}
    own = metrics["models"][models[0]]
    for unit, metric in METRICS:
        row |= _numbers(f"{unit}_{metric}", own[first][unit], metric)
    for other in others:
        row |= _numbers(f"{other}_slice", own[other]["slice"], "roc_auc")
    judged = next((metrics["leakage"][model]["leak"] for model in models if model in metrics["leakage"]), None)
    row["leak"] = judged and judged["difference"]
    row["leak_low"], row["leak_high"] = (judged and judged["interval"]) or (None, None)
    return row


def _numbers(key: str, values: Any, metric: str) -> dict[str, Any]:
    low, high = values["interval"].get(metric) or (None, None)
    return {key: values[metric], f"{key}_low": low, f"{key}_high": high}


def _span(key: str) -> Any:
    return lambda row: interval(row[f"{key}_low"], row[f"{key}_high"])


def _percent_span(row: Row) -> str:
    low, high = row["slice_accuracy_low"], row["slice_accuracy_high"]
    return "" if pd.isna(low) or pd.isna(high) else f"{percent(low)} to {percent(high)}"


def _signed(value: float | None) -> str:
    return "" if pd.isna(value) else signed(value)


def _leak_span(row: Row) -> str:
    return signed_interval(row["leak_low"], row["leak_high"])


def _noise_note(results: RunResults) -> str:
    """Return what noise reaches in place of the slice scores of patients, over the networks."""
    protocol = first_protocol(results.metrics)
    networks = models_of(results.metrics, "snn")
    known = [null for name in networks if (null := results.metrics["models"][name][protocol]["patient"].get("null"))]
    if not known:
        return ""
    low, high = (decimal(pick(null["roc_auc"] for null in known)) for pick in (min, max))
    mean = low if low == high else f"{low} to {high}"
    bounds = interval(min(null["interval"][0] for null in known), max(null["interval"][1] for null in known))
    return f" Random slice scores give patients a ROC-AUC of {mean} (95 % range {bounds})."
