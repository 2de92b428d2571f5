"""The SpikingJelly backend: `LIFNode` in multi-step mode behind the common interface.

`decay_input=False`, `v_reset=0` and `detach_reset=False` make the neuron of `NeuronSettings`, with tau = 1 / (1 - beta).
`v_seq` holds the potential after reset, from which v_pre[t] = beta v[t-1] + I[t]. The multi-step mode wants the steps
first, which views of the tensors give.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from snndeep.backends.base import NeuronSettings
from snndeep.backends.torch_backend import TorchBackend

if TYPE_CHECKING:
    import torch

    from snndeep.backends.torch_layer import Dynamics

ACCEPTED_TAU = 2.0


def _lif_dynamics(neuron: NeuronSettings, current: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    import torch
    from spikingjelly.activation_based.neuron import LIFNode

    from snndeep.backends.torch_layer import surrogate_spike

    node = LIFNode(
        tau=ACCEPTED_TAU,
        decay_input=False,
        v_threshold=neuron.threshold,
        v_reset=0.0,
        surrogate_function=surrogate_spike(neuron),
        detach_reset=False,
        step_mode="m",
        store_v_seq=True,
    )
    # The constructor refuses tau = 1, which is a neuron without memory (beta = 0); the equations hold for it too.
    node.tau = 1.0 / (1.0 - neuron.beta)
    spikes = node(current.transpose(0, 1)).transpose(0, 1)
    v_after = node.v_seq.transpose(0, 1)
    v_before = torch.cat([torch.zeros_like(v_after[:, :1]), v_after[:, :-1]], 1)
    return spikes, neuron.beta * v_before + current


class SpikingJellyBackend(TorchBackend):
    """Layers of SpikingJelly's `LIFNode` neurons."""

    name = "spikingjelly"
    label = "SpikingJelly"
    packages = ("torch", "spikingjelly")
    environment = "spikingjelly"

    def dynamics(self, neuron: NeuronSettings) -> Dynamics:
        """See `TorchBackend.dynamics`."""
        return partial(_lif_dynamics, neuron)


BACKEND = SpikingJellyBackend()
