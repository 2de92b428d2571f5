"""The figures of the report, each a function from results to a matplotlib figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns

mpl.use("agg")  # figures go to files; no display is asked for

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from snndeep.reporting.names import BACKEND_TITLES, RULE_TITLES, title_of


@contextmanager
def style(palette: str) -> Iterator[None]:
    """Apply the report's one style to figures drawn inside the block."""
    theme = {
        **sns.axes_style("whitegrid"),
        **sns.plotting_context("notebook", font_scale=0.85),
        "svg.fonttype": "path",
        "svg.hashsalt": "snndeep",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titleweight": "bold",
        "axes.titlesize": 11,
    }
    with mpl.rc_context(theme), sns.color_palette(palette):
        yield


def leakage_gap(table: pd.DataFrame) -> Figure:
    """Slice ROC-AUC of every model under both protocols, joined: the gap is leakage."""
    rows = table[table["unit"] == "slice"]
    order = list(dict.fromkeys(rows["model"]))
    figure, axes = plt.subplots(figsize=(8, 0.36 * len(order) + 1.2), layout="constrained")
    colours = dict(zip(("patient", "slice"), sns.color_palette(), strict=False))
    for y, model in enumerate(reversed(order)):
        own = rows[rows["model"] == model].set_index("protocol")
        axes.plot(own["roc_auc"], [y] * len(own), color="0.6", linewidth=2, zorder=1)
        for protocol, row in own.iterrows():
            axes.plot(
                [row["roc_auc_low"], row["roc_auc_high"]], [y, y], color=colours[protocol], alpha=0.35, linewidth=5
            )
            marker = "o" if protocol == "patient" else "s"
            axes.plot(row["roc_auc"], y, marker, color=colours[protocol], label=f"split by {protocol}", zorder=3)
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axes.legend(unique.values(), unique.keys(), loc="lower left", frameon=True)
    axes.axvline(0.5, color="0.4", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(order)), [title_of(m) for m in reversed(order)])
    axes.set_xlabel("ROC-AUC of slices, with 95 % interval over patients")
    return figure


def matrices(table: pd.DataFrame, protocols: list[str], backends: list[str], rules: list[str]) -> Figure:
    """The matrix of backends and rules for every protocol, slices above patients."""
    units = ("slice", "patient")
    size = (1.2 + 3.4 * len(protocols), 1.0 + 0.75 * len(backends) * len(units))
    figure, grid = plt.subplots(len(units), len(protocols), figsize=size, squeeze=False, layout="constrained")
    for axes_row, unit in zip(grid, units, strict=True):
        for axes, protocol in zip(axes_row, protocols, strict=True):
            own = table[(table["unit"] == unit) & (table["protocol"] == protocol)].set_index("model")["roc_auc"]
            values = np.array([[own.get(f"{b}/{r}", np.nan) for r in rules] for b in backends], float)
            sns.heatmap(
                values,
                ax=axes,
                annot=True,
                fmt=".3f",
                vmin=0.5,
                vmax=1.0,
                cmap="crest",
                cbar=False,
                linewidths=1,
                xticklabels=[RULE_TITLES.get(r, r) for r in rules],
                yticklabels=[BACKEND_TITLES.get(b, b) for b in backends],
            )
            axes.set_title(f"{unit}s, split by {protocol}")
            axes.tick_params(axis="y", rotation=0)
    return figure


