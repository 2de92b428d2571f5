"""Any number of layers: composed of any backend's single layers, or a pair of layers in the same form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snndeep.backends.base import (
    LayerPair,
    LayerTrace,
    NetworkTrace,
    Readout,
    SpikingLayer,
    StackTrace,
    WholeNetwork,
)


@dataclass(frozen=True)
class ComposedStackTrace:
    """What every layer did with a batch."""

    hidden_layers: tuple[LayerTrace, ...]
    output: LayerTrace


class ComposedStack:
    """One layer after the other; see `snndeep.backends.base.LayerStack`."""

    def __init__(self, layers: Sequence[SpikingLayer]):
        self._layers = layers

    def forward(self, parameters: Sequence[Mapping[str, np.ndarray]], inputs: Any) -> ComposedStackTrace:
        """See `LayerStack.forward`."""
        traces: list[LayerTrace] = []
        for layer, own in zip(self._layers, parameters, strict=True):
            traces.append(layer.forward(own, traces[-1].spikes if traces else inputs))
        return ComposedStackTrace(tuple(traces[:-1]), traces[-1])

    def backward(
        self, trace: StackTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> list[dict[str, np.ndarray]]:
        """See `LayerStack.backward`."""
        gradients: list[dict[str, np.ndarray]] = []
        for layer, own in zip(reversed(self._layers), reversed([*trace.hidden_layers, trace.output]), strict=True):
            found, grad_spikes = layer.backward(own, grad_spikes, grad_v_pre)
            gradients.append(found)
            grad_v_pre = None
        return gradients[::-1]

    def whole(
        self,
        inputs: Any,
        readout: Readout,
        places: Mapping[str, int],
        widths: Sequence[int],
        limits: Mapping[str, tuple[float, float]],
    ) -> WholeNetwork | None:
        """See `LayerStack.whole`: there is no such thing."""
        return None


@dataclass(frozen=True)
class PairStackTrace:
    """What a pair of layers did; the hidden layer may be worked out only when it is asked for."""

    pair: NetworkTrace

    @property
    def hidden_layers(self) -> tuple[LayerTrace, ...]:
        """The one hidden layer."""
        return (self.pair.hidden,)

    @property
    def output(self) -> LayerTrace:
        """The second layer."""
        return self.pair.output


class PairStack:
    """A pair of layers as a `snndeep.backends.base.LayerStack` with one hidden layer."""

    def __init__(self, pair: LayerPair):
        self._pair = pair

    def forward(self, parameters: Sequence[Mapping[str, np.ndarray]], inputs: Any) -> PairStackTrace:
        """See `LayerStack.forward`."""
        hidden, output = parameters
        return PairStackTrace(self._pair.forward(hidden, output, inputs))

    def backward(
        self, trace: PairStackTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> list[dict[str, np.ndarray]]:
        """See `LayerStack.backward`."""
        return list(self._pair.backward(trace.pair, grad_spikes, grad_v_pre))

    def whole(
        self,
        inputs: Any,
        readout: Readout,
        places: Mapping[str, int],
        widths: Sequence[int],
        limits: Mapping[str, tuple[float, float]],
    ) -> WholeNetwork | None:
        """See `LayerStack.whole`."""
        return self._pair.whole(inputs, readout, places, widths[0], limits)
