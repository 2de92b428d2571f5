"""Bio-inspired active learning (BAL): label those samples whose firing pattern departs most from what is known.

Start from a small labelled part of the training samples. In each round fit the network to what is labelled, record the
hidden neurons' firing patterns of labelled samples (*empirical*) and unlabelled samples (*generalised*), and label the
samples whose generalised pattern lies farthest from every empirical one. Each choice joins the empirical patterns, so
that choices spread over patterns, and no patient gives more than its share of a round, so that they spread over
patients. Stop at the label budget. The model is that of the round with the best validation ROC-AUC.

No label is read before it is counted: the first samples are labelled one by one until both classes are there. The
validation part is labelled as a whole and is outside the budget; every point of the curve says how many labels that is.
Scaling and selection of features come before this rule and use the labels of the whole training part; the budget is that of
the network alone.

This departs from the publication in the selection: it is k-centre greedy (Sener and Savarese 2018) on spike counts, with
a quota for each patient.

After Zhan et al. 2023, "Bio-inspired active learning method in spiking neural network", Knowledge-Based Systems 261.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from snndeep.backends.base import Backend, Inputs
from snndeep.errors import ConfigError
from snndeep.learning.base import EpochRecord, Fit, LearningRule, OnEpoch
from snndeep.learning.batches import in_batches
from snndeep.learning.descent import descend
from snndeep.learning.surrogate import RULE as SURROGATE
from snndeep.learning.surrogate import SurrogateModel, SurrogateSettings
from snndeep.seeds import derive_seed, generator
from snndeep.settings import as_text, setting
from snndeep.spikes.encoded_split import Problem

if TYPE_CHECKING:
    import nir

PATTERN_BATCH = 1024


@dataclass(frozen=True)
class BalSettings(SurrogateSettings):
    """Settings of bio-inspired active learning."""

    initial_fraction: float = setting(0.2, "Share of training samples labelled at the start.", above=0, most=1)
    budget_fraction: float = setting(0.6, "Share labelled at the end.", above=0, most=1)
    rounds: int = setting(4, "Number of fits.", least=1)
    compare_random: bool = setting(
        True, "Also compare with random choice of the same budget, for the report.", searchable=False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.initial_fraction > self.budget_fraction:
            raise ConfigError(
                "The label budget is impossible.",
                where="initial_fraction, budget_fraction",
                found=f"{self.initial_fraction}, {self.budget_fraction}",
                expected="initial_fraction <= budget_fraction",
            )


def select_departing(empirical: np.ndarray, generalised: np.ndarray, patients: np.ndarray, count: int) -> np.ndarray:
    """Choose unlabelled samples by the departure of their pattern from the empirical ones.

    Greedy: the next choice is the sample with the greatest Euclidean distance to its nearest empirical pattern, ties to
    the lower index; it then counts as empirical. A patient gives at most ceil(count / patients) samples while other
    patients have any left.

    Distances are taken as |x - y|^2 = |x|^2 - 2 x.y + |y|^2. Of spike counts every term is a whole number, so they are
    exact, ties included, in whatever order a product is summed.

    Args:
        empirical: Patterns of labelled samples `[L, H]`, spike counts.
        generalised: Patterns of unlabelled samples `[U, H]`.
        patients: Patient of each unlabelled sample `[U]`.
        count: How many to choose.

    Returns:
        Indices into the unlabelled samples, in the order chosen, `[min(count, U)]`.
    """
    empirical, generalised = np.asarray(empirical, np.float64), np.asarray(generalised, np.float64)
    count = min(count, generalised.shape[0])
    names, patient = np.unique(patients, return_inverse=True)
    quota = math.ceil(count / max(names.size, 1))
    norms = (generalised**2).sum(axis=1)
    squared = norms[:, None] - 2 * generalised @ empirical.T + (empirical**2).sum(axis=1)
    departure = np.maximum(squared.min(axis=1), 0)
    taken = np.zeros(generalised.shape[0], bool)
    given = np.zeros(names.size, np.int64)
    chosen: list[int] = []
    while len(chosen) < count:
        eligible = ~taken & (given[patient] < quota)
        if not eligible.any():
            quota += 1
            continue
        k = int(np.argmax(np.where(eligible, departure, -1.0)))
        chosen.append(k)
        taken[k] = True
        given[patient[k]] += 1
        np.minimum(departure, norms - 2 * (generalised @ generalised[k]) + norms[k], out=departure)
    return np.array(chosen, np.int64)


def initial_labels(labels: np.ndarray, patients: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the first samples to label, round-robin over patients, and go on until both classes are there.

    A label is read only of a sample that is returned, so that every look is counted.

    Args:
        labels: `[N]`.
        patients: `[N]`.
        count: How many, at least 2; more are returned where these are all of one class.
        rng: Source of the draws.
    """
    order = rng.permutation(labels.size)
    position = np.empty(labels.size, np.int64)
    for name in np.unique(patients):
        own = order[patients[order] == name]
        position[own] = np.arange(own.size)
    queue = order[np.argsort(position[order], kind="stable")]
    while count < queue.size and np.ptp(labels[queue[:count]]) == 0:
        count += 1
    return np.sort(queue[:count])


