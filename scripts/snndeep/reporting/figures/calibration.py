"""Reliability diagrams: the observed share of diseased slices against the predicted probability."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from snndeep.evaluation.calibration import calibration_bin
from snndeep.reporting.figures.style import QUIET, legend_above, look, panels
from snndeep.reporting.names import title_of


def reliability_table(probability: np.ndarray, label: np.ndarray, bins: int) -> pd.DataFrame:
    """Return one row per non-empty bin of probability, with the columns bin, predicted (mean), observed (share) and n.

    Args:
        probability: Predicted probability of disease, in [0, 1], `[N]`.
        label: 0 healthy, 1 diseased, `[N]`.
        bins: Number of bins of equal width.
    """
    frame = pd.DataFrame({"bin": calibration_bin(probability, bins), "predicted": probability, "observed": label})
    grouped = frame.groupby("bin")
    return grouped.agg(
        predicted=("predicted", "mean"), observed=("observed", "mean"), n=("observed", "size")
    ).reset_index()


def expected_error(bins: pd.DataFrame) -> float:
    """Return the expected calibration error: the mean distance of observed from predicted, weighted by n."""
    return float(np.average((bins["observed"] - bins["predicted"]).abs(), weights=bins["n"]))


def reliability(tables: Mapping[str, pd.DataFrame], count: int) -> Figure:
    """Draw the observed share of diseased slices against the predicted one and, below, the number of slices.

    Args:
        tables: The table of `reliability_table` by model.
        count: Number of bins.
    """
    figure, [[above], [below]] = panels(2, 1, 4.6, sharex=True, heights=[3, 1])
    above.plot([0, 1], [0, 1], ":", color=QUIET, linewidth=1)
    for k, (model, bins) in enumerate(tables.items()):
        shown = look(k)
        above.plot(
            bins["predicted"], bins["observed"], color=shown.colour, marker=shown.marker, linestyle=shown.dash,
            label=f"{title_of(model)} ({expected_error(bins):.3f})",
        )  # fmt: skip
        share = np.zeros(count)
        share[bins["bin"]] = 100 * bins["n"] / bins["n"].sum()
        below.stairs(share, np.linspace(0, 1, count + 1), color=shown.colour, linestyle=shown.dash, linewidth=1.3)
    above.set(ylabel="observed share\nof diseased slices", xlim=(0, 1), ylim=(-0.02, 1.02))
    below.set(xlabel="predicted probability of disease (dotted: perfect)", ylabel="slices (%)")
    legend_above(figure, above, columns=1)
    return figure


def describe_reliability(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the figure's main numbers in a sentence."""
    errors = {model: expected_error(bins) for model, bins in tables.items()}
    (best, least), (worst, most) = min(errors.items(), key=itemgetter(1)), max(errors.items(), key=itemgetter(1))
    text = f"The expected calibration error is {least:.3f} for {title_of(best)}"
    return f"{text} and {most:.3f} for {title_of(worst)}." if best != worst else f"{text}."
