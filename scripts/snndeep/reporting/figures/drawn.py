"""A figure of the report with its words."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from snndeep.reporting.results import RunResults


@dataclass(frozen=True)
class Drawn:
    """A figure with its title, caption and text alternative.

    Attributes:
        name: Name of its files; letters, digits and `_`.
        title: What the figure shows, in a few words.
        caption: How to read the figure.
        alt: The main number of the figure in a sentence, for those who cannot see it.
        section: Section of the page: answer, rivals, patients, learning, inside or cost.
        figure: The figure; it must be drawn, saved and closed inside `style`.
        network: The network whose view it belongs to, empty if it belongs to none.
        folded: Whether the page shows it on request only.
    """

    name: str
    title: str
    caption: str
    alt: str
    section: str
    figure: Figure
    network: str = ""
    folded: bool = False


def judged_by(results: RunResults, protocol: str, model: str) -> pd.DataFrame:
    """Return the predictions of a model for the test slices of a protocol."""
    table = results.predictions
    return table[(table["protocol"] == protocol) & (table["model"] == model)]