@dataclass(frozen=True)
class LabelledRound:
    """The model after one round.

    Attributes:
        labels: Labelled training samples.
        validation_labels: Labelled validation samples, which are outside the budget.
        validation_auc: ROC-AUC on them at the round's best epoch.
        parameters: By name.
    """

    labels: int
    validation_labels: int
    validation_auc: float
    parameters: dict[str, np.ndarray]

    def to_json(self) -> dict[str, Any]:
        """Return all but the parameters as JSON values."""
        return {
            "labels": self.labels,
            "validation_labels": self.validation_labels,
            "validation_auc": self.validation_auc,
        }


Choose = Callable[[SurrogateModel, np.ndarray, np.ndarray, int], np.ndarray]
"""Chooses a number of unlabelled samples, from the model, the labelled and the unlabelled."""


class BalRule(LearningRule):
    """Bio-inspired active learning around surrogate-gradient learning."""

    name = "bal"
    label = "BAL"
    in_words = (
        "bio-inspired active learning: surrogate gradients, with labels bought in rounds for the slices "
        "whose firing patterns are least like those already labelled"
    )
    settings = BalSettings
    has_hidden = True
    search_space = SURROGATE.search_space

    def shapes(self, channels: int, settings: BalSettings) -> dict[str, tuple[int, ...]]:
        """See `LearningRule.shapes`."""
        return SURROGATE.shapes(channels, settings)

    def model(self, backend: Backend, settings: BalSettings, parameters: Mapping[str, np.ndarray]) -> SurrogateModel:
        """See `LearningRule.model`."""
        return SURROGATE.model(backend, settings, parameters)

    def fit(
        self, problem: Problem, inputs: Inputs, backend: Backend, settings: BalSettings, seed: int, on_epoch: OnEpoch
    ) -> Fit:
        """See `LearningRule.fit`; the model is that of the best round, and `extra["curve"]` holds one point per round."""
        history: list[EpochRecord] = []

        def record(entry: EpochRecord) -> None:
            history.append(EpochRecord(len(history) + 1, entry.loss, entry.validation_auc, entry.seconds))
            on_epoch(history[-1])

        rounds = self._rounds(problem, backend, inputs, settings, seed, record, _departing(problem, inputs))
        best = max(rounds, key=lambda one: one.validation_auc)  # the first of equals
        return Fit(best.parameters, history, best.validation_auc, {"curve": [one.to_json() for one in rounds]})

    def arms(
        self, problem: Problem, inputs: Inputs, backend: Backend, settings: BalSettings, seed: int
    ) -> dict[str, list[LabelledRound]]:
        """Return the rounds of BAL and of random choice with one budget and one set of settings, by choice.

        The two arms start from the same labels and weights and differ in what they label next.
        """
        choices = {self.label: _departing(problem, inputs), "random": _at_random(seed)}
        return {
            name: self._rounds(problem, backend, inputs, settings, seed, lambda record: None, choose)
            for name, choose in choices.items()
        }

    def methods_text(self, settings: BalSettings) -> str:
        """See `LearningRule.methods_text`."""
        both = " It was compared with random choice of the same budget, with untuned settings for both."
        compared = both if settings.compare_random else ""
        return (
            "Bio-inspired active learning (BAL, after Zhan et al. 2023): from a share of "
            f"{as_text(settings.initial_fraction)} labelled training samples to {as_text(settings.budget_fraction)} in "
            f"{settings.rounds} rounds, each time labelling the samples whose hidden firing pattern departs most from those "
            "known; the model is that of the best round. The budget is the network's own: the validation part is labelled in "
            "addition, and features were selected with the labels of the whole training part."
            f"{compared} The network learns by surrogate gradients (Neftci et al. 2019): {settings.network_text()}"
        )

    def trial_settings(self, settings: BalSettings) -> BalSettings:
        """See `LearningRule.trial_settings`: random choice is compared once, with the settings found."""
        return replace(settings, compare_random=False)

    def to_nir(self, settings: BalSettings, parameters: Mapping[str, np.ndarray], hidden_only: bool) -> nir.NIRGraph:
        """See `SurrogateRule.to_nir`: the network is the same."""
        return SURROGATE.to_nir(settings, parameters, hidden_only)

    def _rounds(
        self,
        problem: Problem,
        backend: Backend,
        inputs: Inputs,
        settings: BalSettings,
        seed: int,
        on_epoch: OnEpoch,
        choose: Choose,
    ) -> list[LabelledRound]:
        """Fit, choose, label, repeat; the network continues from its state."""
        sizes = label_schedule(problem.train.size, settings)
        labelled = problem.train[
            initial_labels(
                problem.labels[problem.train],
                problem.patients[problem.train],
                sizes[0],
                generator(seed, "first labels"),
            )
        ]
        model = SURROGATE.start(problem, backend, settings, seed)
        rounds = []
        for number, size in enumerate(sizes):
            if size > labelled.size:
                unlabelled = np.setdiff1d(problem.train, labelled)
                chosen = choose(model, labelled, unlabelled, size - labelled.size)
                labelled = np.sort(np.concatenate([labelled, chosen]))
            fit = descend(model, inputs, problem, labelled, settings, derive_seed(seed, "round", number), on_epoch)
            rounds.append(
                LabelledRound(int(labelled.size), int(problem.validation.size), fit.validation_auc, fit.parameters)
            )
        return rounds


