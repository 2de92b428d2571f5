"""The importance of features for a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snndeep.insight.feature_importance import SplitImportance
from snndeep.radiomics.naming import column_name, family_title
from snndeep.reporting.figures.style import QUIET, colour, panels

SHOWN = 15


def loss_table(importance: Mapping[str, SplitImportance], group: Literal["features", "families"]) -> pd.DataFrame:
    """Return one row per feature or family, the most important first: name, mean, low, high, splits.

    The mean is over splits, where a split that did not select the feature counts as 0; low and high are the smallest and
    the largest mean of a split; splits is the number of splits that selected it. The table is empty if nothing is defined.

    Args:
        importance: Importance by split.
        group: `features` or `families`.
    """
    defined = [split[group] for split in importance.values() if group in split]
    names = dict.fromkeys(name for split in defined for name in split)
    rows = []
    for name in names:
        means = [float(np.mean(split[name])) if name in split else 0.0 for split in defined]
        rows.append((name, np.mean(means), min(means), max(means), sum(name in split for split in defined)))
    frame = pd.DataFrame(rows, columns=["name", "mean", "low", "high", "splits"])
    return frame.sort_values("mean", ascending=False, kind="stable", ignore_index=True)


def permutation_importance(features: pd.DataFrame, families: pd.DataFrame) -> Figure:
    """Draw the loss of ROC-AUC when a feature is permuted and, below, the same for whole families.

    Args:
        features: The table of `loss_table` for features, the first `SHOWN` of which are shown.
        families: The table of `loss_table` for families.
    """
    shown = features.head(SHOWN)
    heights = [len(shown) + 1, len(families) + 1]
    figure, [[above], [below]] = panels(2, 1, 1.3 + 0.2 * sum(heights), heights=heights, sharex=True)
    _bars(above, shown, 0)
    _bars(below, families, 2)
    more = len(features) - len(shown)
    above.set_title(f"single features ({len(shown)} of {len(features)})" if more > 0 else "single features")
    below.set_title("whole families of features")
    below.set_xlabel("loss of slice ROC-AUC when permuted\n(bar: mean over folds; line: smallest to largest fold)")
    return figure


def _bars(axes: Axes, losses: pd.DataFrame, index: int) -> None:
    places = np.arange(len(losses))
    axes.barh(places, losses["mean"], color=colour(index), height=0.7)
    axes.hlines(places, losses["low"], losses["high"], color="0.2", linewidth=1)
    axes.axvline(0, color=QUIET, linewidth=0.8)
    axes.set_yticks(places, [readable(name) for name in losses["name"]])
    axes.set_ylim(len(losses) - 0.4, -0.6)
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(visible=False, axis="y")


def readable(name: str) -> str:
    """Return the full name of a feature or of a family: `glcm.joint_entr` as `GLCM: joint entropy`."""
    family, _, feature = name.rpartition(".")
    return column_name(name).title if feature and family else family_title(name)


def describe_importance(features: pd.DataFrame, families: pd.DataFrame) -> str:
    """Return the figure's main numbers in a sentence."""
    first, family = features.iloc[0], families.iloc[0]
    return (
        f"Of all single features, permuting {readable(first['name'])} costs the most, {first['mean']:.3f} of ROC-AUC; of "
        f"all families, permuting {readable(family['name'])} costs the most, {family['mean']:.3f}."
    )
