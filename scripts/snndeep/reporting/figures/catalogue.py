"""All figures of the report in their order."""

from __future__ import annotations

from collections.abc import Iterator

from snndeep.reporting.figures.drawn import Drawn
from snndeep.reporting.figures.study import STUDY_FIGURES
from snndeep.reporting.figures.views import VIEW_FIGURES
from snndeep.reporting.results import RunResults


def catalogue(results: RunResults) -> Iterator[Drawn]:
    """Yield the figures one after another; each may be saved and closed before the next is drawn.

    A figure whose data a run does not have (a protocol, a learning rule, a search) is left out.
    """
    for draw in STUDY_FIGURES:
        if (drawn := draw(results)) is not None:
            yield drawn
    for model in results.views:
        for draw_view in VIEW_FIGURES:
            if (drawn := draw_view(results, model)) is not None:
                yield drawn
