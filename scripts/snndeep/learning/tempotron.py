"""The Tempotron: a neuron that learns, from its errors alone, to fire for one class and to stay silent for the other.

    V(t) = sum_i w_i sum_{t_i <= t} K(t - t_i) + b        K(d) = V0 (exp(-d / tau_m) - exp(-d / tau_s))
    on an error, with t_max the time of the greatest V:   dw_i = +- sum_{t_i <= t_max} K(t_max - t_i)
    score = V(t_max) - threshold

V0 makes the peak of K equal to 1. K is the difference of two leaky integrations of one current, and a leaky integrator
is a spiking layer whose threshold is infinite; so V is V0 times the difference of the potentials of two such layers
that share their weights, and the rule is the derivative of V(t_max) through them. Any backend can do it.

Source: Gütig and Sompolinsky 2006, Nature Neuroscience 9, 420-428.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from snndeep.backends.base import Backend, Inputs, LayerTrace, NeuronSettings
from snndeep.errors import ConfigError
from snndeep.learning.base import Fit, LearningRule, Model, OnEpoch, SearchSpace
from snndeep.learning.descent import DescentSettings, descend
from snndeep.learning.parameters import Parameters
from snndeep.seeds import generator
from snndeep.settings import as_text, setting
from snndeep.spikes.encoded_split import Problem

if TYPE_CHECKING:
    import nir


@dataclass(frozen=True)
class TempotronSettings(DescentSettings):
    """Settings of the Tempotron; one neuron with few parameters learns in larger steps and needs more of them."""

    tau_m: float = setting(8.0, "Time constant of the membrane, in steps.", above=0)
    tau_s: float = setting(2.0, "Time constant of the synapse, in steps; below tau_m.", above=0)
    threshold: float = setting(1.0, "Firing threshold.", above=0)
    gain: float = setting(0.3, "Deviation of the voltage at the start, in thresholds.", above=0)
    learning_rate: float = setting(0.01, "Step size of Adam.", above=0)
    epochs: int = setting(60, "The most passes over the training part.", least=1)
    patience: int = setting(12, "Epochs without a better validation ROC-AUC before stopping.", least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tau_s >= self.tau_m:
            raise ConfigError(
                "The Tempotron's time constants are impossible.",
                where="tau_s, tau_m",
                found=f"{self.tau_s} and {self.tau_m} steps",
                expected="tau_s < tau_m",
            )


def kernel_scale(tau_m: float, tau_s: float) -> float:
    """Return V0, which makes the peak of the postsynaptic potential K equal to 1.

    The peak lies at d = tau_m tau_s / (tau_m - tau_s) ln(tau_m / tau_s).
    """
    peak = tau_m * tau_s / (tau_m - tau_s) * math.log(tau_m / tau_s)
    return 1 / (math.exp(-peak / tau_m) - math.exp(-peak / tau_s))


class TempotronModel(Model):
    """One Tempotron neuron that fires for diseased samples."""

    integrators = 2  # of membrane and synapse

    def __init__(self, backend: Backend, settings: TempotronSettings, parameters: Mapping[str, np.ndarray]):
        self.parameters = Parameters(parameters)
        self._threshold = settings.threshold
        self._scale = kernel_scale(settings.tau_m, settings.tau_s)
        self._membrane, self._synapse = (
            backend.layer(NeuronSettings(beta=math.exp(-1 / tau), threshold=float("inf")))
            for tau in (settings.tau_m, settings.tau_s)
        )

    def _run(self, inputs: Inputs, samples: np.ndarray) -> tuple[LayerTrace, LayerTrace, np.ndarray]:
        batch = inputs.batch(samples)
        current = {"weight": self.parameters["weight"], "bias": np.zeros_like(self.parameters["bias"])}
        membrane, synapse = self._membrane.forward(current, batch), self._synapse.forward(current, batch)
        voltage = membrane.v_pre[:, :, 0] - synapse.v_pre[:, :, 0]
        voltage *= self._scale
        return membrane, synapse, voltage

    def gradients(
        self, inputs: Inputs, samples: np.ndarray, labels: np.ndarray, weights: np.ndarray
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Return the mean distance to the threshold over the batch's errors, and its derivative.

        The derivative is the Tempotron's update with its sign turned: + sum K for a neuron that fired and should not
        have, - sum K for one that should have fired, zero for a correct sample.
        """
        membrane, synapse, voltage = self._run(inputs, samples)
        rows, steps = np.arange(samples.size), voltage.argmax(axis=1)
        margin = voltage[rows, steps] + self.parameters["bias"][0] - self._threshold
        sign = ((margin >= 0).astype(np.float32) - labels) * weights / samples.size
        upstream = np.zeros_like(membrane.v_pre)
        upstream[rows, steps, 0] = sign * self._scale
        forward, _ = self._membrane.backward(membrane, None, upstream)
        backward, _ = self._synapse.backward(synapse, None, upstream)
        gradients = {"weight": forward["weight"] - backward["weight"], "bias": sign.sum(keepdims=True)}
        return float(np.dot(sign, margin)), gradients

    def scores(self, inputs: Inputs, samples: np.ndarray) -> np.ndarray:
        """Return V(t_max) - threshold."""
        greatest = self._run(inputs, samples)[2].max(axis=1).astype(np.float64)
        return np.asarray(greatest + float(self.parameters["bias"][0]) - self._threshold)

    def trace(self, inputs: Inputs, samples: np.ndarray) -> dict[str, np.ndarray]:
        """See `Model.trace`: the voltage V `[B, T, 1]`."""
        return {"output potential": self._run(inputs, samples)[2][:, :, None] + self.parameters["bias"]}

    def constrain(self) -> None:
        """Nothing to constrain."""


