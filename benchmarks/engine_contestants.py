"""The contestants of `bench_engine.py` that run in the project's own environment: ours, and rivals in PyTorch and numba.

    python benchmarks/engine_contestants.py NAME JOB

Each starts from the same weights, sees the same batches and is told by `engine_jobs.serve` what to do.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "scripts")]

import numpy as np  # noqa: E402
from engine_jobs import BETA, NAMES, RATE, SLOPE, Contestant, Job, serve  # noqa: E402


class Ours:
    """The custom backend, as `snndeep.learning.descent` uses it."""

    def __init__(self, job: Job):
        from snndeep.backends.registry import load_backend
        from snndeep.learning.optimiser import Adam, MovingAverage
        from snndeep.learning.registry import load_rule
        from snndeep.spikes.trains import SpikeTrains

        rule, backend = load_rule("surrogate"), load_backend("custom")
        hidden = job.initial["hidden.bias"].size
        settings = rule.settings(hidden=hidden, readout="spike_count", beta=BETA, slope=SLOPE, surrogate="atan")
        self.job = job
        self.model = rule.model(backend, settings, job.initial)
        inputs = backend.load(SpikeTrains(job.packed, job.channels), np.dtype(np.float32))
        self.network = self.model.whole(inputs)
        self.inputs = inputs
        vector = self.model.parameters.vector
        self.adam, self.average = Adam(vector, RATE), MovingAverage(vector, 0.0)

    def epoch(self) -> None:
        """See `Contestant.epoch`."""
        job, vector = self.job, self.model.parameters.vector
        chosen = job.order, job.labels[job.order], job.weights[job.order]
        self.network.epoch(vector, *chosen, job.batch, self.adam, self.average)

    def gradient(self) -> np.ndarray:
        """See `Contestant.gradient`."""
        batch = self.job.batches[0]
        return self.model.gradients(self.inputs, batch, self.job.labels[batch], self.job.weights[batch])[1][
            "hidden.weight"
        ]


class Torch:
    """Two layers of PyTorch, which `layer` makes."""

    def __init__(self, job: Job, peer: str, compiled: bool = False):
        import torch
        from engine_peers import LAYERS

        torch.set_num_threads(1)
        self.torch, self.job = torch, job
        self.spikes = torch.from_numpy(np.ascontiguousarray(job.dense.transpose(1, 0, 2)))
        self.parameters = [torch.from_numpy(job.initial[name].copy()).requires_grad_() for name in NAMES]
        self.optimiser = torch.optim.Adam(self.parameters, RATE, fused=True)
        self.labels, self.weights = torch.from_numpy(job.labels), torch.from_numpy(job.weights)
        self.batches = [torch.from_numpy(batch) for batch in job.batches]
        self.layers = [LAYERS[peer](), LAYERS[peer]()]
        self.loss = torch.compile(self._multi_step_loss, dynamic=False) if compiled else self._loss

    def _entropy(self, counts, labels, weights):
        return (self.torch.nn.functional.cross_entropy(counts, labels, reduction="none") * weights).mean()

    def _loss(self, spikes, labels, weights):
        w1, b1, w2, b2 = self.parameters
        hidden = self.layers[0](spikes @ w1 + b1)
        return self._entropy(self.layers[1](hidden @ w2 + b2).sum(0), labels, weights)

    def _multi_step_loss(self, spikes, labels, weights):
        """SpikingJelly's own function of all steps, which `torch.compile` takes whole."""
        from spikingjelly.activation_based import functional, surrogate

        w1, b1, w2, b2 = self.parameters
        shape = surrogate.ATan(alpha=SLOPE)

        def layer(current):
            start = self.torch.zeros_like(current[0])
            return functional.lif_multi_step(current, start, 1 / (1 - BETA), False, 1.0, 0.0, shape, False, False)[0]

        return self._entropy(layer(layer(spikes @ w1 + b1) @ w2 + b2).sum(0), labels, weights)

    def _backward(self, batch):
        self.optimiser.zero_grad()
        self.loss(self.spikes[:, batch], self.labels[batch], self.weights[batch]).backward()

    def epoch(self) -> None:
        """See `Contestant.epoch`."""
        for batch in self.batches:
            self._backward(batch)
            self.optimiser.step()

    def gradient(self) -> np.ndarray:
        """See `Contestant.gradient`."""
        self._backward(self.batches[0])
        return self.parameters[0].grad.numpy()


def make(job: Job) -> Contestant:
    """Make the contestant that the command line names."""
    name = sys.argv[1]
    if name == "ours":
        return Ours(job)
    if name == "dense numba":
        from engine_dense import Dense

        return Dense(job)
    if name == "spikingjelly compiled":
        return Torch(job, "spikingjelly", compiled=True)
    return Torch(job, name)


if __name__ == "__main__":
    serve(make)
