"""The network F -> H -> 2: two spiking layers of any backend.

    hidden = layer(input spikes)         [B, T, F] -> [B, T, H]
    output = layer(hidden spikes)        [B, T, H] -> [B, T, 2]     one neuron for healthy, one for diseased

The network returns the whole trace and takes derivatives with respect to the output's spikes and potentials; what is
read from the trace and what is to be learned is the learning rule's business.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snndeep.backends.base import Backend, NetworkTrace, NeuronSettings
from snndeep.learning.parameters import Parameters

CLASSES = 2
BETA_LIMITS = (0.0, 0.999)
SMALLEST_THRESHOLD = 0.05


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
        self._neuron = neuron
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

    def constrain(self, parameters: Parameters) -> None:
        """Bring learned time constants and thresholds back into their range after an update."""
        hidden = parameters.layer("hidden")
        if self._neuron.learn_beta:
            np.clip(hidden["beta"], *BETA_LIMITS, out=hidden["beta"])
        if self._neuron.learn_threshold:
            np.maximum(hidden["threshold"], SMALLEST_THRESHOLD, out=hidden["threshold"])


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
