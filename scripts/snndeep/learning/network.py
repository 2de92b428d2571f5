"""The network F -> H -> 2: two spiking layers of any backend.

    hidden = layer(input spikes)         [B, T, F] -> [B, T, H]
    output = layer(hidden spikes)        [B, T, H] -> [B, T, 2]     one neuron for healthy, one for diseased

The network returns the whole trace and takes derivatives with respect to the output's spikes and potentials; what is
read from the trace and what is to be learned is the learning rule's business.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snndeep.backends.base import Backend, Inputs, NetworkTrace, NeuronSettings, Readout, WholeNetwork
from snndeep.learning.parameters import Parameters

CLASSES = 2
BETA_LIMITS = (0.0, 0.999)
THRESHOLD_LIMITS = (0.05, float("inf"))


class SpikingNetwork:
    """Two spiking layers.

    Args:
        backend: Makes the layers.
        neuron: The hidden neurons.
        spiking_readout: Whether the output neurons fire. If not, they are plain leaky integrators.
    """

    def __init__(self, backend: Backend, neuron: NeuronSettings, spiking_readout: bool):
        readout = replace(neuron, learn_beta=False, learn_threshold=False, adaptation=0.0)
        if not spiking_readout:
            readout = replace(readout, threshold=float("inf"))
        self._limits: dict[str, tuple[float, float]] = {}
        if neuron.learn_beta:
            self._limits["hidden.beta"] = BETA_LIMITS
        if neuron.learn_threshold:
            self._limits["hidden.threshold"] = THRESHOLD_LIMITS
        self._layers = backend.pair(neuron, readout)

    def forward(self, parameters: Parameters, inputs: object) -> NetworkTrace:
        """Run a batch of the backend's `Inputs`."""
        return self._layers.forward(parameters.layer("hidden"), parameters.layer("output"), inputs)

    def backward(
        self, trace: NetworkTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """Return the derivative of the loss for every parameter.

        Args:
            trace: Of the forward pass.
            grad_spikes: Loss derivative with respect to the output spikes `[B, T, 2]`, or None.
            grad_v_pre: Loss derivative with respect to the output potentials `[B, T, 2]`, or None.
        """
        hidden, output = self._layers.backward(trace, grad_spikes, grad_v_pre)
        return {f"hidden.{name}": g for name, g in hidden.items()} | {f"output.{n}": g for n, g in output.items()}

    def whole(self, parameters: Parameters, inputs: Inputs, readout: Readout) -> WholeNetwork | None:
        """Return the network and the cross entropy of its outputs as one thing, where the backend has such a thing."""
        if parameters.vector.dtype != np.float32:
            return None
        neurons = parameters["hidden.bias"].size
        return self._layers.whole(inputs, readout, parameters.places, neurons, self._limits)

    def constrain(self, parameters: Parameters) -> None:
        """Bring learned time constants and thresholds back into their range after an update."""
        for name, limits in self._limits.items():
            np.clip(parameters[name], *limits, out=parameters[name])


def initial_parameters(
    inputs: int, hidden: int, neuron: NeuronSettings, gain: float, mean_rate: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw starting values (float32).

    Hidden weights are normal with standard deviation gain / sqrt(F * mean rate): the current then varies by about
    `gain` thresholds from step to step, whatever the number of inputs and however sparse they are.

    Args:
        inputs: Number F of input channels.
        hidden: Number H of hidden neurons.
        neuron: Gives the starting values of learned time constants and thresholds.
        gain: Size of the current's variation, in thresholds.
        mean_rate: Share of input entries that hold a spike.
        rng: Source of the draws.
    """
    fan_in = max(inputs * mean_rate, 1.0)
    arrays = {
        "hidden.weight": rng.normal(0, gain * neuron.threshold / np.sqrt(fan_in), (inputs, hidden)),
        "hidden.bias": np.zeros(hidden),
        "output.weight": rng.normal(0, 1 / np.sqrt(hidden), (hidden, CLASSES)),
        "output.bias": np.zeros(CLASSES),
    }
    if neuron.learn_beta:
        arrays["hidden.beta"] = np.full(hidden, neuron.beta)
    if neuron.learn_threshold:
        arrays["hidden.threshold"] = np.full(hidden, neuron.threshold)
    return {name: array.astype(np.float32) for name, array in arrays.items()}
