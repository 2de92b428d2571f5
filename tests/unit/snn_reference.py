"""Two spiking layers in plain PyTorch, written from the equations in `NeuronSettings`; autograd takes the derivatives."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch

from snndeep.backends.base import NeuronSettings
from snndeep.backends.registry import load_backend
from snndeep.learning.base import LearningRule
from snndeep.settings import type_hints
from snndeep.spikes.trains import SpikeTrains

DRIVES = {"low": 0.3, "middle": 1.0, "strong": 3.0}


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, surrogate, slope):
        ctx.save_for_backward(x)
        ctx.surrogate, ctx.slope = surrogate, slope
        return torch.where(x >= 0, 1.0, 0.0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        k = ctx.slope
        h = {
            "atan": lambda: k / 2 / (1 + (math.pi * k * x / 2).square()),
            "fast_sigmoid": lambda: k / 2 * (1 + k * x.abs()).pow(-2),
            "superspike": lambda: (1 + k * x.abs()).pow(-2),
        }[ctx.surrogate]()
        return grad * h, None, None


def lif(neuron: NeuronSettings, parameters: Mapping[str, torch.Tensor], inputs: torch.Tensor):
    """Return spikes and v_pre `[B, T, N]` for input spikes `[B, T, M]`."""
    beta = parameters.get("beta", neuron.beta)
    base = parameters.get("threshold", neuron.threshold)
    v = trace = torch.zeros((), dtype=inputs.dtype)
    spikes, potentials = [], []
    for x in inputs.unbind(1):
        v_pre = beta * v + x @ parameters["weight"] + parameters["bias"]
        s = Spike.apply(v_pre - (base + neuron.adaptation * trace), neuron.surrogate, neuron.slope)
        v = v_pre * (1 - s)
        trace = neuron.adaptation_decay * trace + s
        spikes.append(s)
        potentials.append(v_pre)
    return torch.stack(spikes, 1), torch.stack(potentials, 1)


def tensors(parameters: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(array, dtype=torch.float64, requires_grad=True) for name, array in parameters.items()}


def layer_parameters(
    neuron: NeuronSettings, inputs: int, neurons: int, drive: float, rng: np.random.Generator, dtype=np.float64
) -> dict[str, np.ndarray]:
    arrays = {
        "weight": rng.normal(0, drive / math.sqrt(max(0.2 * inputs, 1)), (inputs, neurons)),
        "bias": rng.normal(0.05, 0.05, neurons),
    }
    if neuron.learn_beta:
        arrays["beta"] = rng.uniform(0.5, 0.99, neurons)
    if neuron.learn_threshold:
        arrays["threshold"] = rng.uniform(0.5, 1.5, neurons)
    return {name: array.astype(dtype) for name, array in arrays.items()}


def random_spikes(rng: np.random.Generator, steps: int, samples: int, channels: int, rate: float = 0.2) -> np.ndarray:
    """Return spikes `[samples, steps, channels]`."""
    return (rng.random((samples, steps, channels)) < rate).astype(np.uint8)


def loaded(backend: str, spikes: np.ndarray, dtype=np.float64):
    """Return the backend, and all samples as one batch of its inputs."""
    made = load_backend(backend)
    return made, made.load(SpikeTrains.from_dense(spikes), np.dtype(dtype)).batch(np.arange(len(spikes)))


def known_settings(rule: LearningRule, **wanted: object) -> dict[str, object]:
    """Return those of the wanted settings that a rule has, whatever rule it is."""
    return {name: value for name, value in wanted.items() if name in type_hints(rule.settings)}


def assert_close(found: np.ndarray, expected: np.ndarray, relative: float, name: str = ""):
    """Compare with a tolerance relative to the greatest expected value."""
    scale = max(float(np.abs(expected).max()), 1e-12)
    np.testing.assert_allclose(found, expected, rtol=0, atol=relative * scale, err_msg=name)
