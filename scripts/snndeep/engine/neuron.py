"""The leaky integrate-and-fire neuron: dynamics of one sample and their derivative.

Forward, for every neuron j and step t (units: threshold units and steps):

    v_pre[t] = beta v[t-1] + I[t]              leak and integrate
    theta[t] = threshold + strength a[t]       a[t] = decay a[t-1] + s[t-1]   (adaptation, optional)
    s[t]     = 1 if v_pre[t] >= theta[t] else 0
    v[t]     = v_pre[t] (1 - s[t])             hard reset to zero

Backward, with g_s and g_v the derivatives of the loss with respect to s and v_pre, h the surrogate derivative at
v_pre - theta, delta[t] = dL/dv_pre[t], and eps[t] = beta delta[t+1] = dL/dv[t]:

    x[t]      = h[t] (g_s[t] - eps[t] v_pre[t] + lambda[t+1])       through the spike, reset included
    delta[t]  = g_v[t] + x[t] + eps[t] (1 - s[t])
    lambda[t] = decay lambda[t+1] - strength x[t]                   lambda = dL/da (adaptation only)
    dL/dbeta_j = sum_t delta[t] v[t-1]         dL/dthreshold_j = - sum_t x[t]

The adaptive threshold is that of Bellec et al. (2018, arXiv:1803.09574), the surrogate gradient that of Neftci,
Mostafa and Zenke (2019, arXiv:1901.09948).

Arguments given as None are optional; numba compiles a variant without them, so that nothing unused is paid for.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

ATAN, FAST_SIGMOID, SUPERSPIKE = 0, 1, 2
SURROGATE_CODES = {"atan": ATAN, "fast_sigmoid": FAST_SIGMOID, "superspike": SUPERSPIKE}

# Sums may be reordered and multiplications fused. NaN and infinity keep their meaning: an infinite threshold makes a
# neuron that never fires, and a diverging run must be seen as such.
FAST = {"reassoc", "contract", "nsz", "arcp"}


@njit(cache=True, fastmath=FAST)
def lif_forward(potential, spikes, beta, threshold, adaptation):
    """Run one sample through the neurons, in place.

    Args:
        potential: `[T, N]`, the input current on entry, v_pre on return.
        spikes: `[T, N]`, filled with 0 and 1.
        beta: `[N]`, decay of the membrane potential per step.
        threshold: `[N]`.
        adaptation: None, or (decay, strength, theta) with theta `[T, N]` filled with the effective threshold.
    """
    steps, neurons = potential.shape
    zero, one = potential.dtype.type(0), potential.dtype.type(1)
    v = np.zeros(neurons, potential.dtype)
    if adaptation is None:
        for t in range(steps):
            v_pre, s = potential[t], spikes[t]
            for j in range(neurons):
                u = beta[j] * v[j] + v_pre[j]
                fired = u >= threshold[j]
                v_pre[j] = u
                s[j] = one if fired else zero
                v[j] = zero if fired else u
    else:
        decay, strength, thetas = adaptation
        trace = np.zeros(neurons, potential.dtype)
        for t in range(steps):
            v_pre, s, theta = potential[t], spikes[t], thetas[t]
            for j in range(neurons):
                u = beta[j] * v[j] + v_pre[j]
                theta[j] = threshold[j] + strength * trace[j]
                fired = u >= theta[j]
                v_pre[j] = u
                s[j] = one if fired else zero
                v[j] = zero if fired else u
                trace[j] = decay * trace[j] + s[j]


@njit(cache=True, fastmath=FAST, inline="always")
def _surrogate_derivative(code, slope, v_pre, theta, h):
    """Fill `h` with the surrogate derivative at v_pre - theta; see `snndeep.surrogates` for the formulas."""
    one, half = h.dtype.type(1), h.dtype.type(0.5)
    if code == ATAN:
        k = h.dtype.type(math.pi / 2) * slope
        for j in range(h.size):
            x = k * (v_pre[j] - theta[j])
            h[j] = half * slope / (one + x * x)
    elif code == FAST_SIGMOID:
        for j in range(h.size):
            x = one + slope * abs(v_pre[j] - theta[j])
            h[j] = half * slope / (x * x)
    else:
        for j in range(h.size):
            x = one + slope * abs(v_pre[j] - theta[j])
            h[j] = one / (x * x)


@njit(cache=True, fastmath=FAST)
def lif_backward(
    potential, spikes, beta, threshold, adaptation, surrogate, grad_spikes, grad_potential, delta, grad_neuron
):
    """Propagate the loss derivative of one sample back through the neurons.

    Args:
        potential: `[T, N]`, v_pre of the forward pass.
        spikes: `[T, N]`, spikes of the forward pass.
        beta: `[N]`.
        threshold: `[N]`.
        adaptation: As in `lif_forward`.
        surrogate: (code, slope), one of `SURROGATE_CODES` and its steepness.
        grad_spikes: None, or g_s `[T, N]`.
        grad_potential: None, or g_v `[T, N]`.
        delta: `[T, N]`, filled with dL/dv_pre, which is also dL/dI.
        grad_neuron: None, or `[2, N]` to which dL/dbeta and dL/dthreshold are added.
    """
    steps, neurons = potential.shape
    one = potential.dtype.type(1)
    code, slope = surrogate
    h, x = np.empty(neurons, potential.dtype), np.empty(neurons, potential.dtype)
    eps = np.zeros(neurons, potential.dtype)
    lam = np.zeros(neurons, potential.dtype)
    for t in range(steps - 1, -1, -1):
        v_pre, s, d = potential[t], spikes[t], delta[t]
        theta = threshold if adaptation is None else adaptation[2][t]
        _surrogate_derivative(code, slope, v_pre, theta, h)
        for j in range(neurons):
            x[j] = -eps[j] * v_pre[j]
        if grad_spikes is not None:
            g_s = grad_spikes[t]
            for j in range(neurons):
                x[j] += g_s[j]
        if adaptation is not None:
            for j in range(neurons):
                x[j] += lam[j]
        for j in range(neurons):
            x[j] *= h[j]
        for j in range(neurons):
            d[j] = x[j] + eps[j] * (one - s[j])
        if grad_potential is not None:
            g_v = grad_potential[t]
            for j in range(neurons):
                d[j] += g_v[j]
        for j in range(neurons):
            eps[j] = beta[j] * d[j]
        if adaptation is not None:
            for j in range(neurons):
                lam[j] = adaptation[0] * lam[j] - adaptation[1] * x[j]
        if grad_neuron is not None:
            for j in range(neurons):
                grad_neuron[1, j] -= x[j]
            if t > 0:
                before, fired = potential[t - 1], spikes[t - 1]
                for j in range(neurons):
                    grad_neuron[0, j] += d[j] * before[j] * (one - fired[j])
