"""Trained networks in NIR, the Neuromorphic Intermediate Representation, which simulators and neuromorphic hardware read.

NIR's neurons are differential equations and leave their discretisation to the reader,

    LIF   tau dv/dt = (v_leak - v) + R I        a spike where v > v_threshold, then v = v_reset
    LI    the same without spikes

With Euler steps of `DT`, as snnTorch and SpikingJelly take, v_pre[t] = beta v[t-1] + I[t] has tau = DT / (1 - beta),
R = tau / DT, v_leak = 0 and the hard reset v_reset = 0. SNNDeep fires at v = v_threshold too; for weights learned in floating
point that is the same. Vectors hold what native mode learns for each neuron; an adaptive threshold has no form in NIR.

What the graph takes are the spikes of the encoder, one step per `DT`. What it gives:

    surrogate, bal   Affine, LIF, Affine, then LIF (readout spike_count) or LI (mean_potential): z_k = sum of spikes, or 4 times
                     the mean potential before reset; score = z_1 - z_0
    tempotron        Linear, LI, Affine: the voltage V(t), as the difference of two leaky integrators; score = max V - threshold

snnTorch 1.0 and SpikingJelly 2.0 import LIF and no LI. For them a network can be written up to its hidden neurons.

Source: Pedersen et al. 2024, Nature Communications 15, 8122.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from pathlib import Path

import nir
import numpy as np

from snndeep.deployment.model_file import Member, ModelFile
from snndeep.errors import ConfigError
from snndeep.learning.surrogate import SurrogateSettings
from snndeep.learning.tempotron import TempotronSettings, kernel_scale
from snndeep.store.files import replacing

DT = 1e-4
"""Seconds per step; nothing depends on it, but snnTorch's import fixes it."""


def network_graph(
    settings: SurrogateSettings, parameters: Mapping[str, np.ndarray], hidden_only: bool = False
) -> nir.NIRGraph:
    """Return the network F -> H -> 2 of surrogate-gradient learning or BAL.

    Args:
        settings: Of the rule.
        parameters: `hidden.weight` `[F, H]` and so on.
        hidden_only: End with the spikes of the hidden neurons.

    Raises:
        ConfigError: If the threshold adapts.
    """
    if settings.adaptation > 0:
        raise ConfigError(
            "The network cannot be written in NIR: its neurons raise their threshold with every spike.",
            where="adaptation",
            found=f"{settings.adaptation:g}",
            expected="0: NIR's LIF has a constant threshold",
            remedy="Train in parity mode, or take `adaptation` out of the native search space.",
        )
    size = parameters["hidden.bias"].size
    beta = parameters["hidden.beta"] if settings.learn_beta else np.full(size, settings.beta)
    threshold = parameters["hidden.threshold"] if settings.learn_threshold else np.full(size, settings.threshold)
    nodes = {"hidden_weights": _affine(parameters, "hidden"), "hidden": _lif(beta, threshold)}
    if not hidden_only:
        beta = np.full(2, settings.beta)
        spiking = settings.readout == "spike_count"
        readout = _lif(beta, np.full(2, settings.threshold)) if spiking else _li(beta)
        nodes |= {"output_weights": _affine(parameters, "output"), "output_neurons": readout}
    return _chain(nodes, parameters["hidden.weight"].shape[0])


def tempotron_graph(settings: TempotronSettings, parameters: Mapping[str, np.ndarray]) -> nir.NIRGraph:
    """Return the voltage of a Tempotron: V0 times the difference of a slow and a fast leaky integration of one current.

    Args:
        settings: Of the rule.
        parameters: `weight` `[F, 1]` and `bias` `[1]`.
    """
    scale = kernel_scale(settings.tau_m, settings.tau_s)
    weight = parameters["weight"]
    nodes = {
        "weights": nir.Linear(weight=np.concatenate([weight.T, weight.T]).astype(np.float32)),
        "integrators": _li(np.array([math.exp(-1 / settings.tau_m), math.exp(-1 / settings.tau_s)])),
        "voltage": nir.Affine(
            weight=np.array([[scale, -scale]], np.float32), bias=parameters["bias"].astype(np.float32)
        ),
    }
    return _chain(nodes, weight.shape[0])


def export_member(path: Path, model: ModelFile, member: Member, hidden_only: bool = False) -> None:
    """Write the model of one split as a `.nir` file, atomically.

    Args:
        path: The file.
        model: What its members have in common.
        member: Which.
        hidden_only: See `network_graph`.

    Raises:
        ConfigError: If NIR cannot express the model, or a Tempotron's hidden neurons are asked for.
    """
    if model.rule == "tempotron":
        if hidden_only:
            raise ConfigError(
                "A Tempotron has no hidden neurons.",
                where=model.name,
                expected="a model of the rules surrogate or bal",
                remedy="Export it whole; its integrators are NIR's LI.",
            )
        graph = tempotron_graph(TempotronSettings(**member.settings), member.parameters)
    else:
        settings = {k: v for k, v in member.settings.items() if k in SurrogateSettings.__dataclass_fields__}
        graph = network_graph(SurrogateSettings(**settings), member.parameters, hidden_only)
    graph.metadata = {
        "made_by": "SNNDeep",
        "model": model.name,
        "split": member.split,
        "encoder": model.encoder,
        "dt": f"{DT:g}",
        "readout": str(member.settings.get("readout", "max of the voltage")),
        "threshold": f"{member.slices.threshold!r}",
        "statement": "Research software, not for diagnosis.",
    }
    with replacing(path) as temporary:
        nir.write(temporary, graph)


def _affine(parameters: Mapping[str, np.ndarray], layer: str) -> nir.Affine:
    weight = np.ascontiguousarray(parameters[f"{layer}.weight"].T, np.float32)
    return nir.Affine(weight=weight, bias=parameters[f"{layer}.bias"].astype(np.float32))


def _li(beta: np.ndarray) -> nir.LI:
    tau = DT / (1 - np.asarray(beta, np.float64))
    return nir.LI(tau=tau, r=tau / DT, v_leak=np.zeros_like(tau))


def _lif(beta: np.ndarray, threshold: np.ndarray) -> nir.LIF:
    tau, zero = DT / (1 - np.asarray(beta, np.float64)), np.zeros(len(beta))
    return nir.LIF(tau=tau, r=tau / DT, v_leak=zero, v_reset=zero, v_threshold=np.asarray(threshold, np.float64))


def _chain(nodes: dict[str, nir.NIRNode], inputs: int) -> nir.NIRGraph:
    """Return a graph of nodes one after another, between an input of that many channels and an output."""
    last = list(nodes.values())[-1]
    whole = {
        "input": nir.Input({"input": np.array([inputs])}),
        **nodes,
        "output": nir.Output({"output": np.array(last.output_type["output"])}),
    }
    names = list(whole)
    return nir.NIRGraph(nodes=whole, edges=list(itertools.pairwise(names)))
