"""Confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import panels
from snndeep.reporting.names import title_of

CLASSES = ("healthy", "diseased")
UNITS = ("slice", "patient")


def counts_of(row: pd.Series) -> np.ndarray:
    """Return the number of predictions of each class by true class, `[true, predicted]`, in the order of `CLASSES`.

    Args:
        row: Values n, diseased, sensitivity and specificity; a rate may be undefined if its class is absent.
    """
    diseased, healthy = int(row["diseased"]), int(row["n"] - row["diseased"])
    hits = round(diseased * row["sensitivity"]) if diseased else 0
    rejected = round(healthy * row["specificity"]) if healthy else 0
    return np.array([[rejected, healthy - rejected], [diseased - hits, hits]])


def confusion_matrices(table: pd.DataFrame, models: Sequence[str]) -> Figure:
    """Draw a matrix for each unit (down) and model (across): counts, and their share of the true class as shade.

    Args:
        table: One row per model and unit, with the columns model, unit and those that `counts_of` needs.
        models: Columns of the figure.
    """
    figure, grid = panels(len(UNITS), len(models), 0.55 + 1.45 * len(UNITS), sharex=True, sharey=True)
    for row, unit in zip(grid, UNITS, strict=True):
        rows = table[table["unit"] == unit].set_index("model")
        for axes, model in zip(row, models, strict=True):
            counts = counts_of(rows.loc[[model]].iloc[0])
            totals = counts.sum(axis=1, keepdims=True)
            share = counts / np.maximum(totals, 1)
            text = [
                [f"{n}\n{100 * s:.0f} %" if total else "none" for n, s in zip(ns, ss, strict=True)]
                for ns, ss, [total] in zip(counts, share, totals, strict=True)
            ]
            axes.pcolormesh(share, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=1.5)
            for (y, x), value in np.ndenumerate(share):
                shade = "white" if value > 0.55 else "0.15"
                axes.text(x + 0.5, y + 0.5, text[y][x], ha="center", va="center", fontsize=8, color=shade)
            axes.set_xticks((0.5, 1.5), CLASSES)
            axes.set_yticks((0.5, 1.5), CLASSES, rotation=90, va="center")
            axes.tick_params(axis="both", length=0, labelsize=8)
            axes.set_ylim(2, 0)
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
            axes.set_title(f"{title_of(model).replace(', ', chr(10))}\n{unit}s", fontsize=8.5)
    figure.supxlabel("predicted class", fontsize=9)
    figure.supylabel("true class", fontsize=9)
    return figure


def describe_confusion(table: pd.DataFrame, model: str) -> str:
    """Return the figure's main numbers in a sentence."""
    parts = []
    for unit in UNITS:
        rows = table[table["unit"] == unit].set_index("model")
        (right_healthy, wrong_healthy), (wrong_diseased, right_diseased) = counts_of(rows.loc[[model]].iloc[0])
        parts.append(
            f"{right_diseased} of {right_diseased + wrong_diseased} diseased and {right_healthy} of "
            f"{right_healthy + wrong_healthy} healthy {unit}s"
        )
    return f"{title_of(model)} predicts {' and '.join(parts)} correctly."
