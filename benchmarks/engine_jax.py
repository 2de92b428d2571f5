"""The rival of `bench_engine.py` in plain JAX: a whole epoch in one compiled scan, as a user would best write it for a CPU.

Spikes, gradients and updates are the same maths as ours. Needs numpy and jax, see `benchmarks/requirements.txt`.
"""

from __future__ import annotations

import os
import sys

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
from engine_jobs import BETA, NAMES, RATE, SLOPE, STEEPNESS, Job, serve


@jax.custom_jvp
def spike(distance):
    """Return 1 where the potential is at least the threshold."""
    return (distance >= 0).astype(distance.dtype)


@spike.defjvp
def _(primals, tangents):
    return spike(primals[0]), tangents[0] * (SLOPE / 2) / (1 + (STEEPNESS * primals[0]) ** 2)


def neurons(current):
    """Map currents `[T, B, N]` to spikes."""

    def step(v, i):
        u = BETA * v + i
        s = spike(u - 1)
        return u * (1 - s), s

    return jax.lax.scan(step, jnp.zeros_like(current[0]), current)[1]


def loss_of(parameters, spikes, labels, weights):
    """Return the weighted cross entropy of the spike counts; `spikes` `[T, B, F]`."""
    w1, b1, w2, b2 = parameters
    counts = neurons(neurons(spikes @ w1 + b1) @ w2 + b2).sum(0)
    shares = jax.nn.log_softmax(counts)
    return -(jnp.take_along_axis(shares, labels[:, None], 1)[:, 0] * weights).mean()


def learn(state, spikes, labels, weights, batches):
    """Go over batches `[number, B]` of samples; `spikes` `[N, T, F]`."""

    def update(state, batch):
        parameters, first, second, t = state
        x = spikes[batch].transpose(1, 0, 2)
        gradients = jax.grad(loss_of)(parameters, x, labels[batch], weights[batch])
        t = t + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        parameters = jax.tree.map(
            lambda p, m, v: p - RATE * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8),
            parameters,
            first,
            second,
        )
        return (parameters, first, second, t), None

    return jax.lax.scan(update, state, batches)[0]


class Jax:
    """See above."""

    def __init__(self, job: Job):
        self.spikes, self.labels, self.weights = map(jnp.asarray, (job.dense, job.labels, job.weights))
        parameters = tuple(jnp.asarray(job.initial[name]) for name in NAMES)
        first, second = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
        self.state = parameters, first, second, jnp.float32(0)
        full = job.order.size // job.batch * job.batch
        parts = job.order[:full].reshape(-1, job.batch), job.order[full:].reshape(1, -1)
        self.parts = [jnp.asarray(part) for part in parts if part.size]
        self.learn = jax.jit(learn, donate_argnums=0)
        self.first = jnp.asarray(job.batches[0])

    def epoch(self) -> None:
        """See `Contestant.epoch`."""
        for part in self.parts:
            self.state = self.learn(self.state, self.spikes, self.labels, self.weights, part)
        jax.block_until_ready(self.state)

    def gradient(self) -> np.ndarray:
        """See `Contestant.gradient`."""
        batch = self.first
        x = self.spikes[batch].transpose(1, 0, 2)
        found = jax.jit(jax.grad(loss_of))(self.state[0], x, self.labels[batch], self.weights[batch])
        return np.asarray(found[0])


if __name__ == "__main__":
    assert sys.argv[1] == "jax"
    serve(Jax)
