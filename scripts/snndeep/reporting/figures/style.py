"""The common style of all figures.

Figures are as wide as a column of print. A phone shows them at three quarters of this width, where letters are still
about ten pixels high; panels are therefore stacked rather than placed side by side. Colour alone never carries meaning:
markers, line styles or labels repeat it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import matplotlib as mpl
import numpy as np
import seaborn as sns

mpl.use("agg")  # figures are written to files; no display is needed

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from snndeep.reporting.figures.names import families

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

WIDTH = 5.2
"""Width of every figure, in inches."""

QUIET = "0.45"
"""Colour of annotations: reference lines and notes."""

LEAST_CONTRAST = 4.5
"""Contrast that text needs by WCAG 2.2."""

Colour = tuple[float, float, float]
"""Red, green and blue, each in [0, 1]."""

Sharing = bool | Literal["none", "all", "row", "col"]
"""Which panels share an axis, as in `matplotlib.pyplot.subplots`."""

INTERVAL = "95 % interval over patients"

_MARKERS = "osD^vPX"
_DASHES = ("-", "--", ":", "-.")

PROTOCOL_LOOKS = {"patient": (0, "o"), "slice": (1, "s"), "apart": (2, "D")}
CLASS_LOOKS = {"healthy": (0, "o"), "diseased": (3, "^")}
"""Index of the colour, and marker."""


class Look(NamedTuple):
    """The look of one thing in a figure.

    Attributes:
        colour: Colour of the palette in use.
        marker: Marker, as matplotlib names it.
        dash: Line style, as matplotlib names it.
    """

    colour: Colour
    marker: str
    dash: str


@contextmanager
def style(palette: str) -> Iterator[None]:
    """Apply the style to figures that are drawn *and saved* inside the block.

    Args:
        palette: Name of a seaborn palette.
    """
    theme = {
        **sns.axes_style("whitegrid"),
        **sns.plotting_context("paper"),
        "font.sans-serif": list(families()),
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
        # Letters are drawn as outlines, so that they look the same whatever fonts the reader has.
        "svg.fonttype": "path",
        "svg.hashsalt": "snndeep",
    }
    # Seaborn's types say no more of the keys than that they are strings.
    with mpl.rc_context(cast("dict[RcKeyType, object]", theme)), sns.color_palette(palette):
        yield


def colour(index: int) -> Colour:
    """Return a colour of the palette in use; indices beyond its end start again at the first."""
    palette = sns.color_palette()
    return palette[index % len(palette)]


def ink(index: int) -> Colour:
    """Return a colour of the palette, darkened until text in it is readable on white (`LEAST_CONTRAST`)."""
    shade = np.array(colour(index))
    while 1.05 / (_luminance(shade) + 0.05) < LEAST_CONTRAST:
        shade = shade * 0.97
    red, green, blue = shade
    return red, green, blue


def _luminance(shade: np.ndarray) -> float:
    linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def look(index: int) -> Look:
    """Return the look of the index-th thing of its kind."""
    return Look(colour(index), _MARKERS[index % len(_MARKERS)], _DASHES[index % len(_DASHES)])


def panels(
    rows: int,
    columns: int,
    height: float,
    *,
    sharex: Sharing = False,
    sharey: Sharing = False,
    heights: Sequence[float] | None = None,
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure of the common width with a grid of axes, row by row.

    Args:
        rows: Number of rows in the grid.
        columns: Number of columns in the grid.
        height: Height of the figure, in inches.
        sharex: Which panels share the horizontal axis.
        sharey: Which panels share the vertical axis.
        heights: Relative heights of the rows; None means equal heights.
    """
    figure, grid = plt.subplots(
        rows, columns, figsize=(WIDTH, height), squeeze=False, sharex=sharex, sharey=sharey, height_ratios=heights
    )
    return figure, [list(row) for row in grid]


def logarithmic(axes: Axes) -> None:
    """Make the horizontal axis logarithmic, with a few plain numbers whatever its range."""
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.autoscale_view(scaley=False)
    low, high = axes.get_xlim()
    decades = np.log10(high / low)
    if decades < 1:  # a decade contains at least two of the numbers
        grow = 10 ** ((1 - decades) / 2)
        axes.set_xlim(low / grow, high * grow)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if decades < 2.5 else (1,), numticks=6))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def legend_above(figure: Figure, axes: Axes, columns: int = 3) -> None:
    """Put one legend for all panels above them, with repeated entries shown once."""
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside upper center", ncols=columns, frameon=False)
