"""A backend in plain numpy, step by step: one module and one line of the registry make it a member."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.backends.base import Backend, LayerTrace, NeuronSettings, check_dense_inputs, check_samples
from snndeep.backends.pair import ComposedPair
from snndeep.backends.surrogates import surrogate_derivative
from snndeep.spikes.trains import SpikeTrains


@dataclass(frozen=True)
class ToyInputs:
    """Spike trains, unpacked batch by batch."""

    trains: SpikeTrains

    def batch(self, samples: np.ndarray) -> ToyBatch:
        """See `Inputs.batch`."""
        return ToyBatch(self.dense(samples))

    def dense(self, samples: np.ndarray) -> np.ndarray:
        """See `Inputs.dense`."""
        return self.trains.dense(check_samples(samples, self.trains.samples))


@dataclass(frozen=True)
class ToyBatch:
    """Stored spikes `[B, T, F]`."""

    spikes: np.ndarray


class ToyLayer:
    """v_pre[t] = beta v[t-1] + x[t] W + b, and the way back through it."""

    def __init__(self, neuron: NeuronSettings):
        self._neuron = neuron

    def forward(self, parameters, inputs):
        """See `SpikingLayer.forward`."""
        weight, stored = parameters["weight"], isinstance(inputs, ToyBatch)
        x = inputs.spikes if stored else np.asarray(inputs)
        check_dense_inputs(x, weight.shape[0])
        x = x.astype(weight.dtype)
        v_pre = x @ weight + parameters["bias"]
        spikes, v = np.zeros_like(v_pre), np.zeros_like(v_pre[:, 0])
        for t in range(v_pre.shape[1]):
            v_pre[:, t] += self._neuron.beta * v
            spikes[:, t] = v_pre[:, t] >= self._neuron.threshold
            v = v_pre[:, t] * (1 - spikes[:, t])
        return LayerTrace(spikes, v_pre, (x, weight, stored))

    def backward(self, trace, grad_spikes, grad_v_pre):
        """See `SpikingLayer.backward`."""
        x, weight, stored = trace.tape
        h = surrogate_derivative(self._neuron.surrogate, self._neuron.slope, trace.v_pre - self._neuron.threshold)
        delta, after = np.zeros_like(trace.v_pre), np.zeros_like(trace.v_pre[:, 0])
        for t in reversed(range(delta.shape[1])):
            s, v = trace.spikes[:, t], trace.v_pre[:, t]
            to_spike = (0 if grad_spikes is None else grad_spikes[:, t]) - after * np.where(np.isinf(h[:, t]), 0, v)
            delta[:, t] = h[:, t] * to_spike + after * (1 - s)
            if grad_v_pre is not None:
                delta[:, t] += grad_v_pre[:, t]
            after = self._neuron.beta * delta[:, t]
        gradients = {"weight": np.einsum("btm,btn->mn", x, delta), "bias": delta.sum(axis=(0, 1))}
        return gradients, None if stored else delta @ weight.T


class ToyBackend(Backend):
    """Layers in plain numpy."""

    name = "toy_backend"
    label = "Toy engine"
    packages = ()
    environment = "custom"

    def load(self, trains, dtype):
        """See `Backend.load`."""
        return ToyInputs(trains)

    def layer(self, neuron):
        """See `Backend.layer`."""
        self.check_neuron(neuron)
        return ToyLayer(neuron)

    def pair(self, hidden, output):
        """See `Backend.pair`."""
        return ComposedPair(self.layer(hidden), self.layer(output))


BACKEND = ToyBackend()
