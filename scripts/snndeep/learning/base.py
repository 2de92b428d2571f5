"""What a learning rule is: it builds a model from spiking layers and supplies its update.

A rule sees a `Problem` (spike trains, labels, patients, and which samples are for fitting and which for early stopping;
the test part is not in it) and any backend, and returns a `Fit`. It never asks which backend it has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from snndeep.backends.base import Backend, Inputs, WholeNetwork
from snndeep.errors import ConfigError
from snndeep.learning.parameters import Parameters
from snndeep.settings import Settings
from snndeep.spikes.encoded_split import Problem
from snndeep.spikes.encoders.registry import DEFAULT_ENCODER

if TYPE_CHECKING:
    import nir


@dataclass(frozen=True)
class EpochRecord:
    """One line of a learning curve."""

    epoch: int
    loss: float
    validation_auc: float
    seconds: float


@dataclass(frozen=True)
class Fit:
    """A trained model.

    Attributes:
        parameters: Values at the best epoch.
        history: One record per epoch.
        validation_auc: ROC-AUC of the best epoch on the validation samples.
        extra: What a rule has to tell beyond that, JSON values by name.
    """

    parameters: dict[str, np.ndarray]
    history: list[EpochRecord]
    validation_auc: float
    extra: dict[str, Any] = field(default_factory=dict)


class Model(ABC):
    """A model in training or in use."""

    parameters: Parameters

    @abstractmethod
    def gradients(
        self, inputs: Inputs, samples: np.ndarray, labels: np.ndarray, weights: np.ndarray
    ) -> tuple[float, Mapping[str, np.ndarray]]:
        """Return the loss of a batch and the update direction for every parameter.

        Args:
            inputs: The data set in the backend's form.
            samples: Which samples make the batch, `[B]`.
            labels: Their labels `[B]`.
            weights: Their weights `[B]`, of mean 1 over the training part.
        """

    @abstractmethod
    def scores(self, inputs: Inputs, samples: np.ndarray) -> np.ndarray:
        """Return a score per sample, `[B]`; higher means more diseased."""

    @abstractmethod
    def trace(self, inputs: Inputs, samples: np.ndarray) -> dict[str, np.ndarray]:
        """Return what happened inside for a few samples, by name, `[B, T, n]`, for the report."""

    def constrain(self) -> None:  # noqa: B027 (most models have nothing to constrain)
        """Bring parameters back into their range after an update, where they have one."""

    def whole(self, inputs: Inputs) -> WholeNetwork | None:
        """Return what does `gradients`, the update and `constrain` for whole epochs, or None if nothing does.

        What it does is the same, to rounding.
        """
        return None


OnEpoch = Callable[[EpochRecord], None]
SearchSpace = Mapping[str, Mapping[str, Any]]
"""By setting: {low, high, log?} or {choices}."""


class LearningRule(ABC):
    """One learning rule.

    Attributes:
        name: As in the configuration.
        label: As in text.
        in_words: What it does, in a phrase for readers who do not know it; empty if it has none.
        settings: Their class.
        encoder: Name of the encoder that it reads unless the configuration says otherwise.
        search_space: What is searched unless the configuration says otherwise, by setting: {low, high, log?} or {choices}.
        has_hidden: Whether its models have hidden neurons, whose spikes `Model.trace` gives as `hidden spikes`.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    in_words: ClassVar[str] = ""
    settings: ClassVar[type[Settings]]
    encoder: ClassVar[str] = DEFAULT_ENCODER
    search_space: ClassVar[SearchSpace]
    has_hidden: ClassVar[bool]

    @abstractmethod
    def shapes(self, channels: int, settings: Any) -> Mapping[str, tuple[int, ...]]:
        """Return the shape of every parameter of a model for input of `channels` channels, by name; all are float32."""

    @abstractmethod
    def model(self, backend: Backend, settings: Any, parameters: Mapping[str, np.ndarray]) -> Model:
        """Return a model with the given parameters, for use on new samples.

        Args:
            backend: Makes the layers.
            settings: An instance of `settings`.
            parameters: Those of a `Fit`.
        """

    @abstractmethod
    def fit(
        self, problem: Problem, inputs: Inputs, backend: Backend, settings: Any, seed: int, on_epoch: OnEpoch
    ) -> Fit:
        """Learn.

        Args:
            problem: What may be seen.
            inputs: Its spike trains as the backend loaded them; whoever calls has more use for them.
            backend: Makes the layers.
            settings: An instance of `settings`.
            seed: Decides all draws.
            on_epoch: Called after each epoch; may raise to stop.

        Raises:
            DivergedError: If the loss stops being finite.
        """

    def trial_settings(self, settings: Any) -> Any:
        """Return the settings of a trial of the search: without what only the report of the final model needs."""
        return settings

    def methods_text(self, settings: Any) -> str:
        """Return the rule in sentences for the methods section of a report; every setting must be in them.

        A rule that has nothing else to say lists its settings.
        """
        return f"{self.label}: {settings.listed()}."

    def to_nir(self, settings: Any, parameters: Mapping[str, np.ndarray], hidden_only: bool) -> nir.NIRGraph:
        """Return a model in NIR.

        Args:
            settings: An instance of `settings`.
            parameters: Those of a `Fit`.
            hidden_only: End with the spikes of the hidden neurons.

        Raises:
            ConfigError: If NIR cannot express the model, or the rule does not say how; the message says why.
        """
        raise ConfigError(
            f"Models of the rule {self.name} cannot be written in NIR.",
            where=f"{type(self).__module__}.{type(self).__name__}",
            found="no method `to_nir`",
            expected="one that builds the graph of its model",
            remedy="Export a model of another learning rule.",
        )


class Round(Protocol):
    """One round of an arm, see `ComparesArms`."""

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """Of the model after the round, by name."""

    def to_json(self) -> dict[str, Any]:
        """Return all but the parameters as JSON values."""


@runtime_checkable
class ComparesArms(Protocol):
    """A learning rule that compares itself with another procedure of the same budget and settings."""

    def arms(
        self, problem: Problem, inputs: Inputs, backend: Backend, settings: Any, seed: int
    ) -> Mapping[str, Sequence[Round]]:
        """Return the rounds of each arm; arguments as in `LearningRule.fit`."""
