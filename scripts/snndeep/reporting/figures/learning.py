"""Learning curves by epoch and by number of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import colour, ink, legend_above, look, panels
from snndeep.reporting.formats import signed
from snndeep.reporting.names import backend_title, rule_title, title_of
from snndeep.samples.split import protocol_of

Records = Mapping[str, Mapping[str, Any]]
"""By model and split, the record of training, see `snndeep.training.fit.TrainedSplit`."""


def history_table(records: Records, protocol: str) -> pd.DataFrame:
    """Return one row per model, split and epoch: model, backend, rule, split, epoch, loss, auc (of the validation part).

    Args:
        records: The records of training.
        protocol: The protocol whose splits are taken.
    """
    rows = [
        {"model": model, "split": split, "epoch": entry["epoch"], "loss": entry["loss"], "auc": entry["validation_auc"]}
        for model, splits in records.items()
        for split, record in splits.items()
        if protocol_of(split) == protocol
        for entry in record["history"]
    ]
    frame = pd.DataFrame(rows, columns=["model", "split", "epoch", "loss", "auc"])
    frame[["backend", "rule"]] = frame["model"].str.split("/", expand=True, n=1).reindex(columns=[0, 1])
    return frame


def learning_curves(history: pd.DataFrame) -> Figure:
    """Draw the validation ROC-AUC by epoch, with one panel per rule and one line per backend and fold.

    Args:
        history: The table of `history_table`.
    """
    rules, backends = (list(dict.fromkeys(history[name])) for name in ("rule", "backend"))
    figure, grid = panels(len(rules), 1, 0.7 + 1.55 * len(rules), sharey=True)
    for [axes], rule in zip(grid, rules, strict=True):
        for k, backend in enumerate(backends):
            own = history[(history["rule"] == rule) & (history["backend"] == backend)]
            for _, line in own.groupby("split"):
                # Lines that overlap stay visible, because the first is the widest.
                axes.plot(
                    line["epoch"], line["auc"], color=look(k).colour, linestyle=look(k).dash, linewidth=2.4 - 0.7 * k,
                    label=backend_title(backend),
                )  # fmt: skip
        axes.set(title=rule_title(rule), ylabel="validation\nROC-AUC")
    axes.set_xlabel("epoch")
    legend_above(figure, axes)
    return figure


def describe_learning(history: pd.DataFrame) -> str:
    """Return the figure's main number in a sentence."""
    own = history.dropna(subset=["auc"])
    if own.empty:
        return "No learning curve was recorded."
    peaks = own.groupby(["model", "split"])["auc"].max().groupby("model").mean()
    return (
        f"{title_of(str(peaks.idxmax()))} reaches the highest validation ROC-AUC, {peaks.max():.3f} at its best epoch, mean "
        f"over folds; the longest run has {int(own['epoch'].max())} epochs."
    )


def label_table(records: Records, protocol: str) -> pd.DataFrame:
    """Return one row per model, split, choice and round: model, split, choice, round, labels, auc; empty without BAL.

    `auc` is on test slices, `labels` the mean over splits, whose training parts differ a little in size. Models whose
    rounds are identical are one piece of evidence: the first of them is shown.
    """
    rows = [
        {
            "model": model, "split": split, "choice": choice, "round": number, "labels": point["labels"],
            "validation_labels": point["validation_labels"], "auc": point["test_auc"],
        }
        for model, splits in _distinct(records).items()
        for split, record in splits.items()
        if protocol_of(split) == protocol
        for choice, points in record.get("arms", {}).items()
        for number, point in enumerate(points)
        if point["test_auc"] is not None
    ]  # fmt: skip
    columns = ["model", "split", "choice", "round", "labels", "validation_labels", "auc"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["labels"] = frame.groupby("round")["labels"].transform("mean")
    return frame


def _distinct(records: Records) -> dict[str, Any]:
    """Return the records of BAL models, one for each set of equal rounds."""
    seen: dict[str, str] = {}
    for model, splits in records.items():
        arms = {split: record["arms"] for split, record in splits.items() if "arms" in record}
        if arms:
            points = [point for own in arms.values() for rounds in own.values() for point in rounds]
            values = [(point["labels"], point["test_auc"] and round(point["test_auc"], 6)) for point in points]
            seen.setdefault(repr(values), model)
    return {model: records[model] for model in seen.values()}


def label_curve(labels: pd.DataFrame) -> Figure:
    """Draw the test ROC-AUC against labels used, for BAL and for random choice, mean and standard error over folds.

    Args:
        labels: The table of `label_table`.
    """
    figure, [[axes]] = panels(1, 1, 2.6)
    ends = {}
    for choice, index, dash in (("BAL", 0, "-"), ("random", 1, "--")):
        own = labels[labels["choice"] == choice].groupby("labels")["auc"]
        if not own.ngroups:
            continue
        mean, error = own.mean(), own.sem().fillna(0)
        axes.plot(mean.index, mean, dash, color=colour(index), marker="o")
        axes.fill_between(mean.index, mean - error, mean + error, color=colour(index), alpha=0.2, linewidth=0)
        ends[choice] = (mean.index[-1], mean.iloc[-1], ink(index))
    axes.margins(y=0.25)
    higher = max(ends, key=lambda choice: ends[choice][1])
    for choice, (x, y, shade) in ends.items():
        axes.annotate(
            choice if choice == "BAL" else "random\nchoice",
            (x, y),
            xytext=(7, 2 if choice == higher else -2),
            textcoords="offset points",
            va="bottom" if choice == higher else "top",
            color=shade,
            annotation_clip=False,
        )
    axes.set(
        xlabel="labelled training slices (mean over folds)\nbands: standard error over folds",
        ylabel="ROC-AUC, test slices",
    )
    return figure


def describe_labels(labels: pd.DataFrame) -> str:
    """Return the figure's main number in a sentence: BAL minus random choice on the test parts, at the last round."""
    last = labels[labels["round"] == labels["round"].max()]
    each = last.pivot_table(index=["model", "split"], columns="choice", values="auc")
    counts = (last["labels"].iloc[0], last["validation_labels"].mean())
    known = "With {:.0f} labelled training slices and {:.0f} of validation".format(*counts)
    if "random" not in each:
        return f"{known}, BAL reaches a ROC-AUC of {each['BAL'].mean():.3f} on test slices."
    difference = each["BAL"] - each["random"]
    error = f" \N{PLUS-MINUS SIGN} {difference.sem():.3f} (standard error over folds)" if len(difference) > 1 else ""
    return (
        f"{known}, BAL minus random choice is {signed(difference.mean())}{error} in ROC-AUC of test slices; both arms "
        "start from the same labels and weights and use the configured settings, which were tuned for neither."
    )
