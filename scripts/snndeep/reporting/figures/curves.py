"""ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snndeep.evaluation.curves import GRID, Band
from snndeep.reporting.figures.style import QUIET, ink, legend_above, look, panels
from snndeep.reporting.formats import decimal
from snndeep.reporting.names import title_of

Bands = Mapping[str, Mapping[str, Band | None]]


def curves(roc: Bands, precision: Bands, values: Mapping[str, pd.DataFrame], prevalence: Mapping[str, float]) -> Figure:
    """Draw ROC curves above precision-recall curves, one column per protocol, with bands.

    Args:
        roc: ROC curves by protocol and model; None if undefined.
        precision: Precision-recall curves by protocol and model; None if undefined.
        values: By protocol, a table indexed by model with `roc_auc` and `pr_auc`, which are written into the panels.
        prevalence: By protocol, the share of diseased test slices, which is the precision of guessing.
    """
    protocols = list(roc)
    figure, grid = panels(2, len(protocols), 5.6 if len(protocols) > 1 else 6.4, sharex="row", sharey="row")
    for axes, protocol in zip(grid[0], protocols, strict=True):
        _draw(axes, roc[protocol], values[protocol]["roc_auc"], "AUC", 0.03)
        axes.plot([0, 1], [0, 1], ":", color=QUIET, linewidth=1)
        axes.set(title=f"split by {protocol}", xlabel="false positive rate")
    for axes, protocol in zip(grid[1], protocols, strict=True):
        _draw(axes, precision[protocol], values[protocol]["pr_auc"], "AP", 0.03)
        axes.axhline(prevalence[protocol], linestyle=":", color=QUIET, linewidth=1)
        axes.set(xlabel="recall (sensitivity)")
    grid[0][0].set_ylabel("true positive rate\n(sensitivity)")
    grid[1][0].set_ylabel("precision")
    for axes in (*grid[0], *grid[1]):
        axes.set(
            xlim=(0, 1),
            ylim=(0, 1.01),
            xticks=(0, 0.5, 1),
            xticklabels=("0", "0.5", "1"),
            yticks=(0, 0.25, 0.5, 0.75, 1),
        )
    legend_above(figure, grid[0][0], columns=1)
    return figure


def _draw(axes: Axes, bands: Mapping[str, Band | None], values: pd.Series, name: str, bottom: float) -> None:
    shown = list(bands)
    for k, model in enumerate(shown):
        line = look(k)
        band = bands[model]
        if band is not None:
            axes.fill_between(GRID, band.low, band.high, color=line.colour, alpha=0.15, linewidth=0)
            axes.plot(GRID, band.mean, color=line.colour, linestyle=line.dash, label=title_of(model))
        axes.text(
            0.97, bottom + 0.075 * (len(shown) - 1 - k), f"{name} {decimal(values.to_dict().get(model))}",
            transform=axes.transAxes, ha="right", color=ink(k), fontsize=8, fontweight="bold",
            bbox={"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.8},
        )  # fmt: skip


def describe_curves(values: Mapping[str, pd.DataFrame], models: Sequence[str]) -> str:
    """Return the figure's main numbers in a sentence."""
    protocol, own = next(iter(values.items()))
    areas = own["roc_auc"].dropna().to_dict()
    shown = [f"{title_of(model)} {areas[model]:.3f}" for model in models if model in areas]
    return f"Split by {protocol}, areas under the ROC curves of slices: {'; '.join(shown) or 'undefined'}."
