"""The peers of `bench_engine.py`: the same network and the same rules, as the frameworks are best used.

snnTorch: `Leaky` with reset to zero and without delay, stepped in a loop; SpikingJelly: `LIFNode` in multi-step mode,
reset inside the gradient. Both with their own arctangent surrogate, dense inputs that are prepared beforehand, one
matrix product for all steps, `torch.optim.Adam`, one thread. `FusedLayer` is what can be done in PyTorch by hand, and
`products_alone` the matrix products without any neurons: the limit of dense computation.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from snndeep.learning.bal import initial_labels, label_schedule, select_departing
from snndeep.learning.descent import class_weights
from snndeep.learning.tempotron import kernel_scale
from snndeep.seeds import generator
from snndeep.spikes.encoded_split import Problem

BETA, SLOPE = 0.9, 2.0
torch.set_num_threads(1)


class SnnTorchLayer(nn.Module):
    """A layer of `snntorch.Leaky` neurons."""

    def __init__(self):
        super().__init__()
        import snntorch

        self.leaky = snntorch.Leaky(
            beta=BETA,
            spike_grad=snntorch.surrogate.atan(alpha=SLOPE),
            reset_mechanism="zero",
            reset_delay=False,
        )

    def forward(self, current: torch.Tensor) -> torch.Tensor:
        """Map currents `[T, B, N]` to spikes."""
        v, spikes = torch.zeros_like(current[0]), []
        for step in current:
            s, v = self.leaky(step, v)
            spikes.append(s)
        return torch.stack(spikes)


class SpikingJellyLayer(nn.Module):
    """A layer of `LIFNode` neurons."""

    def __init__(self):
        super().__init__()
        from spikingjelly.activation_based import neuron, surrogate

        self.node = neuron.LIFNode(
            tau=1 / (1 - BETA),
            decay_input=False,
            v_reset=0.0,
            detach_reset=False,
            surrogate_function=surrogate.ATan(alpha=SLOPE),
            step_mode="m",
        )

    def forward(self, current: torch.Tensor) -> torch.Tensor:
        """Map currents `[T, B, N]` to spikes."""
        self.node.reset()
        return self.node(current)


class _FusedLif(torch.autograd.Function):
    @staticmethod
    def forward(ctx, current):
        v_pre, spikes = current.clone(), torch.empty_like(current)
        torch.ge(v_pre[0], 1, out=spikes[0])
        for t in range(1, len(current)):
            v_pre[t].addcmul_(v_pre[t - 1], 1 - spikes[t - 1], value=BETA)
            torch.ge(v_pre[t], 1, out=spikes[t])
        ctx.save_for_backward(v_pre, spikes)
        return spikes

    @staticmethod
    def backward(ctx, grad):
        v_pre, spikes = ctx.saved_tensors
        h = v_pre.sub(1).mul_(math.pi / 2 * SLOPE).square_().add_(1).reciprocal_().mul_(SLOPE / 2)
        delta = h * grad
        through = torch.sub(1, spikes).sub_(h.mul_(v_pre)).mul_(BETA)  # d v[t] / d v_pre[t], times the decay
        for t in range(len(grad) - 2, -1, -1):
            delta[t].addcmul_(delta[t + 1], through[t])
        return delta


class FusedLayer(nn.Module):
    """A layer with forward and backward pass written by hand."""

    def forward(self, current: torch.Tensor) -> torch.Tensor:
        """Map currents `[T, B, N]` to spikes."""
        return _FusedLif.apply(current)


LAYERS = {"snntorch": SnnTorchLayer, "spikingjelly": SpikingJellyLayer, "fused PyTorch": FusedLayer}


def check_same_maths() -> None:
    """Compare spikes and derivatives of all layers in float64.

    Raises:
        RuntimeError: If two differ, and a comparison of their speed would mean nothing.
    """
    draws = torch.Generator().manual_seed(0)
    current = torch.randn(30, 8, 16, generator=draws, dtype=torch.float64)
    upstream = torch.randn(30, 8, 16, generator=draws, dtype=torch.float64)
    found = {}
    for name, make in LAYERS.items():
        leaf = current.clone().requires_grad_()
        spikes = make().to(torch.float64)(leaf)
        found[name] = spikes.detach(), torch.autograd.grad(spikes, leaf, upstream)[0]
    spikes, gradient = found.pop("fused PyTorch")
    for name, (other_spikes, other_gradient) in found.items():
        # snnTorch keeps its decay in single precision.
        if not torch.equal(spikes, other_spikes) or not torch.allclose(gradient, other_gradient, rtol=1e-4, atol=1e-6):
            raise RuntimeError(f"{name} computes something else")


def dense(problem: Problem) -> torch.Tensor:
    """Return the spikes of all samples as floats `[T, N, F]`, steps first, as the frameworks step through them."""
    return torch.from_numpy(np.ascontiguousarray(problem.trains.dense().swapaxes(0, 1), np.float32))


class Surrogate:
    """Surrogate-gradient learning with one kind of layer."""

    def __init__(self, peer: str, problem: Problem, inputs: torch.Tensor, hidden: int, batch: int):
        self.inputs, self.batch, self.problem = inputs, batch, problem
        make = LAYERS[peer]
        self.first = nn.Sequential(nn.Linear(inputs.shape[2], hidden), make())
        self.second = nn.Sequential(nn.Linear(hidden, 2), make())
        nn.init.normal_(self.first[0].weight, 0, 1 / math.sqrt(inputs.shape[2] * problem.trains.mean_rate()))
        self.optimiser = torch.optim.Adam([*self.first.parameters(), *self.second.parameters()], 3e-3)

    def epoch(self, train: np.ndarray) -> None:
        """Go once over the samples."""
        labels = torch.from_numpy(self.problem.labels)
        weights = torch.empty(labels.numel())
        weights[train] = torch.from_numpy(class_weights(self.problem.labels[train]))
        for batch in torch.from_numpy(np.random.default_rng(0).permutation(train)).split(self.batch):
            counts = self.second(self.first(self.inputs[:, batch])).sum(0)
            loss = (cross_entropy(counts, labels[batch], reduction="none") * weights[batch]).mean()
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()

    def scores(self, samples: np.ndarray) -> np.ndarray:
        """Return the probability of disease."""
        with torch.no_grad():
            return self.second(self.first(self.inputs[:, samples])).sum(0).softmax(1)[:, 1].numpy()

    def patterns(self, samples: np.ndarray) -> np.ndarray:
        """Return the spike counts of the hidden neurons."""
        with torch.no_grad():
            return self.first(self.inputs[:, samples]).sum(0).numpy()


def active_round(peer: str, problem: Problem, inputs: torch.Tensor, settings: object) -> None:
    """Fit to the first labels, choose more by their patterns, fit again."""
    model = Surrogate(peer, problem, inputs, settings.hidden, settings.batch_size)
    first, last = label_schedule(problem.train.size, settings)
    labels, patients = problem.labels[problem.train], problem.patients[problem.train]
    labelled = problem.train[initial_labels(labels, patients, first, generator(0))]
    for _ in range(settings.epochs):
        model.epoch(labelled)
    rest = np.setdiff1d(problem.train, labelled)
    chosen = select_departing(
        model.patterns(labelled), model.patterns(rest), problem.patients[rest], last - labelled.size
    )
    labelled = np.concatenate([labelled, rest[chosen]])
    for _ in range(settings.epochs):
        model.epoch(labelled)


class Tempotron:
    """The Tempotron on leaky integrators of a framework; V is the difference of two of them on one current."""

    def __init__(self, peer: str, problem: Problem, inputs: torch.Tensor, batch: int, tau_m: float, tau_s: float):
        self.inputs, self.batch, self.problem = inputs, batch, problem
        self.weight = (torch.randn(inputs.shape[2], 1) * 0.02).requires_grad_()
        self.bias = torch.zeros(1, requires_grad=True)
        self.scale = kernel_scale(tau_m, tau_s)
        make = {"snntorch": self._snntorch, "spikingjelly": self._spikingjelly}[peer]
        self.integrators = [make(math.exp(-1 / tau)) for tau in (tau_m, tau_s)]
        self.optimiser = torch.optim.Adam([self.weight, self.bias], 3e-3)

    @staticmethod
    def _snntorch(beta):
        import snntorch

        leaky = snntorch.Leaky(beta=beta, reset_mechanism="none", threshold=1e9)

        def integrate(current):
            v, potentials = torch.zeros_like(current[0]), []
            for step in current:
                _, v = leaky(step, v)
                potentials.append(v)
            return torch.stack(potentials)

        return integrate

    @staticmethod
    def _spikingjelly(beta):
        from spikingjelly.activation_based import neuron

        node = neuron.LIFNode(tau=1 / (1 - beta), decay_input=False, v_threshold=1e9, step_mode="m", store_v_seq=True)

        def integrate(current):
            node.reset()
            node(current)
            return node.v_seq

        return integrate

    def epoch(self, train: np.ndarray) -> None:
        """Go once over the samples."""
        labels = torch.from_numpy(self.problem.labels)
        for batch in torch.from_numpy(np.random.default_rng(0).permutation(train)).split(self.batch):
            current = self.inputs[:, batch] @ self.weight
            membrane, synapse = (integrate(current) for integrate in self.integrators)
            margin = self.scale * (membrane - synapse).amax(0)[:, 0] + self.bias - 1
            sign = (margin >= 0).float() - labels[batch]
            self.optimiser.zero_grad()
            (sign.detach() * margin).mean().backward()
            self.optimiser.step()


def products_alone(problem: Problem, inputs: torch.Tensor, hidden: int, batch: int) -> None:
    """Do the matrix products of an epoch, forward and backward, and nothing else."""
    w1, w2 = torch.randn(inputs.shape[2], hidden) * 0.1, torch.randn(hidden, 2) * 0.1
    for samples in torch.randperm(problem.train.size).split(batch):
        x = inputs[:, samples].reshape(-1, inputs.shape[2])
        current = x @ w1
        output = current @ w2
        grad_hidden = output @ w2.T
        current.T @ output
        x.T @ grad_hidden
