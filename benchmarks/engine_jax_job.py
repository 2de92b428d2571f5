"""The training job of `bench_engine.py` in JAX, as a process: read, learn all epochs in one compiled call, score, write."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from engine_jax import jax, jnp, learn, neurons
from engine_jobs import NAMES

FEATURES, HIDDEN, BATCH, EPOCHS = 64, 64, 32, 20


@jax.jit
def fit(parameters, spikes, labels, weights, batches):
    """Learn; `batches` `[epochs, number, B]`."""
    nothing = jax.tree.map(jnp.zeros_like, parameters)

    def epoch(state, order):
        return learn(state, spikes, labels, weights, order), None

    return jax.lax.scan(epoch, (parameters, nothing, nothing, jnp.float32(0)), batches)[0][0]


@jax.jit
def counts(parameters, spikes):
    """Return spike counts; `spikes` `[T, B, F]`."""
    w1, b1, w2, b2 = parameters
    return neurons(neurons(spikes @ w1 + b1) @ w2 + b2).sum(0)


def main() -> None:
    """Do the job in the file that the command line names."""
    path = Path(sys.argv[1])
    with np.load(path, allow_pickle=False) as file:
        packed, labels, train, validation = (file[name] for name in ("packed", "labels", "train", "validation"))
    spikes = np.unpackbits(packed, axis=-1, count=FEATURES, bitorder="little").astype(np.float32)
    weights = (train.size / (2 * np.bincount(labels[train])))[labels].astype(np.float32)
    draws = np.random.default_rng(0)
    initial = {
        "hidden.weight": draws.normal(0, 1 / np.sqrt(FEATURES * spikes.mean()), (FEATURES, HIDDEN)),
        "hidden.bias": np.zeros(HIDDEN),
        "output.weight": draws.normal(0, 1 / np.sqrt(HIDDEN), (HIDDEN, 2)),
        "output.bias": np.zeros(2),
    }
    parameters = tuple(jnp.asarray(initial[name], jnp.float32) for name in NAMES)
    full = train.size // BATCH * BATCH
    batches = np.stack([train[draws.permutation(train.size)[:full]].reshape(-1, BATCH) for _ in range(EPOCHS)])
    learned = fit(parameters, jnp.asarray(spikes), jnp.asarray(labels), jnp.asarray(weights), jnp.asarray(batches))
    found = counts(learned, jnp.asarray(spikes[validation].transpose(1, 0, 2)))
    np.save(path.with_suffix(".jax.npy"), np.asarray(jax.nn.softmax(found)))


if __name__ == "__main__":
    main()
