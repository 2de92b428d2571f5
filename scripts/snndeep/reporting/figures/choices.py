"""Which models a figure shows where it cannot show all."""

from __future__ import annotations

import pandas as pd


def best_of(table: pd.DataFrame, protocol: str, unit: str, kind: str) -> str | None:
    """Return the model with the highest ROC-AUC, the first of equals; None if it is undefined for all.

    Args:
        table: One row per model, protocol and unit; see `snndeep.evaluation.tables.model_table`.
        protocol: Which rows.
        unit: Which rows.
        kind: Which models: snn, classical or context.
    """
    rows = table[(table["protocol"] == protocol) & (table["unit"] == unit) & (table["kind"] == kind)]
    rows = rows.dropna(subset=["roc_auc"])
    return None if rows.empty else str(rows.loc[rows["roc_auc"].idxmax(), "model"])


def best_of_each_rule(table: pd.DataFrame, protocol: str, unit: str) -> list[str]:
    """Return for every learning rule its best network, where that is defined."""
    rule = table["model"].where(table["kind"] == "snn").str.partition("/")[2]
    best = [best_of(table[rule == one], protocol, unit, "snn") for one in dict.fromkeys(rule.dropna())]
    return [model for model in best if model is not None]
