"""A backend whose framework steps a neuron through time in PyTorch. Imports PyTorch when a layer is made, not before."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from snndeep.backends.base import Backend, Inputs, LayerPair, NeuronSettings, SpikingLayer
from snndeep.backends.pair import ComposedPair
from snndeep.errors import ConfigError
from snndeep.spikes.trains import SpikeTrains

if TYPE_CHECKING:
    from snndeep.backends.torch_layer import Dynamics


class TorchBackend(Backend):
    """Base of these backends; `dynamics` is all that they differ in.

    Tensors are on the backend's device within a layer; what goes in and comes out is in numpy.
    """

    devices = ("cpu", "cuda")
    _device = "cpu"

    def on(self, device: str) -> Backend:
        """See `Backend.on`."""
        super().on(device)
        if device == "cuda":
            import torch

            if not torch.cuda.is_available():
                raise ConfigError(
                    "There is no GPU where this job runs, or this PyTorch cannot use it.",
                    where="models.device",
                    found=f"PyTorch {torch.__version__}, {torch.cuda.device_count()} GPUs",
                    expected="a GPU and a PyTorch built for it",
                    remedy="Set models.device to cpu, or have jobs of `tune` and `train` start where a GPU is "
                    "(docs/cluster.md).",
                )
        moved = copy.copy(self)
        moved._device = device
        return moved

    @abstractmethod
    def dynamics(self, neuron: NeuronSettings) -> Dynamics:
        """Return the function that maps currents `[B, T, N]` to spikes and v_pre, both `[B, T, N]`."""

    def load(self, trains: SpikeTrains, dtype: np.dtype) -> Inputs:
        """Wrap a data set."""
        from snndeep.backends.torch_layer import load_dense

        return load_dense(trains, dtype)

    def layer(self, neuron: NeuronSettings) -> SpikingLayer:
        """Make a layer."""
        from snndeep.backends.torch_layer import TorchLayer

        self.check_neuron(neuron)
        return TorchLayer(self.dynamics(neuron), self._device)

    def pair(self, hidden: NeuronSettings, output: NeuronSettings) -> LayerPair:
        """Make two layers."""
        return ComposedPair(self.layer(hidden), self.layer(output))
