"""Layers of the event-driven engine behind the common interface; `snndeep.backends.custom` makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from snndeep.backends.base import (
    LayerTrace,
    NetworkTrace,
    NeuronSettings,
    Readout,
    check_dense_inputs,
    check_samples,
)
from snndeep.backends.event_trainer import EventNetwork
from snndeep.backends.stack import ComposedStack
from snndeep.engine.events import EventTrains
from snndeep.engine.layer import backward_events, backward_spikes, forward_events, forward_spikes
from snndeep.engine.network import backward_network, forward_network
from snndeep.engine.neuron import SURROGATE_CODES
from snndeep.errors import InvalidInputError
from snndeep.spikes.trains import SpikeTrains


@dataclass(frozen=True)
class EventBatch:
    """Some samples of an event list."""

    trains: EventTrains
    samples: np.ndarray


@dataclass(frozen=True)
class EventInputs:
    """A data set as event lists, built once, and packed as it came.

    Attributes:
        trains: The spikes as events.
        packed: The spikes.
    """

    trains: EventTrains
    packed: SpikeTrains

    @classmethod
    def from_trains(cls, trains: SpikeTrains) -> EventInputs:
        """Build the event lists."""
        return cls(EventTrains.from_trains(trains), trains)

    @cached_property
    def shorter(self) -> EventTrains:
        """The spikes as events, or the entries without a spike if these are fewer."""
        spikes = self.trains
        if 2 * spikes.by_step[1].size <= spikes.samples * spikes.steps * spikes.inputs:
            return spikes
        return EventTrains.from_trains(self.packed, silent=True)

    def batch(self, samples: np.ndarray) -> EventBatch:
        """Return the chosen samples; nothing is copied."""
        return EventBatch(self.trains, check_samples(samples, self.trains.samples))

    def dense(self, samples: np.ndarray) -> np.ndarray:
        """See `Inputs.dense`."""
        return self.packed.dense(check_samples(samples, self.packed.samples))


@dataclass(frozen=True)
class _Neurons:
    """The neurons of a layer, as the engine takes them."""

    beta: np.ndarray
    threshold: np.ndarray
    adaptation: tuple[np.floating, np.floating, np.ndarray] | None
    surrogate: tuple[int, np.floating]

    @classmethod
    def prepare(cls, neuron: NeuronSettings, parameters: Mapping[str, np.ndarray], batch: int, steps: int) -> _Neurons:
        bias = parameters["bias"]
        neurons, dtype = bias.size, bias.dtype
        adaptation = None
        if neuron.adaptation:
            theta = np.empty((batch, steps, neurons), dtype)
            adaptation = (dtype.type(neuron.adaptation_decay), dtype.type(neuron.adaptation), theta)
        return cls(
            parameters["beta"] if neuron.learn_beta else np.full(neurons, neuron.beta, dtype),
            parameters["threshold"] if neuron.learn_threshold else np.full(neurons, neuron.threshold, dtype),
            adaptation,
            (SURROGATE_CODES[neuron.surrogate], dtype.type(neuron.slope)),
        )


def _neuron_gradient(neuron: NeuronSettings, neurons: int, dtype: np.dtype) -> np.ndarray | None:
    return np.zeros((2, neurons), dtype) if neuron.learn_beta or neuron.learn_threshold else None


def _named_gradients(
    neuron: NeuronSettings, weight: np.ndarray, bias: np.ndarray, grad_neuron: np.ndarray | None
) -> dict[str, np.ndarray]:
    gradients = {"weight": weight, "bias": bias}
    if grad_neuron is not None:
        learned = {"beta": neuron.learn_beta, "threshold": neuron.learn_threshold}
        gradients |= {name: own for (name, on), own in zip(learned.items(), grad_neuron, strict=True) if on}
    return gradients


def _check_layer(neuron: NeuronSettings, parameters: Mapping[str, np.ndarray], inputs: int | None = None) -> None:
    """Check a layer's arrays against each other: compiled code does not look whether an index lies inside an array."""
    weight = parameters["weight"]
    width = weight.shape[-1]
    vectors = ["bias", *(["beta"] if neuron.learn_beta else []), *(["threshold"] if neuron.learn_threshold else [])]
    wrong = [name for name in vectors if parameters[name].shape != (width,) or parameters[name].dtype != weight.dtype]
    if wrong or weight.ndim != 2 or weight.dtype.kind != "f" or inputs not in (None, weight.shape[0]):
        name = wrong[0] if wrong else "weight"
        raise InvalidInputError(
            "The parameters of a layer do not fit each other.",
            where=name,
            found=f"{parameters[name].dtype} {list(parameters[name].shape)}",
            expected=f"weight [{'M' if inputs is None else inputs}, N] and vectors [N] of one real type, N = {width}",
        )


