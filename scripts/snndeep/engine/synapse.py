"""Synapses of one sample: from input spikes to currents, and the derivative with respect to weights and inputs.

    I[t] = sum over spikes i at t of W[i] + b          (events: the first layer, whose input is a stored spike train)
    I[t] = W^T s[t] + b                                (dense: a layer fed by the spikes of another layer)

Weights are stored `[inputs, neurons]`, so that one event adds one contiguous row.
"""

from __future__ import annotations

from snndeep.engine.compiler import compiled


@compiled
def currents_from_events(pointers, channels, first, weight, bias, current):
    """Fill `current` `[T, N]` from the events of the rows `first` to `first + T` of the event lists."""
    steps, neurons = current.shape
    for t in range(steps):
        out = current[t]
        for j in range(neurons):
            out[j] = bias[j]
        e, end = pointers[first + t], pointers[first + t + 1]
        while e + 4 <= end:  # four rows at a time: the sum is loaded and stored once
            w0, w1, w2, w3 = (
                weight[channels[e]],
                weight[channels[e + 1]],
                weight[channels[e + 2]],
                weight[channels[e + 3]],
            )
            for j in range(neurons):
                out[j] += (w0[j] + w1[j]) + (w2[j] + w3[j])
            e += 4
        while e < end:
            row = weight[channels[e]]
            for j in range(neurons):
                out[j] += row[j]
            e += 1


@compiled
def gradients_from_events(pointers, channels, first, delta, grad_weight, grad_bias):
    """Add dL/dW[i] = sum_t s_i[t] delta[t] and dL/db = sum_t delta[t] of one sample."""
    steps, neurons = delta.shape
    for t in range(steps):
        d = delta[t]
        for j in range(neurons):
            grad_bias[j] += d[j]
        for e in range(pointers[first + t], pointers[first + t + 1]):
            row = grad_weight[channels[e]]
            for j in range(neurons):
                row[j] += d[j]


@compiled
def currents_from_spikes(spikes, weight_t, bias, current):
    """Fill `current` `[T, N]` from dense spikes `[T, M]`; `weight_t` is W transposed, `[N, M]`."""
    steps, neurons = current.shape
    for t in range(steps):
        s = spikes[t]
        for j in range(neurons):
            row = weight_t[j]
            total = bias[j]
            for i in range(s.size):
                total += row[i] * s[i]
            current[t, j] = total


@compiled
def gradients_from_spikes(spikes, weight_t, delta, grad_weight_t, grad_bias, grad_inputs):
    """Add the derivatives of one sample with dense input; fill `grad_inputs` `[T, M]` with W delta[t]."""
    steps, neurons = delta.shape
    for t in range(steps):
        s, g = spikes[t], grad_inputs[t]
        g[:] = 0
        for j in range(neurons):
            d = delta[t, j]
            if d == 0:
                continue
            grad_bias[j] += d
            row, grad_row = weight_t[j], grad_weight_t[j]
            for i in range(s.size):
                grad_row[i] += d * s[i]
                g[i] += d * row[i]


@compiled
def is_silent(gradient):
    """Tell whether the upstream gradient `[T, N]` of one sample is zero throughout; stops at the first that is not."""
    for t in range(gradient.shape[0]):
        for j in range(gradient.shape[1]):
            if gradient[t, j] != 0:
                return False
    return True
