"""The cost of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from snndeep.reporting.figures.style import colour, legend_above, logarithmic, look, panels
from snndeep.reporting.names import backend_title, rule_title, title_of


def cost_table(rows: pd.DataFrame, costs: Mapping[str, Mapping[str, Any]], protocol: str) -> pd.DataFrame:
    """Return one row per network: model, backend, rule, accuracy with its interval, training time and operations.

    Args:
        rows: One row per model, indexed by model, with accuracy, accuracy_low and accuracy_high.
        costs: By model and protocol, see the docstring of `snndeep.evaluation`.
        protocol: The protocol whose costs are taken.
    """
    accuracy = rows[["accuracy", "accuracy_low", "accuracy_high"]].to_dict("index")
    table = pd.DataFrame(
        {
            "model": model,
            **accuracy[model],
            **{name: own[protocol][name] for name in ("seconds_per_epoch", "training_seconds", "synaptic_operations")},
        }
        for model, own in costs.items()
    )
    return table.assign(**{name: table["model"].str.split("/").str[k] for k, name in enumerate(("backend", "rule"))})


def training_time(seconds: pd.DataFrame) -> Figure:
    """Draw the seconds of one training epoch by rule and backend, on a logarithmic axis.

    Args:
        seconds: See `cost_table`.
    """
    rules, backends = (list(dict.fromkeys(seconds[name])) for name in ("rule", "backend"))
    figure, [[axes]] = panels(1, 1, 0.9 + 0.24 * len(seconds))
    step = 0.8 / len(backends)
    for k, backend in enumerate(backends):
        own = seconds[seconds["backend"] == backend].set_index("rule")["seconds_per_epoch"].reindex(rules)
        places = [y + step * (k - (len(backends) - 1) / 2) for y in range(len(rules))]
        axes.plot(own, places, look(k).marker, color=colour(k), label=backend_title(backend), markersize=6)
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
    own = seconds["seconds_per_epoch"]
    fastest, slowest = seconds.iloc[int(own.argmin())], seconds.iloc[int(own.argmax())]
    return (
        f"A training epoch takes from {1000 * fastest['seconds_per_epoch']:.3g} ms "
        f"({title_of(fastest['model'])}) to {1000 * slowest['seconds_per_epoch']:.3g} ms "
        f"({title_of(slowest['model'])})."
    )


def accuracy_against_cost(costs: pd.DataFrame) -> Figure:
    """Draw accuracy with its interval against training time, and against synaptic operations.

    Args:
        costs: See `cost_table`.
    """
    axes_of = {
        "training_seconds": "training of all folds\n(s, logarithmic)",
        "synaptic_operations": "synaptic operations of one\ninference (logarithmic)",
    }
    figure, [row] = panels(1, len(axes_of), 3.4, sharey=True)
    backends, rules = (list(dict.fromkeys(costs[name])) for name in ("backend", "rule"))
    for axes, (name, label) in zip(row, axes_of.items(), strict=True):
        for own in costs.dropna(subset=["accuracy", name]).to_dict("records"):
            shade = colour(backends.index(own["backend"]))
            if pd.notna(own["accuracy_low"]):
                bounds = [100 * own["accuracy_low"], 100 * own["accuracy_high"]]
                axes.plot([own[name]] * 2, bounds, color=shade, linewidth=0.9, alpha=0.6)
            marker = look(rules.index(own["rule"])).marker
            axes.plot(own[name], 100 * own["accuracy"], marker, color=shade, markersize=6.5)
        axes.set_xlabel(label)
        logarithmic(axes)
    row[0].set_ylabel("accuracy of slices (%)")
    handles = [Line2D([], [], color=colour(k), linewidth=4, label=backend_title(b)) for k, b in enumerate(backends)]
    handles += [
        Line2D([], [], color="0.35", linestyle="", marker=look(k).marker, label=rule_title(rule))
        for k, rule in enumerate(rules)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
    return figure


def describe_cost(costs: pd.DataFrame) -> str:
    """Return the figure's main numbers in a sentence."""
    own = costs.dropna(subset=["accuracy"])
    if own.empty:
        return "The accuracy of every spiking network is undefined."
    best, cheapest = own.iloc[int(own["accuracy"].argmax())], own.iloc[int(own["training_seconds"].argmin())]
    return (
        f"The most accurate spiking network, {title_of(best['model'])}, reaches {best['accuracy']:.1%} after "
        f"{best['training_seconds']:.3g} s of training; the quickest, {title_of(cheapest['model'])}, "
        f"{cheapest['accuracy']:.1%} after {cheapest['training_seconds']:.3g} s."
    )
