"""What a backend is: the maker of a spiking layer, and nothing more.

A layer maps input spikes `[B, T, M]` to output spikes and membrane potentials `[B, T, N]`, and maps the derivatives of a
loss with respect to those two back to its parameters and its input. Everything that crosses this line is numpy, so
networks, learning rules and optimisers are common to all backends and need no framework.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from snndeep.backends.surrogates import SURROGATES
from snndeep.errors import ConfigError, InvalidInputError
from snndeep.settings import Settings, setting
from snndeep.spikes.trains import SpikeTrains

NATIVE_SETTINGS = ("learn_beta", "learn_threshold", "adaptation")
"""Settings of the neuron that not every backend offers; a value that is not 0 uses them."""


@dataclass(frozen=True)
class LifSettings(Settings):
    """A layer of leaky integrate-and-fire neurons, as every backend offers them.

        v_pre[t] = beta v[t-1] + I[t],   s[t] = [v_pre[t] >= threshold],   v[t] = v_pre[t] (1 - s[t])

    An infinite threshold makes a leaky integrator that never fires.
    """

    beta: float = setting(0.9, "Decay of the membrane potential per step.", least=0, below=1)
    threshold: float = setting(1.0, "Firing threshold.", above=0)
    surrogate: str = setting("atan", "Surrogate derivative.", choices=tuple(SURROGATES))
    slope: float = setting(2.0, "Steepness of the surrogate derivative.", above=0)


@dataclass(frozen=True)
class NeuronSettings(LifSettings):
    """The same with what not every backend offers; see `NATIVE_SETTINGS`."""

    learn_beta: bool = setting(False, "Learn a time constant per neuron (native mode).")
    learn_threshold: bool = setting(False, "Learn a threshold per neuron (native mode).")
    adaptation: float = setting(0.0, "Rise of the threshold with each spike (native mode).", least=0)
    adaptation_decay: float = setting(0.9, "Decay of that rise per step.", least=0, below=1)

    @property
    def native(self) -> tuple[str, ...]:
        """The settings in use that go beyond the common neuron, which not every backend offers."""
        return tuple(name for name in NATIVE_SETTINGS if getattr(self, name))


NATIVE_SPACE: dict[str, dict[str, Any]] = {
    "learn_beta": {"choices": [True, False]},
    "learn_threshold": {"choices": [True, False]},
    "adaptation": {"low": 0.0, "high": 0.5},
    "surrogate": {"choices": list(SURROGATES)},
}
"""What native mode adds to a search unless the configuration says otherwise."""


@dataclass(frozen=True)
class LayerTrace:
    """What a layer did with a batch.

    Attributes:
        spikes: `[B, T, N]`, 0 and 1.
        v_pre: `[B, T, N]`, the membrane potential before reset.
        tape: What the backend keeps for the backward pass; private to it.
    """

    spikes: np.ndarray
    v_pre: np.ndarray
    tape: Any


class SpikingLayer(Protocol):
    """A layer without state of its own: parameters go in with every call."""

    def forward(self, parameters: Mapping[str, np.ndarray], inputs: Any) -> LayerTrace:
        """Run a batch: a batch of `Inputs`, or the spikes `[B, T, M]` of another layer.

        `parameters` holds `weight` `[M, N]` and `bias` `[N]`, in native mode also `beta` and `threshold` `[N]`.
        """

    def backward(
        self, trace: LayerTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
        """Return dL/dparameters by name, and dL/dinput `[B, T, M]` (None where the input was a batch of `Inputs`)."""


@dataclass(frozen=True)
class Readout:
    """How the logits of a network are read from its output neurons.

    Attributes:
        counts: Whether their spikes are counted; if not, their potential is averaged over time.
        scale: Times the mean potential.
    """

    counts: bool
    scale: float


class Optimiser(Protocol):
    """Adam with decoupled weight decay, as `snndeep.learning.optimiser.Adam` has it."""

    rate: float
    beta1: float
    beta2: float
    eps: float
    first: np.ndarray
    second: np.ndarray
    keep: np.ndarray
    steps: int


class Average(Protocol):
    """A moving average of parameters, as `snndeep.learning.optimiser.MovingAverage` has it."""

    values: np.ndarray
    decay: float
    steps: int


class WholeNetwork(Protocol):
    """A network on one data set that a backend reads and trains without coming back for every batch."""

    def logits(self, vector: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Return the logits `[B, 2]` of samples, from the vector of all parameters."""

    def epoch(
        self,
        vector: np.ndarray,
        samples: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray,
        batch: int,
        optimiser: Optimiser,
        average: Average,
    ) -> float:
        """Go once over samples in their order, with an update per batch, and return the mean weighted cross entropy.

        Args:
            vector: All parameters, changed in place.
            samples: `[N]`.
            labels: `[N]`, of these samples.
            weights: `[N]`, of these samples.
            batch: Samples per update.
            optimiser: Its moments and number of steps are brought up to date.
            average: As the optimiser, after every update.
        """


