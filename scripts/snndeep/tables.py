"""Metrics as tables, one row per model, fold or patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

SHOWN = (
    "roc_auc", "pr_auc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1", "mcc", "n", "diseased",
)  # fmt: skip


def model_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per model, protocol and unit (slice, patient)."""
    rows = []
    for model, protocols in metrics["models"].items():
        for protocol, units in protocols.items():
            for unit in ("slice", "patient"):
                values = units[unit]
                row = {"model": model, "protocol": protocol, "unit": unit}
                for name in SHOWN:
                    row[name] = values[name]
                    bounds = values["interval"].get(name)
                    if bounds:
                        row[f"{name}_low"], row[f"{name}_high"] = bounds
                rows.append(row)
    return pd.DataFrame(rows)


def fold_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per model, protocol and fold, for slices."""
    return pd.DataFrame(
        {"model": model, "protocol": protocol, **fold}
        for model, protocols in metrics["models"].items()
        for protocol, units in protocols.items()
        for fold in units["folds"]
    )


def patient_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per model, protocol, fold and patient; a margin of 0 or more means called diseased."""
    return pd.DataFrame(metrics["patients"])
