"""The snnTorch backend: `snntorch.Leaky` behind the common interface.

snnTorch's defaults (delayed reset by subtraction) are other maths; `reset_mechanism="zero"` with `reset_delay=False` is
the neuron of `NeuronSettings`. Its `Leaky` returns the potential after reset, from which v_pre[t] = beta v[t-1] + I[t].
"""

from __future__ import annotations

from functools import partial

import numpy as np
import snntorch
import torch

from snndeep.backends.base import NeuronSettings
from snndeep.backends.torch_layer import (
    SurrogateSpike,
    TorchInputs,
    TorchLayer,
    load_dense,
    refuse_native_settings,
)
from snndeep.spikes import SpikeTrains


def _dynamics(neuron: NeuronSettings, current: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    leaky = snntorch.Leaky(
        beta=torch.tensor(neuron.beta, dtype=current.dtype),
        threshold=torch.tensor(neuron.threshold, dtype=current.dtype),
        spike_grad=lambda x: SurrogateSpike.apply(x, neuron.surrogate, neuron.slope),
        reset_mechanism="zero",
        reset_delay=False,
    )
    v = torch.zeros_like(current[0])
    spikes, v_pre = [], []
    for step in current:
        v_pre.append(neuron.beta * v + step)
        s, v = leaky(step, v)
        spikes.append(s)
    return torch.stack(spikes), torch.stack(v_pre)


class SnnTorchBackend:
    """Layers of `snntorch.Leaky` neurons."""

    name = "snntorch"

    def load(self, trains: SpikeTrains, dtype: np.dtype) -> TorchInputs:
        """Wrap a data set."""
        return load_dense(trains, dtype)

    def layer(self, neuron: NeuronSettings) -> TorchLayer:
        """Make a layer."""
        refuse_native_settings(self.name, neuron)
        return TorchLayer(partial(_dynamics, neuron))


BACKEND = SnnTorchBackend()
