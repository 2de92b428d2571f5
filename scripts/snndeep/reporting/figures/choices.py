"""Which models a figure shows where it cannot show all."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

CLASSICAL = ("logistic", "boosting", "dense")


def best_of(table: pd.DataFrame, protocol: str, unit: str, models: Sequence[str]) -> str | None:
    """Return the model with the highest ROC-AUC, the first of equals; None if it is undefined for all.

    Args:
        table: One row per model, protocol and unit; see `snndeep.tables.model_table`.
        protocol: Which rows.
        unit: Which rows.
        models: From which to choose.
    """
    rows = table[(table["protocol"] == protocol) & (table["unit"] == unit) & table["model"].isin(models)]
    rows = rows.dropna(subset=["roc_auc"])
    return None if rows.empty else str(rows.loc[rows["roc_auc"].idxmax(), "model"])


def best_of_each_rule(table: pd.DataFrame, protocol: str, unit: str, models: Sequence[str]) -> list[str]:
    """Return for every learning rule its best network."""
    rules = dict.fromkeys(model.split("/")[1] for model in models)
    best = [best_of(table, protocol, unit, [m for m in models if m.endswith(f"/{rule}")]) for rule in rules]
    return [model for model in best if model is not None]
