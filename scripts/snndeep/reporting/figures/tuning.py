"""The results of the hyperparameter search."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import colour, legend_above, look, panels
from snndeep.reporting.names import backend_title, rule_title, title_of
from snndeep.samples.split import protocol_of
from snndeep.training.outcomes import SearchOutcome


def trial_table(tuned: Mapping[str, Mapping[str, SearchOutcome]], protocol: str) -> pd.DataFrame:
    """Return one row per trial: model, backend, rule, split, trial (from 1), value, best (so far).

    Args:
        tuned: The outcome of the search by model and split.
        protocol: The protocol whose splits are taken.
    """
    rows = []
    for model, splits in tuned.items():
        backend, rule = model.split("/")
        for split, study in splits.items():
            if protocol_of(split) != protocol:
                continue
            best = np.nan
            for number, trial in enumerate(study["trials"], start=1):
                value = np.nan if trial["value"] is None else trial["value"]
                best = np.fmax(best, value)
                rows.append((model, backend, rule, split, number, value, best))
    return pd.DataFrame(rows, columns=["model", "backend", "rule", "split", "trial", "value", "best"])


def search_history(trials: pd.DataFrame) -> Figure:
    """Draw every finished trial as a dot and the best so far as a line (mean over folds), one panel per rule.

    Args:
        trials: The table of `trial_table`.
    """
    rules, backends = (list(dict.fromkeys(trials[name])) for name in ("rule", "backend"))
    figure, grid = panels(len(rules), 1, 0.7 + 1.55 * len(rules), sharex=True, sharey=True)
    for [axes], rule in zip(grid, rules, strict=True):
        for k, backend in enumerate(backends):
            own = trials[(trials["rule"] == rule) & (trials["backend"] == backend)]
            best = own.groupby("trial")["best"].mean()
            shown = look(k)
            axes.plot(own["trial"] + 0.12 * (k - 1), own["value"], shown.marker, color=shown.colour, alpha=0.4, ms=3)
            axes.step(
                best.index, best, where="post", color=shown.colour, linestyle=shown.dash,
                linewidth=2.4 - 0.7 * min(k, 2), label=backend_title(backend),
            )  # fmt: skip
        axes.set(title=rule_title(rule), ylabel="validation\nROC-AUC")
    axes.set_xlabel("trial (line: best so far, mean over folds; dots: every trial)")
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    axes.set_xlim(0.5, trials["trial"].max() + 0.5)
    legend_above(figure, axes)
    return figure


def describe_search(trials: pd.DataFrame) -> str:
    """Return the figure's main number in a sentence."""
    first = trials.dropna(subset=["value"]).groupby(["model", "split"])["value"].first().groupby("model").mean()
    gain = (trials.groupby(["model", "split"])["best"].last().groupby("model").mean() - first).dropna()
    if gain.empty:
        return "No trial of the search was completed."
    return (
        f"From the first trial to the best, the validation ROC-AUC rises by {gain.mean():.3f} on average over models and "
        f"folds, most for {title_of(str(gain.idxmax()))} ({gain.max():.3f})."
    )


def setting_importance(shares: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw the share of each hyperparameter in the explained variance, one panel per search space.

    Args:
        shares: Share in [0, 1] by title of the search space and name of the setting, see
            `snndeep.training.setting_importance`.
    """
    heights = [len(own) + 0.6 for own in shares.values()]
    figure, grid = panels(
        len(shares),
        1,
        0.6 + 0.28 * len(shares) + 0.24 * sum(heights),
        sharex=True,
        heights=heights,
    )
    for [axes], (title, own) in zip(grid, shares.items(), strict=True):
        names, values = list(own), [100 * share for share in own.values()]
        axes.barh(names, values, color=colour(0), height=0.65)
        for y, value in enumerate(values):
            axes.annotate(
                f"{value:.0f} %", (value, y), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8
            )
        axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
        axes.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, 109), title=title)
        axes.grid(visible=False, axis="y")
    axes.set_xlabel("share of the explained variance of validation ROC-AUC (%)")
    return figure


def describe_settings(shares: Mapping[str, Mapping[str, float]]) -> str:
    """Return the figure's main numbers in a sentence."""
    most = [(title, *max(own.items(), key=itemgetter(1))) for title, own in shares.items()]
    listed = ", ".join(f"{name.replace('_', ' ')} for {title} ({100 * share:.0f} %)" for title, name, share in most)
    return f"The most important hyperparameter is {listed}."
