"""The custom backend: the project's own event-driven engine, compiled with numba."""

from __future__ import annotations

import numpy as np

from snndeep.backends.base import Backend, Inputs, LayerPair, LayerStack, NeuronSettings, SpikingLayer
from snndeep.backends.pair import ComposedPair
from snndeep.spikes.trains import SpikeTrains


class CustomBackend(Backend):
    """Event-driven layers, compiled with numba; offers every setting of `NeuronSettings`."""

    name = "custom"
    label = "Custom"
    packages = ("numba",)
    environment = "custom"
    native = frozenset({"learn_beta", "learn_threshold", "adaptation"})

    def methods_text(self) -> str:
        """See `Backend.methods_text`."""
        return "Custom (event-driven, compiled with numba)"

    def load(self, trains: SpikeTrains, dtype: np.dtype) -> Inputs:
        """Build the event lists of a data set once."""
        from snndeep.backends.event_layers import EventInputs

        return EventInputs.from_trains(trains)

    def layer(self, neuron: NeuronSettings) -> SpikingLayer:
        """Make a layer."""
        from snndeep.backends.event_layers import CustomLayer

        return CustomLayer(neuron)

    def pair(self, hidden: NeuronSettings, output: NeuronSettings) -> LayerPair:
        """Make two layers, worked on together if the second is a plain readout with the first one's surrogate."""
        from snndeep.backends.event_layers import CustomPair

        if output.native or (hidden.surrogate, hidden.slope) != (output.surrogate, output.slope):
            return ComposedPair(self.layer(hidden), self.layer(output))
        return CustomPair(hidden, output)

    def stack(self, hidden: NeuronSettings, depth: int, output: NeuronSettings) -> LayerStack:
        """Make the layers; they are trained as one thing if the output is a plain readout with the hidden surrogate."""
        if depth == 1 or output.native or (hidden.surrogate, hidden.slope) != (output.surrogate, output.slope):
            return super().stack(hidden, depth, output)
        from snndeep.backends.event_layers import EventStack

        return EventStack(hidden, depth, output)


BACKEND = CustomBackend()
