"""The effect of the split protocol on one network of each learning rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import INTERVAL, PROTOCOL_LOOKS, QUIET, colour, legend_above, panels
from snndeep.reporting.names import title_of

NOTE_PLACE = 1.02
OFFSET = 0.2
ARM_TITLES = {
    "slice": "split by slice",
    "apart": "by slice, without the tested patients",
    "patient": "split by patient",
}


def gap_table(metrics: Mapping[str, Any], models: Sequence[str], protocols: Sequence[str]) -> pd.DataFrame:
    """Return the slice ROC-AUC of models by arm: model, arm, roc_auc, low, high.

    If all models were trained in all three arms, the values are those of the comparison of arms, on the same test slices.
    Otherwise they are the models' ROC-AUC under each protocol.

    Args:
        metrics: See `snndeep.evaluation`.
        models: Names of the models.
        protocols: Protocols of the run.
    """
    judged = metrics["leakage"]
    complete = all(name in judged for name in models)
    rows = []
    for name in models:
        arms = (
            {arm: (own["roc_auc"], own["interval"]) for arm, own in judged[name]["arms"].items()}
            if complete
            else {protocol: _of_protocol(metrics, name, protocol) for protocol in protocols}
        )
        rows += [(name, arm, arms[arm][0], *(arms[arm][1] or (None, None))) for arm in ARM_TITLES if arm in arms]
    return pd.DataFrame(rows, columns=["model", "arm", "roc_auc", "low", "high"]).astype(
        dict.fromkeys(("roc_auc", "low", "high"), float)
    )


def _of_protocol(metrics: Mapping[str, Any], name: str, protocol: str) -> tuple[float | None, Any]:
    values = metrics["models"][name][protocol]["slice"]
    return values["roc_auc"], values["interval"]["roc_auc"]


def leakage_gap(table: pd.DataFrame) -> Figure:
    """Draw the slice ROC-AUC of models in every arm, joined, with the leak beside it.

    Args:
        table: See `gap_table`.
    """
    models, arms = (list(dict.fromkeys(table[name])) for name in ("model", "arm"))
    figure, [[axes]] = panels(1, 1, 0.62 * len(models) + 1.2)
    for y, model in enumerate(models):
        own = table[table["model"] == model].set_index("arm")
        axes.plot(own["roc_auc"], [y] * len(own), color="0.8", linewidth=4, zorder=1, solid_capstyle="round")
        for k, arm in enumerate(arms):
            index, marker = PROTOCOL_LOOKS[arm]
            row = own.loc[arm]
            place = y + OFFSET * (k - (len(arms) - 1) / 2)
            axes.plot([row["low"], row["high"]], [place] * 2, color=colour(index), linewidth=1.2)
            axes.plot(row["roc_auc"], place, marker, color=colour(index), label=ARM_TITLES[arm], zorder=3, markersize=6)
        axes.text(
            NOTE_PLACE,
            y,
            _note(own["roc_auc"]),
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=8,
            color=QUIET,
        )
    axes.axvline(0.5, color=QUIET, linestyle=":", linewidth=1)
    axes.set_ylim(len(models) - 0.4, -0.6)
    axes.set_yticks(range(len(models)), [title_of(model).replace(", ", ",\n") for model in models])
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"ROC-AUC of slices; dotted: guessing\nthin: {INTERVAL}")
    legend_above(figure, axes, 1 if len(arms) == len(ARM_TITLES) else len(arms))
    return figure


def _note(values: pd.Series) -> str:
    if values.isna().all():
        return "undefined"
    if {"patient", "slice"} <= set(values.index) and values.notna().all():
        gap = f"gap {values['slice'] - values['patient']:+.3f}"
        return f"{gap}\nleak {values['slice'] - values['apart']:+.3f}" if "apart" in values.index else gap
    return ""


def describe_gap(table: pd.DataFrame) -> str:
    """Return the figure's main number in a sentence."""
    values = table.pivot_table(index="model", columns="arm", values="roc_auc")
    if values.empty:
        return "The ROC-AUC of slices is undefined for every network."
    if not {"patient", "slice"} <= set(values.columns):
        best = str(values.iloc[:, 0].idxmax())
        return f"The highest ROC-AUC of slices is {values.iloc[:, 0].max():.3f}, of {title_of(best)}."
    gap = (values["slice"] - values["patient"]).dropna()
    if gap.empty:
        return "The gap between the protocols is undefined for every network."
    most = str(gap.abs().idxmax())
    return (
        f"Split by slice instead of by patient, the ROC-AUC of slices changes by {gap.mean():+.3f} on average over "
        f"{len(gap)} networks; it changes most for {title_of(most)}, by {gap[most]:+.3f}."
    )