def _check_channels(inputs: EventBatch, weight: np.ndarray) -> None:
    if inputs.trains.inputs != weight.shape[0]:
        raise InvalidInputError(
            "The spike trains do not fit the weights.",
            where="inputs",
            found=f"{inputs.trains.inputs} channels",
            expected=f"{weight.shape[0]} channels, as the weights {list(weight.shape)}",
        )


def _contiguous(gradient: np.ndarray | None, dtype: np.dtype) -> np.ndarray | None:
    return None if gradient is None else np.ascontiguousarray(gradient, dtype)


@dataclass(frozen=True)
class _LayerTape:
    inputs: EventBatch | np.ndarray
    weight_t: np.ndarray | None
    neurons: _Neurons
    potential: np.ndarray
    spikes: np.ndarray


class CustomLayer:
    """A layer of the event-driven engine."""

    def __init__(self, neuron: NeuronSettings):
        self._neuron = neuron

    def forward(self, parameters: Mapping[str, np.ndarray], inputs: EventBatch | np.ndarray) -> LayerTrace:
        """See `SpikingLayer.forward`."""
        _check_layer(self._neuron, parameters)
        weight, bias = parameters["weight"], parameters["bias"]
        if isinstance(inputs, EventBatch):
            _check_channels(inputs, weight)
            batch, steps, weight_t = inputs.samples.size, inputs.trains.steps, None
        else:
            check_dense_inputs(inputs, weight.shape[0])
            inputs = np.ascontiguousarray(inputs, weight.dtype)
            batch, steps, weight_t = inputs.shape[0], inputs.shape[1], np.ascontiguousarray(weight.T)
        neurons = _Neurons.prepare(self._neuron, parameters, batch, steps)
        potential, spikes = np.empty((2, batch, steps, bias.size), weight.dtype)
        settings = (neurons.beta, neurons.threshold, neurons.adaptation)
        if isinstance(inputs, EventBatch):
            forward_events(inputs.trains.by_step, inputs.samples, weight, bias, *settings, potential, spikes)
        else:
            forward_spikes(inputs, weight_t, bias, *settings, potential, spikes)
        tape = _LayerTape(inputs, weight_t, neurons, potential, spikes)
        return LayerTrace(spikes, potential, tape)

    def backward(
        self, trace: LayerTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
        """See `SpikingLayer.backward`."""
        tape, dtype, count = trace.tape, trace.v_pre.dtype, trace.v_pre.shape[2]
        neurons = tape.neurons
        settings = (neurons.beta, neurons.threshold, neurons.adaptation, neurons.surrogate)
        upstream = _contiguous(grad_spikes, dtype), _contiguous(grad_v_pre, dtype)
        grad_bias, grad_neuron = np.zeros(count, dtype), _neuron_gradient(self._neuron, count, dtype)
        if tape.weight_t is None:
            trains, grad_inputs = tape.inputs.trains, None
            grad_weight = np.zeros((trains.inputs, count), dtype)
            backward_events(
                trains.by_step, None if count == 1 else trains.by_channel, tape.inputs.samples,
                *settings, tape.potential, tape.spikes, *upstream, grad_weight, grad_bias, grad_neuron,
            )  # fmt: skip
        else:
            grad_weight_t, grad_inputs = np.zeros_like(tape.weight_t), np.empty_like(tape.inputs)
            backward_spikes(
                tape.inputs, tape.weight_t, *settings, tape.potential, tape.spikes,
                *upstream, grad_weight_t, grad_bias, grad_neuron, grad_inputs,
            )  # fmt: skip
            grad_weight, grad_inputs = grad_weight_t.T, grad_inputs
        return _named_gradients(self._neuron, grad_weight, grad_bias, grad_neuron), grad_inputs


@dataclass(frozen=True)
class _PairTape:
    inputs: EventBatch
    hidden: tuple[Any, ...]
    output: tuple[Any, ...]
    surrogate: tuple[int, np.floating]
    hidden_potential: np.ndarray
    potential: np.ndarray
    spikes: np.ndarray


@dataclass(frozen=True)
class PairTrace:
    """What both layers did with a batch; the hidden spikes are worked out from the potentials when asked for."""

    output: LayerTrace

    @property
    def hidden(self) -> LayerTrace:
        """The first layer."""
        tape = self.output.tape
        threshold, adaptation = tape.hidden[3], tape.hidden[4]
        theta = threshold if adaptation is None else adaptation[2]
        spikes = (tape.hidden_potential >= theta).astype(tape.hidden_potential.dtype)
        return LayerTrace(spikes, tape.hidden_potential, None)


class CustomPair:
    """Two layers of the event-driven engine, worked on together; see `snndeep.engine.network`."""

    def __init__(self, hidden: NeuronSettings, output: NeuronSettings):
        self._hidden, self._output = hidden, output

    def forward(
        self, hidden: Mapping[str, np.ndarray], output: Mapping[str, np.ndarray], inputs: EventBatch
    ) -> PairTrace:
        """See `LayerPair.forward`."""
        weight = hidden["weight"]
        _check_layer(self._hidden, hidden)
        _check_layer(self._output, output, weight.shape[1])
        _check_channels(inputs, weight)
        batch, steps, dtype = inputs.samples.size, inputs.trains.steps, weight.dtype
        first = _Neurons.prepare(self._hidden, hidden, batch, steps)
        second = _Neurons.prepare(self._output, output, batch, steps)
        first_layer = (weight, hidden["bias"], first.beta, first.threshold, first.adaptation)
        weight_t = np.ascontiguousarray(output["weight"].T)
        second_layer = (weight_t, output["bias"], second.beta, second.threshold)
        hidden_potential = np.empty((batch, steps, weight.shape[1]), dtype)
        potential, spikes = np.empty((2, batch, steps, weight_t.shape[0]), dtype)
        trains = inputs.trains
        forward_network(
            trains.by_step, inputs.samples, first_layer, second_layer,
            hidden_potential, potential, spikes,
        )  # fmt: skip
        tape = _PairTape(inputs, first_layer, second_layer, first.surrogate, hidden_potential, potential, spikes)
        return PairTrace(LayerTrace(spikes, potential, tape))

    def backward(
        self, trace: NetworkTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """See `LayerPair.backward`."""
        tape = trace.output.tape
        weight, weight_t, dtype = tape.hidden[0], tape.output[0], tape.potential.dtype
        grad_hidden = (np.zeros_like(weight), np.zeros(weight.shape[1], dtype))
        grad_output = (np.zeros_like(weight_t), np.zeros(weight_t.shape[0], dtype))
        grad_neuron = _neuron_gradient(self._hidden, weight.shape[1], dtype)
        trains = tape.inputs.trains
        backward_network(
            trains.by_channel, tape.inputs.samples, tape.hidden, tape.output, tape.surrogate,
            tape.hidden_potential, tape.potential, tape.spikes,
            _contiguous(grad_spikes, dtype), _contiguous(grad_v_pre, dtype),
            grad_hidden, grad_output, grad_neuron,
        )  # fmt: skip
        return (
            _named_gradients(self._hidden, *grad_hidden, grad_neuron),
            _named_gradients(self._output, grad_output[0].T, grad_output[1], None),
        )

    def whole(
        self,
        inputs: EventInputs,
        readout: Readout,
        places: Mapping[str, int],
        neurons: int,
        limits: Mapping[str, tuple[float, float]],
    ) -> EventNetwork:
        """See `LayerPair.whole`."""
        return EventNetwork(
            inputs.trains, inputs.shorter, self._hidden, self._output, readout, places, [neurons], limits
        )


class EventStack(ComposedStack):
    """Layers of the event-driven engine of any depth, which are trained and read as one thing."""

    def __init__(self, hidden: NeuronSettings, depth: int, output: NeuronSettings):
        super().__init__([*(CustomLayer(hidden) for _ in range(depth)), CustomLayer(output)])
        self._hidden, self._output = hidden, output

    def whole(
        self,
        inputs: EventInputs,
        readout: Readout,
        places: Mapping[str, int],
        widths: Sequence[int],
        limits: Mapping[str, tuple[float, float]],
    ) -> EventNetwork:
        """See `LayerStack.whole`."""
        return EventNetwork(inputs.trains, inputs.shorter, self._hidden, self._output, readout, places, widths, limits)
