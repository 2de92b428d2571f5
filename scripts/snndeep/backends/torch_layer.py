"""What the torch backends share: tensors in and out of numpy, the common surrogate, autograd across one layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from snndeep.backends.base import LayerTrace, NeuronSettings, check_dense_inputs, check_samples
from snndeep.backends.surrogates import surrogate_derivative
from snndeep.spikes.trains import SpikeTrains

Dynamics = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""Maps currents I `[B, T, N]` to spikes and v_pre, both `[B, T, N]`."""


class SurrogateSpike(torch.autograd.Function):
    """The spike function: a step of x = v_pre - threshold forward, the surrogate derivative backward."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, name: str, slope: float) -> torch.Tensor:
        """Return 1 where x >= 0, else 0."""
        ctx.save_for_backward(x)
        ctx.name, ctx.slope = name, slope
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        """Return the incoming derivative times h(x)."""
        (x,) = ctx.saved_tensors
        return grad * surrogate_derivative(ctx.name, ctx.slope, x), None, None


def surrogate_spike(neuron: NeuronSettings) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the spike function of a neuron, of v_pre - threshold."""

    def spike(x: torch.Tensor) -> torch.Tensor:
        spikes: torch.Tensor = SurrogateSpike.apply(x, neuron.surrogate, neuron.slope)  # type: ignore[no-untyped-call]
        return spikes

    return spike


class TorchLayer:
    """A layer whose dynamics a framework computes and whose derivatives autograd takes.

    Args:
        dynamics: The neurons.
        device: Where tensors are, as PyTorch calls it.
    """

    def __init__(self, dynamics: Dynamics, device: str = "cpu"):
        self._dynamics, self._device = dynamics, device

    def forward(self, parameters: Mapping[str, np.ndarray], inputs: TorchBatch | np.ndarray) -> LayerTrace:
        """See `SpikingLayer.forward`."""
        weight, bias = (self._tensor(parameters[name]).requires_grad_() for name in ("weight", "bias"))
        stored = isinstance(inputs, TorchBatch)
        values = inputs.spikes if isinstance(inputs, TorchBatch) else inputs
        values = np.ascontiguousarray(values, parameters["weight"].dtype)
        check_dense_inputs(values, weight.shape[0])
        x = self._tensor(values).requires_grad_(not stored)
        spikes, v_pre = self._dynamics(x @ weight + bias)
        return LayerTrace(_array(spikes), _array(v_pre), (weight, bias, x, spikes, v_pre))

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(self._device)

    def backward(
        self, trace: LayerTrace, grad_spikes: np.ndarray | None, grad_v_pre: np.ndarray | None
    ) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
        """See `SpikingLayer.backward`."""
        weight, bias, x, spikes, v_pre = trace.tape
        outputs, upstream = [], []
        for output, grad in ((spikes, grad_spikes), (v_pre, grad_v_pre)):
            if grad is not None:
                outputs.append(output)
                upstream.append(self._tensor(np.array(grad, dtype=trace.v_pre.dtype, order="C")))
        wanted = (weight, bias, x) if x.requires_grad else (weight, bias)
        gradients = [_array(g) for g in torch.autograd.grad(outputs, wanted, upstream)]
        return dict(zip(("weight", "bias"), gradients, strict=False)), gradients[2] if x.requires_grad else None


def _array(values: torch.Tensor) -> np.ndarray:
    found: np.ndarray = values.detach().cpu().numpy()
    return found


@dataclass(frozen=True)
class TorchBatch:
    """A batch of stored spike trains, dense `[B, T, F]`."""

    spikes: np.ndarray


@dataclass(frozen=True)
class TorchInputs:
    """Spike trains that are unpacked batch by batch."""

    trains: SpikeTrains
    dtype: np.dtype

    def batch(self, samples: np.ndarray) -> TorchBatch:
        """Return the chosen samples, dense."""
        return TorchBatch(self.dense(samples).astype(self.dtype))

    def dense(self, samples: np.ndarray) -> np.ndarray:
        """See `Inputs.dense`."""
        return self.trains.dense(check_samples(samples, self.trains.samples))


def load_dense(trains: SpikeTrains, dtype: np.dtype) -> TorchInputs:
    """Wrap a data set for the torch backends and keep torch to one thread, with which these sizes are fastest."""
    torch.set_num_threads(1)
    return TorchInputs(trains, dtype)
