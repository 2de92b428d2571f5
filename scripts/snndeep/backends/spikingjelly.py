"""The SpikingJelly backend: `LIFNode` in multi-step mode behind the common interface.

`decay_input=False`, `v_reset=0` and `detach_reset=False` make the neuron of `NeuronSettings`, with tau = 1 / (1 - beta).
`v_seq` holds the potential after reset, from which v_pre[t] = beta v[t-1] + I[t]. Its multi-step mode wants the steps first;
they are turned as views.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from spikingjelly.activation_based import neuron as sj_neuron

from snndeep.backends.base import NeuronSettings
from snndeep.backends.pair import ComposedPair
from snndeep.backends.torch_layer import (
    SurrogateSpike,
    TorchInputs,
    TorchLayer,
    load_dense,
    refuse_native_settings,
)
from snndeep.spikes.trains import SpikeTrains


def _dynamics(neuron: NeuronSettings, current: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    node = sj_neuron.LIFNode(
        tau=1.0 / (1.0 - neuron.beta),
        decay_input=False,
        v_threshold=neuron.threshold,
        v_reset=0.0,
        surrogate_function=lambda x: SurrogateSpike.apply(x, neuron.surrogate, neuron.slope),
        detach_reset=False,
        step_mode="m",
        store_v_seq=True,
    )
    spikes = node(current.transpose(0, 1)).transpose(0, 1)
    v_after = node.v_seq.transpose(0, 1)
    v_before = torch.cat([torch.zeros_like(v_after[:, :1]), v_after[:, :-1]], 1)
    return spikes, neuron.beta * v_before + current


class SpikingJellyBackend:
    """Layers of SpikingJelly's `LIFNode` neurons."""

    name = "spikingjelly"

    def load(self, trains: SpikeTrains, dtype: np.dtype) -> TorchInputs:
        """Wrap a data set."""
        return load_dense(trains, dtype)

    def layer(self, neuron: NeuronSettings) -> TorchLayer:
        """Make a layer."""
        refuse_native_settings(self.name, neuron)
        return TorchLayer(partial(_dynamics, neuron))

    def pair(self, hidden: NeuronSettings, output: NeuronSettings) -> ComposedPair:
        """Make two layers."""
        return ComposedPair(self.layer(hidden), self.layer(output))


BACKEND = SpikingJellyBackend()
