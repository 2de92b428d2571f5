"""Networks in NIR, the Neuromorphic Intermediate Representation: the parts that learning rules build their graphs from.

NIR's neurons are differential equations and leave their discretisation to the reader,

    LIF   tau dv/dt = (v_leak - v) + R I        a spike where v > v_threshold, then v = v_reset
    LI    the same without spikes

With Euler steps of `DT`, as Norse, snnTorch and SpikingJelly take, tau = DT / (1 - beta) makes a step

    v_pre[t] = beta v[t-1] + (1 - beta) R I[t]

Ours lacks the factor (1 - beta) R. NIR could hold R = 1 / (1 - beta), but Norse takes R = 1 whatever the file says. So R is
1, and the factor is divided out of the weights and biases. Where decays are learned it differs between neurons, and a
reader that takes one factor for all (snnTorch) would silently compute other spikes; there weights stay as they are, and
each threshold is multiplied by 1 - beta instead, which gives the same spikes and which such a reader refuses.

SNNDeep fires at v = v_threshold too; for weights learned in floating point that is the same. An adaptive threshold has no
form in NIR.

Source: Pedersen et al. 2024, Nature Communications 15, 8122.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import nir
import numpy as np

from snndeep.backends.base import NeuronSettings, hidden_names
from snndeep.errors import ConfigError
from snndeep.learning.shapes import depth_of

DT = 1e-4
"""Seconds per step; nothing depends on it, but snnTorch's import fixes it."""

Nodes = dict[str, nir.NIRNode]


def network_graph(
    neuron: NeuronSettings, spiking_readout: bool, parameters: Mapping[str, np.ndarray], hidden_only: bool
) -> nir.NIRGraph:
    """Return the network F -> H -> 2 of `snndeep.learning.network`, or with more hidden layers.

    Args:
        neuron: The hidden neurons.
        spiking_readout: Whether the output neurons fire.
        parameters: `hidden.weight` `[F, H]` and so on.
        hidden_only: End with the spikes of the last hidden neurons.

    Raises:
        ConfigError: If the threshold adapts.
    """
    if neuron.adaptation > 0:
        raise ConfigError(
            "The network cannot be written in NIR: its neurons raise their threshold with every spike.",
            where="adaptation",
            found=f"{neuron.adaptation:g}",
            expected="0: NIR's LIF has a constant threshold",
            remedy="Train in parity mode, or take `adaptation` out of the native search space.",
        )
    nodes: Nodes = {}
    for layer in hidden_names(depth_of(parameters)):
        own = {n.partition(".")[2]: values for n, values in parameters.items() if n.startswith(f"{layer}.")}
        nodes |= spiking_layer(layer, own, own.get("beta", neuron.beta), own.get("threshold", neuron.threshold))
    if not hidden_only:
        output = {"weight": parameters["output.weight"], "bias": parameters["output.bias"]}
        if spiking_readout:
            nodes |= spiking_layer("output_neurons", output, neuron.beta, neuron.threshold)
        else:
            nodes |= leaky_layer("output_neurons", output, neuron.beta)
    return chain(nodes, parameters["hidden.weight"].shape[0])


def spiking_layer(
    name: str, parameters: Mapping[str, np.ndarray], beta: float | np.ndarray, threshold: float | np.ndarray
) -> Nodes:
    """Return a weight matrix and the neurons behind it.

    Args:
        name: Of the neurons; the weights are called `<name>_weights`.
        parameters: `weight` `[M, N]` and `bias` `[N]`.
        beta: Decay, of all neurons or of each `[N]`.
        threshold: Likewise.
    """
    size = parameters["bias"].size
    decays, thresholds = (np.broadcast_to(np.asarray(v, np.float64), size).copy() for v in (beta, threshold))
    factor = 1 - decays
    if np.unique(decays).size > 1:
        thresholds *= factor
        factor = np.ones(size)
    zero = np.zeros(size)
    neurons = nir.LIF(tau=DT / (1 - decays), r=np.ones(size), v_leak=zero, v_reset=zero, v_threshold=thresholds)
    return {f"{name}_weights": _affine(parameters, factor), name: neurons}


def leaky_layer(name: str, parameters: Mapping[str, np.ndarray], beta: float | np.ndarray) -> Nodes:
    """Return a weight matrix and the leaky integrators behind it; see `spiking_layer`, `bias` may be missing."""
    size = parameters["weight"].shape[1]
    decays = np.broadcast_to(np.asarray(beta, np.float64), size).copy()
    integrators = nir.LI(tau=DT / (1 - decays), r=np.ones(size), v_leak=np.zeros(size))
    return {f"{name}_weights": _affine(parameters, 1 - decays), name: integrators}


def _affine(parameters: Mapping[str, np.ndarray], factor: np.ndarray) -> nir.NIRNode:
    """Return weights and biases, those of each target divided by its factor `[N]`."""
    weight = np.ascontiguousarray((parameters["weight"] / factor).T, np.float32)
    if "bias" not in parameters:
        return nir.Linear(weight=weight)
    return nir.Affine(weight=weight, bias=(parameters["bias"] / factor).astype(np.float32))


def chain(nodes: Nodes, inputs: int) -> nir.NIRGraph:
    """Return a graph of nodes one after another, between an input of that many channels and an output."""
    last = list(nodes.values())[-1]
    whole = {
        "input": nir.Input({"input": np.array([inputs])}),
        **nodes,
        "output": nir.Output({"output": np.array(last.output_type["output"])}),
    }
    return nir.NIRGraph(nodes=whole, edges=list(itertools.pairwise(whole)))