def _departing(problem: Problem, inputs: Inputs) -> Choose:
    def choose(model: SurrogateModel, labelled: np.ndarray, unlabelled: np.ndarray, count: int) -> np.ndarray:
        empirical, generalised = (_patterns(model, inputs, part) for part in (labelled, unlabelled))
        chosen: np.ndarray = unlabelled[select_departing(empirical, generalised, problem.patients[unlabelled], count)]
        return chosen

    return choose


def _at_random(seed: int) -> Choose:
    def choose(model: SurrogateModel, labelled: np.ndarray, unlabelled: np.ndarray, count: int) -> np.ndarray:
        return generator(seed, "random choice", labelled.size).permutation(unlabelled)[:count]

    return choose


def label_schedule(samples: int, settings: BalSettings) -> list[int]:
    """Return the number of labelled samples in each round, evenly spaced from the start to the budget."""
    first = max(2, round(settings.initial_fraction * samples))
    last = max(first, round(settings.budget_fraction * samples))
    return [int(n) for n in np.linspace(first, last, settings.rounds).round()] if settings.rounds > 1 else [last]


def _patterns(model: SurrogateModel, inputs: Inputs, samples: np.ndarray) -> np.ndarray:
    return np.concatenate([model.firing_patterns(inputs, batch) for batch in in_batches(samples, PATTERN_BATCH)])


RULE = BalRule()
