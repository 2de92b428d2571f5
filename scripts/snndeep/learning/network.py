"""The network F -> H -> 2, or with more hidden layers: spiking layers of any backend.

    hidden = layer(input spikes)         [B, T, F] -> [B, T, H]
    output = layer(hidden spikes)        [B, T, H] -> [B, T, 2]     one neuron for healthy, one for diseased

Further hidden layers, `hidden2` and so on, are between the two. The network returns the whole trace and takes derivatives
with respect to the output's spikes and potentials; what is read from the trace and what is to be learned is the learning
rule's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from snndeep.backends.base import (
    Backend,
    Inputs,
    NeuronSettings,
    Readout,
    StackTrace,
    WholeNetwork,
    hidden_names,
)
from snndeep.learning.parameters import Parameters
from snndeep.learning.shapes import widths_of

CLASSES = 2
BETA_LIMITS = (0.0, 0.999)
THRESHOLD_LIMITS = (0.05, float("inf"))
HIDDEN_RATE = 0.1
"""Share of hidden neurons that fire in a step, as it is assumed for the weights of deeper layers at the start."""


class SpikingNetwork:
    """Spiking layers.

    Args:
        backend: Makes the layers.
        neuron: The hidden neurons.
        spiking_readout: Whether the output neurons fire. If not, they are plain leaky integrators.
        depth: Number of hidden layers.
    """

    def __init__(self, backend: Backend, neuron: NeuronSettings, spiking_readout: bool, depth: int = 1):
        readout = replace(neuron, learn_beta=False, learn_threshold=False, adaptation=0.0)
        if not spiking_readout:
            readout = replace(readout, threshold=float("inf"))
        self._names = hidden_names(depth)
        learned = {"beta": (neuron.learn_beta, BETA_LIMITS), "threshold": (neuron.learn_threshold, THRESHOLD_LIMITS)}
        self._limits: dict[str, tuple[float, float]] = {
            f"{name}.{own}": limits for name in self._names for own, (on, limits) in learned.items() if on
        }
        self._layers = backend.stack(neuron, depth, readout)

    def forward(self, parameters: Parameters, inputs: object) -> StackTrace:
        """Run a batch of the backend's `Inputs`."""
        trace: StackTrace = self._layers.forward([parameters.layer(n) for n in (*self._names, "output")], inputs)
        return trace

    def backward(
        self, trace: StackTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """Return the derivative of the loss for every parameter.

        Args:
            trace: Of the forward pass.
            grad_spikes: Loss derivative with respect to the output spikes `[B, T, 2]`, or None.
            grad_v_pre: Loss derivative with respect to the output potentials `[B, T, 2]`, or None.
        """
        gradients = zip((*self._names, "output"), self._layers.backward(trace, grad_spikes, grad_v_pre), strict=True)
        return {f"{layer}.{name}": gradient for layer, own in gradients for name, gradient in own.items()}

    def whole(self, parameters: Parameters, inputs: Inputs, readout: Readout) -> WholeNetwork | None:
        """Return the network and the cross entropy of its outputs as one thing, where the backend has such a thing."""
        if parameters.vector.dtype != np.float32:
            return None
        widths = [parameters[f"{name}.bias"].size for name in self._names]
        return self._layers.whole(inputs, readout, parameters.places, widths, self._limits)

    def constrain(self, parameters: Parameters) -> None:
        """Bring learned time constants and thresholds back into their range after an update."""
        for name, limits in self._limits.items():
            np.clip(parameters[name], *limits, out=parameters[name])


def initial_parameters(
    inputs: int,
    hidden: int | Sequence[int],
    neuron: NeuronSettings,
    gain: float,
    mean_rate: float,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Draw starting values (float32).

    Hidden weights are normal with standard deviation gain / sqrt(F * mean rate): the current then varies by about
    `gain` thresholds from step to step, whatever the number of inputs and however sparse they are. For deeper layers
    `HIDDEN_RATE` stands for the mean rate.

    Args:
        inputs: Number F of input channels.
        hidden: Number H of hidden neurons, or of each hidden layer.
        neuron: Gives the starting values of learned time constants and thresholds.
        gain: Size of the current's variation, in thresholds.
        mean_rate: Share of input entries that hold a spike.
        rng: Source of the draws.
    """
    widths = widths_of(hidden)
    names = hidden_names(len(widths))
    arrays = {}
    rate, before = mean_rate, inputs
    for name, width in zip(names, widths, strict=True):
        fan_in = max(before * rate, 1.0)
        arrays[f"{name}.weight"] = rng.normal(0, gain * neuron.threshold / np.sqrt(fan_in), (before, width))
        arrays[f"{name}.bias"] = np.zeros(width)
        rate, before = HIDDEN_RATE, width
    arrays["output.weight"] = rng.normal(0, 1 / np.sqrt(before), (before, CLASSES))
    arrays["output.bias"] = np.zeros(CLASSES)
    if neuron.learn_beta:
        arrays |= {f"{name}.beta": np.full(width, neuron.beta) for name, width in zip(names, widths, strict=True)}
    if neuron.learn_threshold:
        arrays |= {
            f"{name}.threshold": np.full(width, neuron.threshold) for name, width in zip(names, widths, strict=True)
        }
    return {name: array.astype(np.float32) for name, array in arrays.items()}
