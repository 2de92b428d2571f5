"""Two layers composed of any backend's single layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snndeep.backends.base import LayerTrace, NetworkTrace, SpikingLayer


@dataclass(frozen=True)
class ComposedTrace:
    """What both layers did with a batch."""

    hidden: LayerTrace
    output: LayerTrace


class ComposedPair:
    """One layer after the other; see `snndeep.backends.base.LayerPair`."""

    def __init__(self, hidden: SpikingLayer, output: SpikingLayer):
        self._hidden, self._output = hidden, output

    def forward(self, hidden: Mapping[str, np.ndarray], output: Mapping[str, np.ndarray], inputs: Any) -> ComposedTrace:
        """See `LayerPair.forward`."""
        first = self._hidden.forward(hidden, inputs)
        return ComposedTrace(first, self._output.forward(output, first.spikes))

    def backward(
        self, trace: NetworkTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """See `LayerPair.backward`."""
        output, grad_hidden = self._output.backward(trace.output, grad_spikes, grad_v_pre)
        hidden, _ = self._hidden.backward(trace.hidden, grad_hidden, None)
        return hidden, output
