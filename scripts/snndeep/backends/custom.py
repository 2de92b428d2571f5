"""The custom backend: the event-driven engine behind the common interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from snndeep.backends.base import LayerTrace, NeuronSettings, check_dense_inputs, check_samples
from snndeep.engine.events import EventTrains
from snndeep.engine.layer import backward_events, backward_spikes, forward_events, forward_spikes
from snndeep.engine.neuron import SURROGATE_CODES
from snndeep.errors import InvalidInputError
from snndeep.spikes import SpikeTrains


@dataclass(frozen=True)
class EventBatch:
    """Some samples of an event list."""

    trains: EventTrains
    samples: np.ndarray


@dataclass(frozen=True)
class EventInputs:
    """A data set as event lists, built once."""

    trains: EventTrains
    available: int

    def batch(self, samples: np.ndarray) -> EventBatch:
        """Return the chosen samples; nothing is copied."""
        return EventBatch(self.trains, check_samples(samples, self.available))


@dataclass(frozen=True)
class _Tape:
    inputs: EventBatch | np.ndarray
    weight_t: np.ndarray | None
    beta: np.ndarray
    threshold: np.ndarray
    adaptation: tuple | None
    potential: np.ndarray
    spikes: np.ndarray


class CustomLayer:
    """A layer of the event-driven engine."""

    def __init__(self, neuron: NeuronSettings):
        self._neuron = neuron

    def forward(self, parameters: Mapping[str, np.ndarray], inputs: EventBatch | np.ndarray) -> LayerTrace:
        """See `SpikingLayer.forward`."""
        weight, bias = parameters["weight"], parameters["bias"]
        neuron, dtype = self._neuron, weight.dtype
        inputs_expected, neurons = weight.shape
        beta = parameters["beta"] if neuron.learn_beta else np.full(neurons, neuron.beta, dtype)
        threshold = parameters["threshold"] if neuron.learn_threshold else np.full(neurons, neuron.threshold, dtype)
        if isinstance(inputs, EventBatch):
            if inputs.trains.inputs != inputs_expected:
                raise InvalidInputError(
                    "The spike trains do not fit the weights.",
                    where="inputs",
                    found=f"{inputs.trains.inputs} channels",
                    expected=f"{inputs_expected} channels, as the weights [{inputs_expected}, {neurons}]",
                )
            batch, steps, weight_t = inputs.samples.size, inputs.trains.steps, None
        else:
            check_dense_inputs(inputs, inputs_expected)
            inputs = np.ascontiguousarray(inputs.transpose(1, 0, 2), dtype)
            batch, steps, weight_t = inputs.shape[0], inputs.shape[1], np.ascontiguousarray(weight.T)

        potential, spikes = np.empty((2, batch, steps, neurons), dtype)
        adaptation = None
        if neuron.adaptation:
            adaptation = (
                dtype.type(neuron.adaptation_decay),
                dtype.type(neuron.adaptation),
                np.empty((batch, steps, neurons), dtype),
            )
        if weight_t is None:
            trains = inputs.trains
            forward_events(
                trains.pointers, trains.channels, inputs.samples, weight, bias, beta, threshold, adaptation,
                potential, spikes,
            )  # fmt: skip
        else:
            forward_spikes(inputs, weight_t, bias, beta, threshold, adaptation, potential, spikes)
        tape = _Tape(inputs, weight_t, beta, threshold, adaptation, potential, spikes)
        return LayerTrace(spikes.transpose(1, 0, 2), potential.transpose(1, 0, 2), tape)

    def backward(
        self, trace: LayerTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
        """See `SpikingLayer.backward`."""
        tape, neuron = trace.tape, self._neuron
        dtype, neurons = tape.potential.dtype, tape.potential.shape[2]
        g_s, g_v = (
            None if g is None else np.ascontiguousarray(g.transpose(1, 0, 2), dtype) for g in (grad_spikes, grad_v_pre)
        )
        surrogate = (SURROGATE_CODES[neuron.surrogate], dtype.type(neuron.slope))
        grad_bias = np.zeros(neurons, dtype)
        grad_neuron = np.zeros((2, neurons), dtype) if neuron.learn_beta or neuron.learn_threshold else None
        if tape.weight_t is None:
            trains = tape.inputs.trains
            grad_weight, grad_inputs = np.zeros((trains.inputs, neurons), dtype), None
            backward_events(
                trains.pointers, trains.channels, tape.inputs.samples, tape.beta, tape.threshold, tape.adaptation,
                surrogate, tape.potential, tape.spikes, g_s, g_v, grad_weight, grad_bias, grad_neuron,
            )  # fmt: skip
        else:
            grad_weight_t = np.zeros_like(tape.weight_t)
            grad_inputs = np.empty_like(tape.inputs)
            backward_spikes(
                tape.inputs, tape.weight_t, tape.beta, tape.threshold, tape.adaptation, surrogate,
                tape.potential, tape.spikes, g_s, g_v, grad_weight_t, grad_bias, grad_neuron, grad_inputs,
            )  # fmt: skip
            grad_weight, grad_inputs = grad_weight_t.T, grad_inputs.transpose(1, 0, 2)
        gradients = {"weight": grad_weight, "bias": grad_bias}
        if neuron.learn_beta:
            gradients["beta"] = grad_neuron[0]
        if neuron.learn_threshold:
            gradients["threshold"] = grad_neuron[1]
        return gradients, grad_inputs


class CustomBackend:
    """Event-driven layers, compiled with numba; offers every setting of `NeuronSettings`."""

    name = "custom"

    def load(self, trains: SpikeTrains, dtype: np.dtype) -> EventInputs:
        """Build the event lists of a data set once."""
        return EventInputs(EventTrains.from_trains(trains), trains.samples)

    def layer(self, neuron: NeuronSettings) -> CustomLayer:
        """Make a layer."""
        return CustomLayer(neuron)


BACKEND = CustomBackend()
