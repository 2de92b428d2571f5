"""A backend whose framework steps a neuron through time in PyTorch. Imports PyTorch when a layer is made, not before."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from snndeep.backends.base import Backend, Inputs, LayerPair, NeuronSettings, SpikingLayer
from snndeep.backends.pair import ComposedPair
from snndeep.spikes.trains import SpikeTrains

if TYPE_CHECKING:
    from snndeep.backends.torch_layer import Dynamics


class TorchBackend(Backend):
    """Base of these backends; `dynamics` is all that they differ in."""

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
        return TorchLayer(self.dynamics(neuron))

    def pair(self, hidden: NeuronSettings, output: NeuronSettings) -> LayerPair:
        """Make two layers."""
        return ComposedPair(self.layer(hidden), self.layer(output))