def learning_curves(records: Mapping[str, Mapping[str, Any]], protocol: str) -> Figure:
    """Validation ROC-AUC by epoch, one panel per rule, one line per backend and fold."""
    rows = [
        {"model": model, "fold": split, "epoch": entry["epoch"], "auc": entry["validation_auc"]}
        for model, splits in records.items()
        for split, record in splits.items()
        if split.startswith(f"{protocol}_")
        for entry in record["history"]
    ]
    frame = pd.DataFrame(rows)
    frame[["backend", "rule"]] = frame["model"].str.split("/", expand=True)
    rules = list(dict.fromkeys(frame["rule"]))
    size = (3.6 * len(rules), 2.9)
    figure, grid = plt.subplots(1, len(rules), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axes, rule in zip(grid[0], rules, strict=True):
        own = frame[frame["rule"] == rule].assign(
            backend=lambda f: f["backend"].map(lambda b: BACKEND_TITLES.get(b, b))
        )
        sns.lineplot(
            own,
            x="epoch",
            y="auc",
            hue="backend",
            style="backend",
            units="fold",
            estimator=None,
            linewidth=1.2,
            ax=axes,
        )
        axes.set_title(RULE_TITLES.get(rule, rule))
        axes.set_ylabel("validation ROC-AUC")
        axes.legend(title=None, loc="lower right")
    return figure


def search_history(tuned: Mapping[str, Mapping[str, Any]], protocol: str) -> Figure:
    """Every finished trial's validation ROC-AUC and the best so far, one panel per rule, mean over folds."""
    rows = []
    for model, splits in tuned.items():
        backend, rule = model.split("/")
        for split, study in splits.items():
            best = -np.inf
            for number, trial in enumerate(study["trials"], start=1):
                if split.startswith(f"{protocol}_"):
                    best = max(best, trial["value"] if trial["value"] is not None else -np.inf)
                    rows.append(
                        {"backend": BACKEND_TITLES.get(backend, backend), "rule": rule, "trial": number, "best": best}
                    )
    frame = pd.DataFrame(rows).replace(-np.inf, np.nan)
    rules = list(dict.fromkeys(frame["rule"]))
    size = (3.6 * len(rules), 2.9)
    figure, grid = plt.subplots(1, len(rules), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axes, rule in zip(grid[0], rules, strict=True):
        own = frame[frame["rule"] == rule]
        sns.lineplot(
            own, x="trial", y="best", hue="backend", style="backend", drawstyle="steps-post", errorbar=None, ax=axes
        )
        axes.set_title(RULE_TITLES.get(rule, rule))
        axes.set_ylabel("best validation ROC-AUC")
        axes.legend(title=None, loc="lower right")
    return figure


def raster(traces: Mapping[str, np.ndarray], split: str) -> Figure:
    """Input spikes, hidden spikes and output potentials of a healthy and a diseased test sample."""
    own = {key.removeprefix(f"{split}/"): values for key, values in traces.items() if key.startswith(f"{split}/")}
    names = [name for name in ("input spikes", "hidden spikes", "output potential") if name in own]
    samples = own["input spikes"].shape[1]
    heights = [1 if name.endswith("potential") else 2 for name in names]
    figure, grid = plt.subplots(
        len(names), samples, figsize=(9, 1.4 * sum(heights)), squeeze=False, layout="constrained",
        sharex=True, sharey="row", gridspec_kw={"height_ratios": heights},
    )  # fmt: skip
    for row, name in zip(grid, names, strict=True):
        for k, axes in enumerate(row):
            values = own[name][:, k]
            if name.endswith("spikes"):
                steps, channels = np.nonzero(values)
                axes.scatter(steps, channels, s=3, marker="|" if values.shape[1] < 100 else ".", color="0.15")
            else:
                for j, label in enumerate(("healthy neuron", "diseased neuron")[-values.shape[1] :]):
                    axes.plot(values[:, j], label=label)
                axes.legend(loc="upper left", fontsize=7)
                axes.set_xlabel("time step")
            if k == 0:
                axes.set_ylabel(name)
    for axes, label in zip(grid[0], ("healthy slice", "diseased slice"), strict=False):
        axes.set_title(label)
    return figure


def label_curve(records: Mapping[str, Mapping[str, Any]], protocol: str) -> Figure | None:
    """BAL's validation ROC-AUC against labels used, beside random choice; None without a BAL model."""
    rows = [
        {"choice": choice, "labels": point["labels"], "auc": point["validation_auc"], "round": number}
        for model, splits in records.items()
        for split, record in splits.items()
        if split.startswith(f"{protocol}_")
        for key, choice in (("curve", "BAL"), ("random_curve", "random"))
        for number, point in enumerate(record.get(key, []))
    ]
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    frame["labels"] = frame.groupby("round")["labels"].transform("mean")
    figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
    sns.lineplot(frame, x="labels", y="auc", hue="choice", style="choice", markers=True, errorbar="se", ax=axes)
    axes.set(xlabel="labelled training slices (mean over folds)", ylabel="validation ROC-AUC")
    axes.legend(title=None)
    return figure


def training_time(seconds: pd.DataFrame) -> Figure:
    """Training seconds of one split, by rule and backend; columns rule, backend, seconds."""
    figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
    shown = seconds.assign(
        rule=seconds["rule"].map(lambda r: RULE_TITLES.get(r, r)),
        backend=seconds["backend"].map(lambda b: BACKEND_TITLES.get(b, b)),
    )
    sns.barplot(shown, x="rule", y="seconds", hue="backend", errorbar=None, ax=axes)
    axes.set(xlabel="", ylabel="seconds per epoch", yscale="log")
    axes.legend(title=None)
    return figure
