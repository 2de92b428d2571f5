"""Surrogate-gradient learning: backpropagation through time with a smooth stand-in for the spike's derivative.

The loss is the weighted cross entropy of the two output neurons, read from the trace as

    spike_count      z_k = sum_t s_k[t]                 output neurons fire
    mean_potential   z_k = scale * mean_t v_pre,k[t]    output neurons integrate and never fire

Source: Neftci, Mostafa and Zenke 2019 (arXiv:1901.09948).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from snndeep.backends.base import Backend, Inputs, NeuronSettings, Readout, StackTrace, WholeNetwork
from snndeep.backends.surrogates import SURROGATES
from snndeep.learning.base import Fit, LearningRule, Model, OnEpoch, SearchSpace
from snndeep.learning.descent import DescentSettings, descend
from snndeep.learning.network import SpikingNetwork, initial_parameters
from snndeep.learning.parameters import Parameters
from snndeep.learning.shapes import depth_of, network_shapes, widths_of
from snndeep.seeds import generator
from snndeep.settings import as_text, setting
from snndeep.spikes.encoded_split import Problem

if TYPE_CHECKING:
    import nir

READOUTS = {"spike_count": "number of spikes", "mean_potential": "mean membrane potential before the spike"}
POTENTIAL_SCALE = 4.0


@dataclass(frozen=True)
class SurrogateSettings(DescentSettings, NeuronSettings):
    """Settings of surrogate-gradient learning: those of the descent, of the hidden neurons, and these."""

    hidden: int | tuple[int, ...] = setting(
        64, "Hidden neurons: a number, or a list with the number of each hidden layer.", least=1, min_items=1
    )
    gain: float = setting(0.5, "Variation of the hidden current at the start, in thresholds.", above=0)
    readout: str = setting("mean_potential", "What is read from the output neurons.", choices=tuple(READOUTS))

    @property
    def neuron(self) -> NeuronSettings:
        """The hidden neurons."""
        return NeuronSettings(**{field.name: getattr(self, field.name) for field in fields(NeuronSettings)})

    def network_text(self) -> str:
        """Return the network and its descent in sentences, for the methods section of a report."""
        learned = [name for name, on in (("beta", self.learn_beta), ("threshold", self.learn_threshold)) if on]
        rise = f", raised by {as_text(self.adaptation)} with each spike (decay {as_text(self.adaptation_decay)})"
        return (
            f"{hidden_text(self.hidden)}, beta {as_text(self.beta)}, threshold {as_text(self.threshold)}"
            f"{rise if self.adaptation else ''}, learned per neuron: {' and '.join(learned) or 'neither'}; "
            f"{SURROGATES[self.surrogate]} with slope {as_text(self.slope)}; hidden currents vary by "
            f"{as_text(self.gain)} thresholds at the start; read from the {READOUTS[self.readout]} of the two output "
            f"neurons; cross entropy. {self.descent_text()}"
        )


def hidden_text(hidden: int | Sequence[int]) -> str:
    """Return in words how many hidden neurons there are."""
    *first, last = widths_of(hidden)
    if not first:
        return f"{last} hidden neurons"
    return f"{len(first) + 1} hidden layers of {as_text(first)} and {last} neurons"


class NetworkModel(Model):
    """A spiking network with a readout, in use.

    Args:
        backend: Makes the layers.
        neuron: The hidden neurons.
        readout: One of `READOUTS`.
        parameters: Of the network; they say how many hidden layers there are.
    """

    def __init__(self, backend: Backend, neuron: NeuronSettings, readout: str, parameters: Mapping[str, np.ndarray]):
        self.parameters = Parameters(parameters)
        self._counts = readout == "spike_count"
        self.network = SpikingNetwork(backend, neuron, self._counts, depth_of(self.parameters))
        self._whole: tuple[Inputs, WholeNetwork | None] | None = None

    def evidence(self, trace: StackTrace) -> np.ndarray:
        """Return z `[B, 2]`."""
        if self._counts:
            evidence: np.ndarray = trace.output.spikes.sum(axis=1)
        else:
            evidence = POTENTIAL_SCALE * trace.output.v_pre.mean(axis=1)
        return evidence

    def scores(self, inputs: Inputs, samples: np.ndarray) -> np.ndarray:
        """Return the log odds of disease, the difference of the two outputs."""
        whole = self.whole_network(inputs)
        if whole is None:
            logits = self.evidence(self.network.forward(self.parameters, inputs.batch(samples)))
        else:
            logits = whole.logits(self.parameters.vector, samples)
        logits = logits.astype(np.float64)
        return np.asarray(logits[:, 1] - logits[:, 0])

    def firing_patterns(self, inputs: Inputs, samples: np.ndarray) -> np.ndarray:
        """Return how often every hidden neuron of all layers fired for every sample, `[B, H]`."""
        trace = self.network.forward(self.parameters, inputs.batch(samples))
        return np.concatenate([layer.spikes.sum(axis=1) for layer in trace.hidden_layers], axis=1)

    def trace(self, inputs: Inputs, samples: np.ndarray) -> dict[str, np.ndarray]:
        """See `Model.trace`: hidden spikes `[B, T, H]` of each layer and output potentials `[B, T, 2]`."""
        trace = self.network.forward(self.parameters, inputs.batch(samples))
        names = ["hidden spikes", *(f"layer {k} hidden spikes" for k in range(2, 1 + len(trace.hidden_layers)))]
        spikes = {name: layer.spikes for name, layer in zip(names, trace.hidden_layers, strict=True)}
        return {**spikes, "output potential": trace.output.v_pre}

    def constrain(self) -> None:
        """See `Model.constrain`."""
        self.network.constrain(self.parameters)

    def whole_network(self, inputs: Inputs) -> WholeNetwork | None:
        """Return the backend's network on one data set, where it has such a thing; made once for a data set."""
        if self._whole is None or self._whole[0] is not inputs:
            readout = Readout(self._counts, POTENTIAL_SCALE)
            self._whole = inputs, self.network.whole(self.parameters, inputs, readout)
        return self._whole[1]


