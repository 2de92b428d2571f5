"""The snnTorch backend: `snntorch.Leaky` behind the common interface.

snnTorch's defaults (delayed reset by subtraction) are other maths; `reset_mechanism="zero"` with `reset_delay=False` is
the neuron of `NeuronSettings`. Its `Leaky` returns the potential after reset, from which v_pre[t] = beta v[t-1] + I[t].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snndeep.backends.base import NeuronSettings
from snndeep.backends.torch_backend import TorchBackend

if TYPE_CHECKING:
    import torch

    from snndeep.backends.torch_layer import Dynamics


class _LeakyDynamics:
    """One `Leaky` module, used for every batch of a layer.

    snnTorch keeps every neuron that is ever made in a list of the class, and a neuron keeps the graph of its last
    batch. Made anew for each batch they would fill the memory; so there is one, taken off that list.
    """

    def __init__(self, neuron: NeuronSettings):
        import snntorch

        from snndeep.backends.torch_layer import surrogate_spike

        self._neuron = neuron
        self._leaky = snntorch.Leaky(
            beta=neuron.beta,
            threshold=neuron.threshold,
            spike_grad=surrogate_spike(neuron),
            reset_mechanism="zero",
            reset_delay=False,
        )
        snntorch.SpikingNeuron.instances.remove(self._leaky)

    def __call__(self, current: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        leaky = self._leaky.to(current.dtype)
        # snnTorch keeps both as float32; in double precision they are to be the numbers that were given.
        leaky.beta = torch.tensor(self._neuron.beta, dtype=current.dtype)
        leaky.threshold = torch.tensor(self._neuron.threshold, dtype=current.dtype)
        v = torch.zeros_like(current[:, 0])
        spikes, v_pre = [], []
        for step in current.unbind(1):
            v_pre.append(self._neuron.beta * v + step)
            s, v = leaky(step, v)
            spikes.append(s)
        leaky.mem = torch.zeros(0)
        return torch.stack(spikes, 1), torch.stack(v_pre, 1)


class SnnTorchBackend(TorchBackend):
    """Layers of `snntorch.Leaky` neurons."""

    name = "snntorch"
    label = "snnTorch"
    packages = ("torch", "snntorch")
    environment = "snntorch"

    def dynamics(self, neuron: NeuronSettings) -> Dynamics:
        """See `TorchBackend.dynamics`."""
        return _LeakyDynamics(neuron)


BACKEND = SnnTorchBackend()