class TempotronRule(LearningRule):
    """The Tempotron."""

    name = "tempotron"
    label = "Tempotron"
    in_words = "one neuron that learns from its errors to fire for diseased slices and to stay silent for healthy ones"
    settings = TempotronSettings
    has_hidden = False
    search_space: ClassVar[SearchSpace] = {
        "learning_rate": {"low": 0.002, "high": 0.05, "log": True},
        "weight_decay": {"low": 0.001, "high": 1.0, "log": True},
        "tau_m": {"low": 4.0, "high": 16.0},
    }

    def shapes(self, channels: int, settings: TempotronSettings) -> dict[str, tuple[int, ...]]:
        """See `LearningRule.shapes`."""
        return {"weight": (channels, 1), "bias": (1,)}

    def model(
        self, backend: Backend, settings: TempotronSettings, parameters: Mapping[str, np.ndarray]
    ) -> TempotronModel:
        """See `LearningRule.model`."""
        return TempotronModel(backend, settings, parameters)

    def fit(
        self,
        problem: Problem,
        inputs: Inputs,
        backend: Backend,
        settings: TempotronSettings,
        seed: int,
        on_epoch: OnEpoch,
    ) -> Fit:
        """See `LearningRule.fit`."""
        trains = problem.trains
        spikes_per_sample = max(problem.training_rate() * trains.steps * trains.channels, 1.0)
        deviation = settings.gain * settings.threshold / math.sqrt(spikes_per_sample)
        weight = generator(seed, "weights").normal(0, deviation, (trains.channels, 1)).astype(np.float32)
        model = self.model(backend, settings, {"weight": weight, "bias": np.zeros(1, np.float32)})
        return descend(model, inputs, problem, problem.train, settings, seed, on_epoch)

    def methods_text(self, settings: TempotronSettings) -> str:
        """See `LearningRule.methods_text`."""
        return (
            f"Tempotron (Gütig and Sompolinsky 2006): membrane and synapse time constants {as_text(settings.tau_m)} and "
            f"{as_text(settings.tau_s)} steps, threshold {as_text(settings.threshold)}, voltages deviate by "
            f"{as_text(settings.gain)} thresholds at the start; the score is the greatest voltage above the threshold. "
            f"{settings.descent_text()}"
        )

    def to_nir(
        self, settings: TempotronSettings, parameters: Mapping[str, np.ndarray], hidden_only: bool
    ) -> nir.NIRGraph:
        """Return Linear, LI, Affine: V(t) as the difference of two leaky integrations; see `LearningRule.to_nir`."""
        import nir

        from snndeep.learning.nir_graphs import chain, leaky_layer

        scale = np.float32(kernel_scale(settings.tau_m, settings.tau_s))
        weight = parameters["weight"]
        decays = np.array([math.exp(-1 / settings.tau_m), math.exp(-1 / settings.tau_s)])
        nodes = leaky_layer("integrators", {"weight": np.concatenate([weight, weight], axis=1)}, decays)
        nodes["voltage"] = nir.Affine(weight=np.array([[scale, -scale]]), bias=parameters["bias"].astype(np.float32))
        graph = chain(nodes, weight.shape[0])
        graph.metadata["readout"] = f"the greatest voltage minus {as_text(settings.threshold)}"
        return graph


RULE = TempotronRule()
