"""The effect of the split protocol on every model."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import INTERVAL, PROTOCOL_LOOKS, QUIET, colour, legend_above, panels
from snndeep.reporting.names import title_of

NOTE_PLACE = 1.02


def leakage_gap(table: pd.DataFrame) -> Figure:
    """Draw the slice ROC-AUC of every model under every protocol; the distance between the two is leakage.

    Args:
        table: One row per model, protocol and unit; see `snndeep.evaluation.tables.model_table`.
    """
    rows = table[table["unit"] == "slice"]
    order = list(dict.fromkeys(rows["model"]))[::-1]
    figure, [[axes]] = panels(1, 1, 0.27 * len(order) + 1.1)
    for y, model in enumerate(order):
        own = rows[rows["model"] == model].set_index("protocol")
        axes.plot(own["roc_auc"], [y] * len(own), color="0.75", linewidth=3, zorder=1, solid_capstyle="round")
        for protocol, row in own.iterrows():
            index, marker = PROTOCOL_LOOKS[str(protocol)]
            shifted = y + (0.16 if protocol == "patient" else -0.16)
            axes.plot([row["roc_auc_low"], row["roc_auc_high"]], [shifted] * 2, color=colour(index), linewidth=1)
            axes.plot(
                row["roc_auc"], y, marker, color=colour(index), label=f"split by {protocol}", zorder=3, markersize=6
            )
        note = _gap_note(own["roc_auc"])
        axes.text(NOTE_PLACE, y, note, transform=axes.get_yaxis_transform(), va="center", fontsize=8, color=QUIET)
    if len(set(rows["protocol"])) > 1:
        axes.text(
            NOTE_PLACE, len(order) - 0.25, "gap", transform=axes.get_yaxis_transform(), fontsize=8, fontweight="bold"
        )
    axes.axvline(0.5, color=QUIET, linestyle=":", linewidth=1)
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.set_yticks(range(len(order)), [title_of(model) for model in order])
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"ROC-AUC of slices; dotted: guessing\nthin: {INTERVAL}")
    legend_above(figure, axes)
    return figure


def _gap_note(values: pd.Series) -> str:
    if values.isna().all():
        return "undefined"
    if {"patient", "slice"} <= set(values.index) and values.notna().all():
        return f"{values['slice'] - values['patient']:+.3f}"
    return ""


def describe_gap(table: pd.DataFrame) -> str:
    """Return the figure's main number in a sentence."""
    rows = table[table["unit"] == "slice"].pivot_table(index="model", columns="protocol", values="roc_auc")
    if not {"patient", "slice"} <= set(rows.columns):
        if rows.empty:
            return "The ROC-AUC of slices is undefined for every model."
        best = str(rows.iloc[:, 0].idxmax())
        return f"The highest ROC-AUC of slices is {rows.iloc[:, 0].max():.3f}, of {title_of(best)}."
    gap = (rows["slice"] - rows["patient"]).dropna()
    most = str(gap.abs().idxmax())
    return (
        f"Split by slice instead of by patient, the ROC-AUC of slices changes by {gap.mean():+.3f} on average over "
        f"{len(gap)} models; it changes most for {title_of(most)}, by {gap[most]:+.3f}."
    )
