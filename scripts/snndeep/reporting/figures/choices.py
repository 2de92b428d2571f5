"""The choice of models for figures that cannot show all."""

from __future__ import annotations

import pandas as pd


def best_of(table: pd.DataFrame, protocol: str, unit: str, kind: str) -> str | None:
    """Return the model with the highest ROC-AUC, the first if several are equal; None if it is undefined for all.

    Args:
        table: One row per model, protocol and unit; see `snndeep.evaluation.tables.model_table`.
        protocol: Protocol to compare under, `patient` or `slice`.
        unit: Unit to compare on, `patient` or `slice`.
        kind: Kind of the models: snn, classical or context.
    """
    rows = table[(table["protocol"] == protocol) & (table["unit"] == unit) & (table["kind"] == kind)]
    rows = rows.dropna(subset=["roc_auc"])
    return None if rows.empty else str(rows["model"].iloc[int(rows["roc_auc"].argmax())])


def best_of_each_rule(table: pd.DataFrame, protocol: str, unit: str) -> list[str]:
    """Return the best network of every learning rule; a rule whose ROC-AUC is undefined is left out."""
    rule = table["model"].where(table["kind"] == "snn").str.partition("/")[2]
    best = [best_of(table[rule == one], protocol, unit, "snn") for one in dict.fromkeys(rule.dropna())]
    return [model for model in best if model is not None]
