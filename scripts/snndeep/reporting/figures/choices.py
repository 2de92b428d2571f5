"""The choice of models for figures that cannot show all."""

from __future__ import annotations

import pandas as pd


def chosen(table: pd.DataFrame, protocol: str, kind: str) -> str | None:
    """Return the model with the highest ROC-AUC on validation slices, the first of equals; None if undefined for all.

    Args:
        table: One row per model, protocol and unit; see `snndeep.evaluation.tables.model_table`.
        protocol: Which rows.
        kind: Which models: snn or classical.
    """
    rows = table[(table["protocol"] == protocol) & (table["unit"] == "slice") & (table["kind"] == kind)]
    rows = rows.dropna(subset=["validation_roc_auc"])
    return None if rows.empty else str(rows["model"].iloc[int(rows["validation_roc_auc"].to_numpy().argmax())])


def chosen_of_each_rule(table: pd.DataFrame, protocol: str) -> list[str]:
    """Return for every learning rule its network that was chosen on validation slices, where that is defined."""
    rule = table["model"].where(table["kind"] == "snn").str.partition("/")[2]
    names = [chosen(table[rule == one], protocol, "snn") for one in dict.fromkeys(rule.dropna())]
    return [model for model in names if model is not None]
