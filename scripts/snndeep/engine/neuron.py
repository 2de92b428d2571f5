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

from snndeep.engine.compiler import compiled

ATAN, FAST_SIGMOID, SUPERSPIKE = 0, 1, 2
SURROGATE_CODES = {"atan": ATAN, "fast_sigmoid": FAST_SIGMOID, "superspike": SUPERSPIKE}


@compiled
def item_of(array, index):
    """Return `array[index]`, or None for None."""
    if array is None:
        return None
    return array[index]


@compiled
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


@compiled
def _effective_threshold(threshold, adaptation, t):
    if adaptation is None:
        return threshold
    _, _, theta = adaptation
    return theta[t]


@compiled
def spikes_from_potential(potential, threshold, adaptation, spikes):
    """Fill `spikes` `[T, N]` with the spikes that `lif_forward` found, from the potentials that it left."""
    steps, neurons = potential.shape
    zero, one = potential.dtype.type(0), potential.dtype.type(1)
    for t in range(steps):
        v_pre, s = potential[t], spikes[t]
        theta = _effective_threshold(threshold, adaptation, t)
        for j in range(neurons):
            s[j] = one if v_pre[j] >= theta[j] else zero


@compiled
def _surrogate_derivative(code, slope, potential, threshold, adaptation, h):
    """Fill `h` `[T, N]` with the surrogate derivative at v_pre - theta; see `snndeep.backends.surrogates` for the formulas."""
    steps, neurons = potential.shape
    one, half = h.dtype.type(1), h.dtype.type(0.5)
    k = h.dtype.type(math.pi / 2) * slope
    for t in range(steps):
        v_pre, out, theta = potential[t], h[t], _effective_threshold(threshold, adaptation, t)
        if code == ATAN:
            for j in range(neurons):
                x = k * (v_pre[j] - theta[j])
                out[j] = half * slope / (one + x * x)
        elif code == FAST_SIGMOID:
            for j in range(neurons):
                x = one + slope * abs(v_pre[j] - theta[j])
                out[j] = half * slope / (x * x)
        else:
            for j in range(neurons):
                x = one + slope * abs(v_pre[j] - theta[j])
                out[j] = one / (x * x)


@compiled
def _adaptation_backward(adaptation, x, lam):
    decay, strength, _ = adaptation
    for j in range(lam.size):
        lam[j] = decay * lam[j] - strength * x[j]


@compiled
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
    x, total = np.empty(neurons, potential.dtype), np.empty(neurons, potential.dtype)
    eps, lam = np.zeros(neurons, potential.dtype), np.zeros(neurons, potential.dtype)
    _surrogate_derivative(code, slope, potential, threshold, adaptation, delta)
    for t in range(steps - 1, -1, -1):
        v_pre, s, d = potential[t], spikes[t], delta[t]  # d holds h[t] until it is overwritten
        # Short loops that write one array each, none of which another loop reads by another name: the compiler
        # vectorises these, twice as fast as fewer and longer ones.
        for j in range(neurons):
            through_spike = -eps[j] * v_pre[j]
            if grad_spikes is not None:
                through_spike += grad_spikes[t, j]
            if adaptation is not None:
                through_spike += lam[j]
            x[j] = d[j] * through_spike
        for j in range(neurons):
            total[j] = x[j] + eps[j] * (one - s[j])
        if grad_potential is not None:
            for j in range(neurons):
                total[j] += grad_potential[t, j]
        for j in range(neurons):
            d[j] = total[j]
        for j in range(neurons):
            eps[j] = beta[j] * total[j]
        if adaptation is not None:
            _adaptation_backward(adaptation, x, lam)
        if grad_neuron is not None:
            for j in range(neurons):
                grad_neuron[1, j] -= x[j]
            if t > 0:
                before, fired = potential[t - 1], spikes[t - 1]
                for j in range(neurons):
                    grad_neuron[0, j] += d[j] * before[j] * (one - fired[j])