class SurrogateModel(NetworkModel):
    """A spiking network that learns by surrogate gradients."""

    def __init__(self, backend: Backend, settings: SurrogateSettings, parameters: Mapping[str, np.ndarray]):
        super().__init__(backend, settings.neuron, settings.readout, parameters)

    def gradients(
        self, inputs: Inputs, samples: np.ndarray, labels: np.ndarray, weights: np.ndarray
    ) -> tuple[float, dict[str, np.ndarray]]:
        """See `Model.gradients`."""
        trace = self.network.forward(self.parameters, inputs.batch(samples))
        loss, grad = weighted_cross_entropy(self.evidence(trace), labels, weights)
        shape = trace.output.spikes.shape
        if self._counts:
            return loss, self.network.backward(trace, np.broadcast_to(grad[:, None], shape), None)
        grad *= POTENTIAL_SCALE / shape[1]
        return loss, self.network.backward(trace, None, np.broadcast_to(grad[:, None], shape))

    def whole(self, inputs: Inputs) -> WholeNetwork | None:
        """See `Model.whole`: the backend's own, which learns as `gradients` does."""
        return self.whole_network(inputs)


def weighted_cross_entropy(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the loss (1/B) sum_b w_b (logsumexp(z_b) - z_b,y_b) and its derivative `[B, 2]`.

    Args:
        logits: `[B, 2]`.
        labels: `[B]`, 0 or 1.
        weights: `[B]`.
    """
    rows = np.arange(labels.size)
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1)
    loss = float(np.dot(weights, np.log(sums) - shifted[rows, labels])) / labels.size
    grad = exponentials / sums[:, None]
    grad[rows, labels] -= 1
    grad *= (weights / labels.size)[:, None]
    return loss, grad


class SurrogateRule(LearningRule):
    """Surrogate-gradient learning."""

    name = "surrogate"
    label = "Surrogate gradient"
    in_words = "backpropagation through time, with a smooth function in place of the derivative of a spike"
    settings = SurrogateSettings
    has_hidden = True
    search_space: ClassVar[SearchSpace] = {
        "learning_rate": {"low": 0.001, "high": 0.02, "log": True},
        "weight_decay": {"low": 0.001, "high": 1.0, "log": True},
        "beta": {"low": 0.5, "high": 0.98},
    }

    def shapes(self, channels: int, settings: SurrogateSettings) -> dict[str, tuple[int, ...]]:
        """See `LearningRule.shapes`."""
        return network_shapes(channels, settings.hidden, settings.learn_beta, settings.learn_threshold)

    def model(
        self, backend: Backend, settings: SurrogateSettings, parameters: Mapping[str, np.ndarray]
    ) -> SurrogateModel:
        """See `LearningRule.model`."""
        return SurrogateModel(backend, settings, parameters)

    def start(self, problem: Problem, backend: Backend, settings: SurrogateSettings, seed: int) -> SurrogateModel:
        """Return a model with freshly drawn parameters."""
        parameters = initial_parameters(
            problem.trains.channels,
            settings.hidden,
            settings.neuron,
            settings.gain,
            problem.training_rate(),
            generator(seed, "weights"),
        )
        return self.model(backend, settings, parameters)

    def fit(
        self,
        problem: Problem,
        inputs: Inputs,
        backend: Backend,
        settings: SurrogateSettings,
        seed: int,
        on_epoch: OnEpoch,
    ) -> Fit:
        """See `LearningRule.fit`."""
        model = self.start(problem, backend, settings, seed)
        return descend(model, inputs, problem, problem.train, settings, seed, on_epoch)

    def methods_text(self, settings: SurrogateSettings) -> str:
        """See `LearningRule.methods_text`."""
        return f"Surrogate gradient (Neftci et al. 2019): {settings.network_text()}"

    def to_nir(
        self, settings: SurrogateSettings, parameters: Mapping[str, np.ndarray], hidden_only: bool
    ) -> nir.NIRGraph:
        """See `network_in_nir`."""
        return network_in_nir(settings.neuron, settings.readout, parameters, hidden_only)


def network_in_nir(
    neuron: NeuronSettings, readout: str, parameters: Mapping[str, np.ndarray], hidden_only: bool
) -> nir.NIRGraph:
    """Return Affine, LIF, Affine, then LIF (readout spike_count) or LI (mean_potential); see `LearningRule.to_nir`."""
    from snndeep.learning.nir_graphs import network_graph

    counts = readout == "spike_count"
    graph = network_graph(neuron, counts, parameters, hidden_only)
    evidence = (
        "the number of spikes of output k" if counts else f"{POTENTIAL_SCALE:g} times the mean potential of output k"
    )
    graph.metadata["readout"] = f"z_1 - z_0, z_k is {evidence}"
    return graph


RULE = SurrogateRule()
