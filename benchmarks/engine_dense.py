"""The rival of `bench_engine.py` that a good engineer would write: OpenBLAS for the products, numba for everything else.

Samples are worked on in chunks of 32, whose arrays stay in the cache. Potentials and spikes of a layer are `[T, B N]`.
"""

from __future__ import annotations

import math

import numpy as np
from engine_jobs import BETA, NAMES, RATE, SLOPE, Job
from numba import njit

OPTIONS = {"fastmath": {"reassoc", "contract", "nsz", "arcp"}, "error_model": "numpy", "cache": True}
CHUNK, COLUMNS = 32, 2048


@njit(**OPTIONS)
def forward(potential, spikes, beta):
    """Turn currents into potentials, in place, and fill in the spikes."""
    one, zero = np.float32(1), np.float32(0)
    for first in range(0, potential.shape[1], COLUMNS):
        last = min(first + COLUMNS, potential.shape[1])
        v = np.zeros(last - first, np.float32)
        for t in range(potential.shape[0]):
            u_t, s_t = potential[t, first:last], spikes[t, first:last]
            for j in range(v.size):
                u = beta * v[j] + u_t[j]
                fired = u >= one
                u_t[j] = u
                s_t[j] = one if fired else zero
                v[j] = zero if fired else u


@njit(**OPTIONS)
def backward(potential, gradient, beta, slope):
    """Turn derivatives with respect to spikes into those with respect to currents, in place."""
    one, zero, half = np.float32(1), np.float32(0), np.float32(0.5)
    k = np.float32(math.pi / 2) * slope
    for first in range(0, potential.shape[1], COLUMNS):
        last = min(first + COLUMNS, potential.shape[1])
        eps = np.zeros(last - first, np.float32)
        for t in range(potential.shape[0] - 1, -1, -1):
            u_t, g_t = potential[t, first:last], gradient[t, first:last]
            for j in range(eps.size):
                u = u_t[j]
                x = k * (u - one)
                d = half * slope / (one + x * x) * (g_t[j] - eps[j] * u) + (zero if u >= one else eps[j])
                g_t[j] = d
                eps[j] = beta * d


@njit(**OPTIONS)
def adam(p, g, m, v, rate, root):
    """Update the parameters."""
    b1, b2, n1, n2 = np.float32(0.9), np.float32(0.999), np.float32(0.1), np.float32(0.001)
    for i in range(p.size):
        m[i] = b1 * m[i] + n1 * g[i]
        v[i] = b2 * v[i] + n2 * g[i] * g[i]
        p[i] -= rate * m[i] / (np.sqrt(v[i]) * root + np.float32(1e-8))


@njit(**OPTIONS)
def cross_entropy(counts, labels, weights, size, gradient):
    """Fill in the derivative `[B, 2]` of the loss with respect to the spike counts."""
    for b in range(labels.size):
        greatest = max(counts[b, 0], counts[b, 1])
        e0, e1 = math.exp(counts[b, 0] - greatest), math.exp(counts[b, 1] - greatest)
        w = weights[b] / size
        gradient[b, 0] = (e0 / (e0 + e1) - (1 - labels[b])) * w
        gradient[b, 1] = (e1 / (e0 + e1) - labels[b]) * w


class Dense:
    """See above."""

    def __init__(self, job: Job):
        self.job, self.beta, self.slope = job, np.float32(BETA), np.float32(SLOPE)
        self.features, self.hidden = job.initial["hidden.weight"].shape
        self.vector = np.concatenate([job.initial[name].ravel() for name in NAMES])
        self.moments = np.zeros((2, self.vector.size), np.float32)
        self.updates = 0
        self.spikes = job.dense

    def _views(self, vector: np.ndarray) -> tuple[np.ndarray, ...]:
        f, h = self.features, self.hidden
        a = f * h
        return vector[:a].reshape(f, h), vector[a : a + h], vector[a + h : a + 3 * h].reshape(h, 2), vector[a + 3 * h :]

    def _chunk(self, samples: np.ndarray, size: int) -> np.ndarray:
        steps, count = self.job.steps, samples.size
        w1, b1, w2, b2 = self._views(self.vector)
        x = np.ascontiguousarray(self.spikes[samples].transpose(1, 0, 2)).reshape(steps * count, -1)
        u = x @ w1
        u += b1
        s = np.empty_like(u)
        forward(u.reshape(steps, -1), s.reshape(steps, -1), self.beta)
        o = s @ w2
        o += b2
        fired, upstream, grad = (
            np.empty_like(o),
            np.empty((steps, count, 2), np.float32),
            np.empty((count, 2), np.float32),
        )
        forward(o.reshape(steps, -1), fired.reshape(steps, -1), self.beta)
        counts = fired.reshape(steps, count, 2).sum(0)
        cross_entropy(counts, self.job.labels[samples], self.job.weights[samples], size, grad)
        upstream[:] = grad
        backward(o.reshape(steps, -1), upstream.reshape(steps, -1), self.beta, self.slope)
        d2 = upstream.reshape(-1, 2)
        d1 = d2 @ w2.T
        backward(u.reshape(steps, -1), d1.reshape(steps, -1), self.beta, self.slope)
        found = np.empty_like(self.vector)
        g1, g_b1, g2, g_b2 = self._views(found)
        np.dot(x.T, d1, out=g1)
        np.dot(s.T, d2, out=g2)
        d1.sum(0, out=g_b1)
        d2.sum(0, out=g_b2)
        return found

    def _gradients(self, samples: np.ndarray) -> np.ndarray:
        parts = [self._chunk(samples[first : first + CHUNK], samples.size) for first in range(0, samples.size, CHUNK)]
        for part in parts[1:]:
            parts[0] += part
        return parts[0]

    def epoch(self) -> None:
        """See `Contestant.epoch`."""
        for samples in self.job.batches:
            found = self._gradients(samples)
            self.updates += 1
            rate, root = RATE / (1 - 0.9**self.updates), 1 / math.sqrt(1 - 0.999**self.updates)
            adam(self.vector, found, *self.moments, np.float32(rate), np.float32(root))

    def gradient(self) -> np.ndarray:
        """See `Contestant.gradient`."""
        return self._views(self._gradients(self.job.batches[0]))[0]
