"""The score of every patient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import CLASS_LOOKS, QUIET, colour, legend_above, panels
from snndeep.reporting.names import title_of

LIMIT = 4.0
CLASSES = tuple(CLASS_LOOKS)


def patient_strip(margins: pd.DataFrame, models: Sequence[str]) -> Figure:
    """Draw the score of every patient, one row per model, healthy patients below diseased ones.

    Args:
        margins: One row per model and patient, with the columns model, patient, label, margin and predicted.
        models: Names of the models to show, from top to bottom.
    """
    figure, [[axes]] = panels(1, 1, 0.9 + 0.72 * len(models))
    for y, model in enumerate(models):
        own = margins[margins["model"] == model].sort_values("margin", kind="stable")
        for label, name in enumerate(CLASSES):
            index, marker = CLASS_LOOKS[name]
            shown = np.clip(own[own["label"] == label]["margin"].to_numpy(), -LIMIT, LIMIT)
            centre = y + (0.2 if label == 0 else -0.2)
            # Points of similar score are at different heights, which are the same in every run.
            heights = centre + 0.13 * ((np.arange(shown.size) * 0.618) % 1 - 0.5) * 2
            axes.plot(shown, heights, marker, color=colour(index), alpha=0.7, markersize=4.5, label=f"{name} patient")
    axes.axvline(0, color=QUIET, linewidth=1)
    axes.axvspan(0, LIMIT * 1.05, color="0.5", alpha=0.08, linewidth=0)
    for place, side, text in ((-0.06, "right", "predicted healthy"), (0.06, "left", "predicted diseased")):
        axes.text(place, -0.47, text, ha=side, va="bottom", fontsize=8, color=QUIET)
    axes.set_yticks(range(len(models)), [title_of(model).replace(", ", ",\n") for model in models])
    axes.set(xlim=(-LIMIT * 1.05, LIMIT * 1.05), ylim=(len(models) - 0.5, -0.62))
    ticks = np.arange(-LIMIT, LIMIT + 1, 2)
    beyond = margins[margins["model"].isin(models)]["margin"].abs().max() > LIMIT
    names = [f"{'≤ ' if t == -LIMIT and beyond else '≥ ' if t == LIMIT and beyond else ''}{t:.0f}" for t in ticks]
    axes.set_xticks(ticks, names)
    axes.set_xlabel("distance from the threshold (spreads of validation scores)")
    axes.grid(visible=False, axis="y")
    legend_above(figure, axes)
    return figure


def describe_strip(margins: pd.DataFrame, models: Sequence[str]) -> str:
    """Return the figure's main numbers in a sentence."""
    own = margins[margins["model"] == models[0]]
    wrong = own["predicted"] != own["label"]
    return f"{title_of(models[0])} predicts {int((~wrong).sum())} of {len(own)} patients correctly."
