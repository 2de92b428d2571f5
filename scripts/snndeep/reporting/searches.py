"""The searches of a run: one may serve several backends, and is one piece of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snndeep.reporting.names import rule_title, title_of
from snndeep.reporting.results import RunResults
from snndeep.training.outcomes import SearchOutcome


@dataclass(frozen=True)
class Search:
    """A search and the models that take their settings from it.

    Attributes:
        models: Names of the models, all of one learning rule.
        studies: The outcome by split.
    """

    models: tuple[str, ...]
    studies: Mapping[str, SearchOutcome]

    @property
    def title(self) -> str:
        """The model, or the learning rule if the search serves several backends."""
        if len(self.models) == 1:
            return title_of(self.models[0])
        return f"{rule_title(self.models[0].split('/')[1])}, {len(self.models)} backends"


def searches(results: RunResults) -> list[Search]:
    """Return the searches of a run, each once, in the order of the models."""
    found: list[Search] = []
    for model, studies in results.tuned.items():
        same = next((k for k, own in enumerate(found) if own.studies == studies), None)
        if same is None:
            found.append(Search((model,), studies))
        else:
            found[same] = Search((*found[same].models, model), studies)
    return found
