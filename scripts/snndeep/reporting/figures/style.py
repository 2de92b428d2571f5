"""The one look of all figures.

Figures are as wide as a column of print. A phone shows them at three quarters of that, where letters are still about
ten pixels high; panels therefore stand below one another rather than side by side. Colour never carries a meaning
alone: markers, line styles or labels repeat it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
import seaborn as sns

mpl.use("agg")  # figures go to files; no display is asked for

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

WIDTH = 5.2
"""Width of every figure, in inches."""

QUIET = "0.45"
"""Colour of what explains: reference lines, notes."""

LEAST_CONTRAST = 4.5

INTERVAL = "95 % interval over patients"

_MARKERS = "osD^vPX"
_DASHES = ("-", "--", ":", "-.")

PROTOCOL_LOOKS = {"patient": (0, "o"), "slice": (1, "s")}
CLASS_LOOKS = {"healthy": (0, "o"), "diseased": (3, "^")}


@contextmanager
def style(palette: str) -> Iterator[None]:
    """Apply the look to figures that are drawn *and saved* inside the block.

    Args:
        palette: Name of a seaborn palette.
    """
    theme = {
        **sns.axes_style("whitegrid"),
        **sns.plotting_context("paper"),
        "font.size": 9,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.labelsize": 9,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "legend.fontsize": 8.5,
        "legend.title_fontsize": 8.5,
        "legend.handlelength": 1.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.linewidth": 0.6,
        "lines.linewidth": 1.4,
        "lines.markersize": 5,
        "figure.constrained_layout.use": True,
        "figure.dpi": 100,
        "savefig.dpi": 200,
        # Letters as outlines look the same everywhere, whatever fonts the reader has.
        "svg.fonttype": "path",
        "svg.hashsalt": "snndeep",
    }
    with mpl.rc_context(theme), sns.color_palette(palette):
        yield


def colour(index: int) -> tuple[float, float, float]:
    """Return a colour of the palette in use."""
    palette = sns.color_palette()
    return palette[index % len(palette)]


def ink(index: int) -> tuple[float, float, float]:
    """Return a colour of the palette, darkened until letters in it can be read on white (contrast 4.5, WCAG 2.2)."""
    shade = np.array(colour(index))
    while 1.05 / (_luminance(shade) + 0.05) < LEAST_CONTRAST:
        shade = shade * 0.97
    return tuple(shade)


def _luminance(shade: np.ndarray) -> float:
    linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def look(index: int) -> dict[str, object]:
    """Return colour, marker and line style of the index-th thing of its kind."""
    return {
        "color": colour(index),
        "marker": _MARKERS[index % len(_MARKERS)],
        "linestyle": _DASHES[index % len(_DASHES)],
    }


def panels(rows: int, columns: int, height: float, **options: object) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure of the common width with a grid of axes.

    Args:
        rows: Rows of the grid.
        columns: Columns of the grid.
        height: Of the figure, in inches.
        options: For `matplotlib.pyplot.subplots`.
    """
    figure, grid = plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False, **options)
    return figure, [list(row) for row in grid]


def logarithmic(axes: Axes) -> None:
    """Make the horizontal axis logarithmic, with few and plain numbers whatever it spans."""
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.autoscale_view(scaley=False)
    low, high = axes.get_xlim()
    decades = np.log10(high / low)
    if decades < 1:  # a decade holds at least two numbers
        grow = 10 ** ((1 - decades) / 2)
        axes.set_xlim(low / grow, high * grow)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if decades < 2.5 else (1,), numticks=6))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def legend_above(figure: Figure, axes: Axes, columns: int = 3) -> None:
    """Put one legend for all panels above them; entries that repeat are shown once."""
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside upper center", ncols=columns, frameon=False)
