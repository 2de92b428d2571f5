"""The outcome of a hyperparameter search, as it is stored and reported."""

from __future__ import annotations

from typing import Any, TypedDict


class TrialOutcome(TypedDict):
    """One finished trial.

    Attributes:
        number: Number of the trial in its study, from 0.
        state: `complete` or `pruned`.
        value: Validation ROC-AUC; None for a trial that was pruned before it had one.
        params: The searched settings by name.
        seconds: Duration.
    """

    number: int
    state: str
    value: float | None
    params: dict[str, Any]
    seconds: float


class SearchOutcome(TypedDict):
    """The outcome of one study: the search of one model on one split.

    Attributes:
        best: The searched settings of the best trial by name.
        best_value: Validation ROC-AUC of the best trial.
        seconds: Duration of all trials together.
        trials: Every trial, in the order of their numbers.
    """

    best: dict[str, Any]
    best_value: float | None
    seconds: float
    trials: list[TrialOutcome]
