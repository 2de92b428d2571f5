"""What models cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from snndeep.reporting.figures.style import colour, legend_above, logarithmic, look, panels
from snndeep.reporting.names import backend_title, rule_title, title_of


def seconds_table(records: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per model: backend, rule and the median seconds of one training epoch.

    Args:
        records: By model and split, what training kept.
    """
    rows = []
    for model, splits in records.items():
        backend, rule = model.split("/")
        epochs = [entry["seconds"] for record in splits.values() for entry in record["history"]]
        rows.append((backend, rule, float(np.median(epochs))))
    return pd.DataFrame(rows, columns=["backend", "rule", "seconds"])


def cost_table(rows: pd.DataFrame, records: Mapping[str, Mapping[str, Any]], protocol: str) -> pd.DataFrame:
    """Return one row per network: model, accuracy with its interval, seconds and operations of a split (medians).

    Args:
        rows: One row per model, by name, with accuracy, accuracy_low and accuracy_high.
        records: By model and split, what training kept.
        protocol: Whose splits.
    """
    costs = []
    for model, splits in records.items():
        own = [record for split, record in splits.items() if split.startswith(f"{protocol}_")]
        operations = [record["synaptic_operations"] for record in own if "synaptic_operations" in record]
        costs.append(
            {
                "model": model,
                **rows.loc[model, ["accuracy", "accuracy_low", "accuracy_high"]].to_dict(),
                "seconds": float(np.median([record["training_seconds"] for record in own])),
                "operations": float(np.median(operations)) if operations else np.nan,
            }
        )
    return pd.DataFrame(costs)


def training_time(seconds: pd.DataFrame) -> Figure:
    """Draw the seconds of one training epoch by rule and backend, on a logarithmic axis.

    Args:
        seconds: Columns backend, rule, seconds.
    """
    rules, backends = (list(dict.fromkeys(seconds[name])) for name in ("rule", "backend"))
    figure, [[axes]] = panels(1, 1, 0.9 + 0.24 * len(seconds))
    step = 0.8 / len(backends)
    for k, backend in enumerate(backends):
        own = seconds[seconds["backend"] == backend].set_index("rule")["seconds"].reindex(rules)
        places = [y + step * (k - (len(backends) - 1) / 2) for y in range(len(rules))]
        axes.plot(own, places, look(k)["marker"], color=colour(k), label=backend_title(backend), markersize=6)
        for value, y in zip(own, places, strict=True):
            axes.annotate(
                f"{1000 * value:.3g} ms", (value, y), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8
            )
    axes.set_xlabel("seconds per training epoch (median, logarithmic)")
    logarithmic(axes)
    axes.set_yticks(range(len(rules)), [rule_title(rule) for rule in rules])
    axes.set_ylim(len(rules) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    legend_above(figure, axes)
    return figure


def describe_time(seconds: pd.DataFrame) -> str:
    """Return the figure's main numbers in a sentence."""
    fastest, slowest = seconds.loc[seconds["seconds"].idxmin()], seconds.loc[seconds["seconds"].idxmax()]
    return (
        f"A training epoch takes from {1000 * fastest['seconds']:.3g} ms "
        f"({title_of(fastest['backend'] + '/' + fastest['rule'])}) to {1000 * slowest['seconds']:.3g} ms "
        f"({title_of(slowest['backend'] + '/' + slowest['rule'])})."
    )


def accuracy_against_cost(costs: pd.DataFrame) -> Figure:
    """Draw accuracy with its interval against training time, and against synaptic operations where they were counted.

    Args:
        costs: Columns model, accuracy, accuracy_low, accuracy_high, seconds (training of one split) and operations
            (effective, of one inference; undefined where they were not counted).
    """
    axes_of = {"seconds": "training of one split\n(s, logarithmic)"}
    if costs["operations"].notna().any():
        axes_of["operations"] = "synaptic operations of one\ninference (logarithmic)"
    figure, [row] = panels(1, len(axes_of), 3.4, sharey=True)
    backends, rules = ({m.split("/")[k]: None for m in costs["model"]} for k in (0, 1))
    backends, rules = list(backends), list(rules)
    for axes, (name, label) in zip(row, axes_of.items(), strict=True):
        for own in costs.dropna(subset=["accuracy", name]).to_dict("records"):
            backend, rule = own["model"].split("/")
            shade = colour(backends.index(backend))
            if pd.notna(own["accuracy_low"]):
                bounds = [100 * own["accuracy_low"], 100 * own["accuracy_high"]]
                axes.plot([own[name]] * 2, bounds, color=shade, linewidth=0.9, alpha=0.6)
            axes.plot(own[name], 100 * own["accuracy"], look(rules.index(rule))["marker"], color=shade, markersize=6.5)
        axes.set_xlabel(label)
        logarithmic(axes)
    row[0].set_ylabel("accuracy of slices (%)")
    handles = [Line2D([], [], color=colour(k), linewidth=4, label=backend_title(b)) for k, b in enumerate(backends)]
    handles += [
        Line2D([], [], color="0.35", linestyle="", marker=look(k)["marker"], label=rule_title(rule))
        for k, rule in enumerate(rules)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
    return figure


def describe_cost(costs: pd.DataFrame) -> str:
    """Return the figure's main numbers in a sentence."""
    own = costs.dropna(subset=["accuracy"])
    if own.empty:
        return "The accuracy of every spiking network is undefined."
    best, cheapest = own.loc[own["accuracy"].idxmax()], own.loc[own["seconds"].idxmin()]
    return (
        f"The most accurate spiking network, {title_of(best['model'])}, reaches {best['accuracy']:.1%} after "
        f"{best['seconds']:.3g} s of training; the quickest, {title_of(cheapest['model'])}, {cheapest['accuracy']:.1%} "
        f"after {cheapest['seconds']:.3g} s."
    )
