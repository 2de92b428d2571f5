"""What models cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import colour, legend_above, look, panels
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
    axes.set(xscale="log", xlabel="seconds per training epoch (median, logarithmic)")
    axes.set_yticks(range(len(rules)), [rule_title(rule) for rule in rules])
    axes.set_ylim(len(rules) - 0.5, -0.5)
    axes.margins(x=0.18)
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
