"""The matrix of backends and learning rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import panels
from snndeep.reporting.names import backend_title, rule_title, title_of

UNITS = ("slice", "patient")


def matrices(table: pd.DataFrame, protocols: Sequence[str], backends: Sequence[str], rules: Sequence[str]) -> Figure:
    """Draw the ROC-AUC with its interval for every backend and rule, slices above patients, one column per protocol.

    Args:
        table: One row per model, protocol and unit; see `snndeep.evaluation.tables.model_table`.
        protocols: Columns of the figure.
        backends: Rows of each matrix.
        rules: Columns of each matrix.
    """
    height = 0.8 + len(UNITS) * (0.35 + 0.46 * len(backends))
    figure, grid = panels(len(UNITS), len(protocols), height, sharex=True, sharey=True)
    for row, unit in zip(grid, UNITS, strict=True):
        for axes, protocol in zip(row, protocols, strict=True):
            own = table[(table["unit"] == unit) & (table["protocol"] == protocol)].set_index("model")
            cells = [[_cell(own, f"{backend}/{rule}") for rule in rules] for backend in backends]
            values = np.array([[value for value, _ in line] for line in cells], float)
            sns.heatmap(
                np.nan_to_num(values, nan=0.5),
                ax=axes,
                annot=np.array([[text for _, text in line] for line in cells]),
                fmt="",
                annot_kws={"fontsize": 7.5},
                vmin=0.5,
                vmax=1.0,
                cmap="crest",
                cbar=False,
                linewidths=1.5,
                xticklabels=[rule_title(rule).replace(" ", "\n") for rule in rules],
                yticklabels=[backend_title(backend) for backend in backends],
            )
            axes.set_title(f"{unit.capitalize()}s, split by {protocol}")
            axes.tick_params(axis="both", rotation=0, length=0)
    return figure


def _cell(own: pd.DataFrame, model: str) -> tuple[float, str]:
    """Return the ROC-AUC of a model and the text of its cell."""
    areas, lows, highs = (own[name].dropna().to_dict() for name in ("roc_auc", "roc_auc_low", "roc_auc_high"))
    if model not in areas:
        return np.nan, "undefined"
    bounds = f"\n{lows[model]:.2f}–{highs[model]:.2f}" if model in lows else ""
    return areas[model], f"{areas[model]:.3f}{bounds}"


def describe_matrices(table: pd.DataFrame, protocol: str) -> str:
    """Return the figure's main number in a sentence."""
    own = table[(table["unit"] == "slice") & (table["protocol"] == protocol) & (table["kind"] == "snn")]
    own = own.dropna(subset=["roc_auc"])
    if own.empty:
        return f"Split by {protocol}, the ROC-AUC of slices is undefined for every spiking network."
    best, worst = own.iloc[int(own["roc_auc"].argmax())], own.iloc[int(own["roc_auc"].argmin())]
    return (
        f"Split by {protocol}, the spiking networks reach a ROC-AUC of slices from {worst['roc_auc']:.3f} "
        f"({title_of(worst['model'])}) to {best['roc_auc']:.3f} ({title_of(best['model'])})."
    )