class NetworkTrace(Protocol):
    """What two layers did with a batch. `hidden` may be worked out only when it is asked for."""

    @property
    def hidden(self) -> LayerTrace:
        """The first layer."""

    @property
    def output(self) -> LayerTrace:
        """The second layer."""


class LayerPair(Protocol):
    """A layer that feeds another, as one thing that a backend may do better than layer by layer."""

    def forward(self, hidden: Mapping[str, np.ndarray], output: Mapping[str, np.ndarray], inputs: Any) -> NetworkTrace:
        """Run a batch of `Inputs`; `hidden` and `output` are the parameters of the two layers."""

    def backward(
        self, trace: NetworkTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Return dL/dparameters of the two layers from the derivatives with respect to the second one's trace."""

    def whole(
        self,
        inputs: Any,
        readout: Readout,
        places: Mapping[str, int],
        neurons: int,
        limits: Mapping[str, tuple[float, float]],
    ) -> WholeNetwork | None:
        """Return the two layers and the cross entropy of their outputs as one thing, or None if there is no such thing.

        Args:
            inputs: The data set.
            readout: How the outputs are read.
            places: Where each parameter, `hidden.weight` and so on, begins in the vector of them all.
            neurons: How many hidden neurons there are.
            limits: Smallest and greatest value of parameters by name, kept after each update.
        """


def hidden_names(depth: int) -> list[str]:
    """Return how the parameters of each hidden layer begin: `hidden`, `hidden2`, `hidden3` and so on."""
    return ["hidden", *(f"hidden{number}" for number in range(2, depth + 1))][:depth]


class StackTrace(Protocol):
    """What the layers of a network of any depth did with a batch."""

    @property
    def hidden_layers(self) -> Sequence[LayerTrace]:
        """The hidden layers, in order."""

    @property
    def output(self) -> LayerTrace:
        """The last layer."""


class LayerStack(Protocol):
    """Several layers, each feeding the next."""

    def forward(self, parameters: Sequence[Mapping[str, np.ndarray]], inputs: Any) -> Any:
        """Run a batch of `Inputs` and return a `StackTrace`; `parameters` are those of each layer, the output last."""

    def backward(
        self, trace: Any, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> list[dict[str, np.ndarray]]:
        """Return dL/dparameters of each layer from the derivatives with respect to the last one's trace."""

    def whole(
        self,
        inputs: Any,
        readout: Readout,
        places: Mapping[str, int],
        widths: Sequence[int],
        limits: Mapping[str, tuple[float, float]],
    ) -> WholeNetwork | None:
        """Do what `LayerPair.whole` does, for hidden layers of the given widths, named as by `hidden_names`."""


class Inputs(Protocol):
    """Spike trains in the form that a backend computes with, converted once for a data set."""

    def batch(self, samples: np.ndarray) -> Any:
        """Return the chosen samples as input of the first layer."""

    def dense(self, samples: np.ndarray) -> np.ndarray:
        """Return the spikes of the chosen samples, uint8 `[B, T, F]`, for rules that look at what a synapse sees."""


class Backend(ABC):
    """One implementation of the spiking layer.

    Planning and reporting import its module to ask for the attributes below, in environments that lack its packages; so
    these are imported inside `load`, `layer` and `pair` and not at the top of the module.

    Attributes:
        name: As in the configuration.
        label: As in text.
        packages: What its layers import beyond numpy, as pip names it.
        environment: Name of the conda environment that holds these, `envs/<environment>.yaml`.
        native: The settings beyond the common neuron that it offers, see `NeuronSettings.native`.
        devices: Where it can compute, `cpu` first.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    environment: ClassVar[str]
    native: ClassVar[frozenset[str]] = frozenset()
    devices: ClassVar[tuple[str, ...]] = ("cpu",)

    def on(self, device: str) -> Backend:
        """Return this backend computing on a device.

        Args:
            device: One of `devices`.

        Raises:
            ConfigError: If it cannot compute there, or this machine has no such device.
        """
        if device not in self.devices:
            raise ConfigError(
                f"The {self.name} backend does not compute on this device.",
                where="models.device",
                found=device,
                expected=f"one of {', '.join(self.devices)}",
            )
        return self

    def methods_text(self) -> str:
        """Return what the methods section of a report calls it, with its version or source where that matters."""
        return self.label

    @abstractmethod
    def load(self, trains: SpikeTrains, dtype: np.dtype) -> Inputs:
        """Convert a data set once, before training."""

    @abstractmethod
    def layer(self, neuron: NeuronSettings) -> SpikingLayer:
        """Make a layer.

        Raises:
            ConfigError: If the neuron asks for what this backend does not offer, see `check_neuron`.
        """

    @abstractmethod
    def pair(self, hidden: NeuronSettings, output: NeuronSettings) -> LayerPair:
        """Make two layers, the first feeding the second; `snndeep.backends.pair.ComposedPair` fits any backend.

        Raises:
            ConfigError: As `layer`.
        """

    def stack(self, hidden: NeuronSettings, depth: int, output: NeuronSettings) -> LayerStack:
        """Make `depth` hidden layers of equal neurons and an output layer: a pair, or by default one after the other.

        Raises:
            ConfigError: As `layer`.
        """
        from snndeep.backends.stack import ComposedStack, PairStack

        if depth == 1:
            return PairStack(self.pair(hidden, output))
        return ComposedStack([*(self.layer(hidden) for _ in range(depth)), self.layer(output)])

    def check_neuron(self, neuron: NeuronSettings) -> None:
        """Check that a neuron uses no setting of native mode that this backend does not offer.

        Raises:
            ConfigError: If it does.
        """
        missing = [name for name in neuron.native if name not in self.native]
        if missing:
            raise ConfigError(
                f"The {self.name} backend does not offer these settings of native mode.",
                where=", ".join(missing),
                found="in use",
                expected="not in use",
                remedy="Use a backend that offers them, or parity mode.",
            )


def check_samples(samples: np.ndarray, available: int) -> np.ndarray:
    """Return `samples` as int64 after checking that they name a non-empty batch of existing samples.

    Raises:
        InvalidInputError: If the batch is empty or names a sample that is not there.
    """
    samples = np.asarray(samples, np.int64)
    if samples.ndim != 1 or samples.size == 0:
        raise InvalidInputError(
            "A batch holds no samples.",
            where="samples",
            found=f"shape {samples.shape}",
            expected="[B] with B >= 1",
        )
    if samples.min() < 0 or samples.max() >= available:
        raise InvalidInputError(
            "A batch names samples that do not exist.",
            where="samples",
            found=f"{samples.min()} to {samples.max()}",
            expected=f"0 to {available - 1}",
        )
    return samples


def check_dense_inputs(inputs: np.ndarray, inputs_expected: int) -> None:
    """Check dense spikes that enter a layer.

    Raises:
        InvalidInputError: If the shape is not `[B, T, M]` with the expected M, or a value is neither 0 nor 1.
    """
    if inputs.ndim != 3 or inputs.shape[2] != inputs_expected or 0 in inputs.shape:
        raise InvalidInputError(
            "The input of a layer has the wrong shape.",
            where="inputs",
            found=f"shape {inputs.shape}",
            expected=f"[B, T, {inputs_expected}] with B and T of at least 1",
        )
    wrong = inputs[(inputs != 0) & (inputs != 1)]
    if wrong.size:
        raise InvalidInputError(
            "The input of a layer is not binary.",
            where="inputs",
            found=f"the value {wrong.flat[0]}",
            expected="0 or 1 (no NaN, no negative values)",
        )
