"""Metrics as tables, one row per model, fold, patient or comparison; an undefined number is an empty cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def model_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per model, protocol and unit (slice, patient)."""
    rows = []
    for model, protocols in metrics["models"].items():
        for protocol, own in protocols.items():
            for unit in ("slice", "patient"):
                row = {"model": model, "kind": metrics["kinds"][model], "protocol": protocol, "unit": unit}
                row |= {"validation_roc_auc": own["validation_roc_auc"]}
                row |= {name: own[unit][name] for name in ("n", "diseased")}
                for name in metrics["metrics"]:
                    row[name] = own[unit][name]
                    row[f"{name}_low"], row[f"{name}_high"] = own[unit]["interval"][name] or (None, None)
                null = own[unit].get("null") or {"roc_auc": None, "interval": None}
                row["noise_roc_auc"] = null["roc_auc"]
                row["noise_low"], row["noise_high"] = null["interval"] or (None, None)
                rows.append({**row, "undefined": _reasons(own[unit]["undefined"])})
    return _numbers(pd.DataFrame(rows))


def fold_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per model, protocol, fold and unit; `top_share` and `threshold` are means over networks."""
    rows = []
    for model, protocols in metrics["models"].items():
        for protocol, own in protocols.items():
            for fold in own["folds"]:
                for unit in ("slice", "patient"):
                    values = fold[unit]
                    row = {"model": model, "protocol": protocol, "fold": fold["fold"], "unit": unit}
                    row |= {name: values[name] for name in ("n", "diseased", *metrics["metrics"])}
                    row |= {name: _mean(values["decisions"], name) for name in ("top_share", "threshold")}
                    rows.append({**row, "undefined": _reasons(values["undefined"])})
    return _numbers(pd.DataFrame(rows))


def patient_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per model, protocol, fold and patient."""
    return pd.DataFrame(metrics["patients"])


def comparison_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per pair of models, protocol and unit; the difference is a minus b."""
    rows = []
    for one in metrics["comparisons"]:
        low, high = one["interval"] or (None, None)
        row = {key: value for key, value in one.items() if key not in ("interval", "undefined")}
        rows.append({**row, "difference_low": low, "difference_high": high, "undefined": _reasons(one["undefined"])})
    return _numbers(pd.DataFrame(rows))


def cost_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per spiking network and protocol."""
    rows = [
        {"model": model, "protocol": protocol, **values, "undefined": _reasons(values["undefined"])}
        for model, protocols in metrics["cost"].items()
        for protocol, values in protocols.items()
    ]
    return _numbers(pd.DataFrame(rows))


def _mean(decisions: Sequence[Mapping[str, Any]], name: str) -> float | None:
    known = [decision[name] for decision in decisions if decision[name] is not None]
    return sum(known) / len(known) if known else None


def _reasons(undefined: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in undefined.items())


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Make columns of numbers and None columns of numbers and NaN."""
    columns = {}
    for name, column in table.infer_objects().items():
        is_number = column.dropna().map(lambda value: isinstance(value, int | float)).all()
        columns[name] = pd.to_numeric(column) if is_number else column
    return pd.DataFrame(columns)


TABLES = {
    "models": model_table,
    "folds": fold_table,
    "patients": patient_table,
    "comparisons": comparison_table,
    "cost": cost_table,
}
