"""CT slices with outlines of organ and lesion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from snndeep.insight.shown_slices import SlicePicture
from snndeep.reporting.figures.names import as_label
from snndeep.reporting.figures.style import WIDTH, colour, panels

KIND_TITLES = {"best": "most certain right", "worst": "most certain wrong", "uncertain": "least certain"}
CLASSES = ("healthy", "diseased")
SCALE_MM = 50.0
ORGAN_COLOUR, LESION_COLOUR = 9, 1


def slice_pictures(pictures: Sequence[SlicePicture]) -> Figure:
    """Draw the slices, one row per kind, healthy left and diseased right, each at its own scale.

    Args:
        pictures: At most one of each kind and class.
    """
    kinds = [kind for kind in KIND_TITLES if any(p.chosen.kind == kind for p in pictures)]
    labels = sorted({p.chosen.label for p in pictures})
    figure, grid = panels(len(kinds), len(labels), 0.5 + len(kinds) * (0.4 + 0.43 * WIDTH))
    for row, kind in zip(grid, kinds, strict=True):
        for axes, label in zip(row, labels, strict=True):
            axes.set_axis_off()
            for picture in pictures:
                if (picture.chosen.kind, picture.chosen.label) == (kind, label):
                    _draw(axes, picture)
    handles = [
        Line2D([], [], color=colour(ORGAN_COLOUR), label="organ"),
        Line2D([], [], color=colour(LESION_COLOUR), linestyle="--", label="lesion"),
        Line2D([], [], color="0.6", linewidth=3, label=f"{SCALE_MM:.0f} mm"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    return figure


def _draw(axes: Axes, picture: SlicePicture) -> None:
    rows, columns = picture.grey.shape
    width, height = columns * picture.spacing[0], rows * picture.spacing[1]
    axes.imshow(picture.grey, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0), interpolation="none")
    x = (np.arange(columns) + 0.5) * picture.spacing[0]
    y = (np.arange(rows) + 0.5) * picture.spacing[1]
    for region, index, dash in ((1, ORGAN_COLOUR, "solid"), (2, LESION_COLOUR, "dashed")):
        # The outline of the organ includes its lesions, as does the region that features are computed from.
        inside = picture.regions >= region
        if inside.any() and not inside.all():
            axes.contour(
                x, y, inside.astype(float), levels=[0.5], colors=[colour(index)], linewidths=1.1, linestyles=dash
            )
    start, below = 0.04 * width, 0.96 * height
    axes.plot([start, start + SCALE_MM], [below] * 2, color="white", linewidth=3, solid_capstyle="butt")
    side = max(width, height) / 2
    axes.set(xlim=(width / 2 - side, width / 2 + side), ylim=(height / 2 + side, height / 2 - side), aspect="equal")
    chosen, verdict = picture.chosen, "right" if picture.right else "wrong"
    axes.set_title(
        f"{KIND_TITLES[chosen.kind]}: {CLASSES[chosen.label]}\n{as_label(chosen.patient)}, slice {chosen.slice}: "
        f"{chosen.margin:+.2f} ({verdict})",
        fontsize=8,
        fontweight="normal",
    )


def describe_slices(pictures: Sequence[SlicePicture]) -> str:
    """Return the figure's main numbers in a sentence."""
    wrong = [p.chosen for p in pictures if p.chosen.kind == "worst" and not p.right]
    if not wrong:
        return f"{len(pictures)} CT slices with outlines of organ and lesion; even the worst are predicted correctly."
    far = max(wrong, key=lambda chosen: abs(chosen.margin))
    return (
        f"{len(pictures)} CT slices with outlines of organ and lesion. The most certain wrong decision is slice {far.slice} "
        f"of {far.patient}: it is {CLASSES[far.label]}, and its score is {abs(far.margin):.2f} spreads on the wrong side of "
        "the threshold."
    )
