"""Synapses of one sample: from input spikes to currents, and the derivative with respect to weights and inputs.

    I[t] = sum over spikes i at t of W[i] + b          (events: the first layer, whose input is a stored spike train)
    I[t] = W^T s[t] + b                                (dense: a layer fed by the spikes of another layer)

Weights are stored `[inputs, neurons]`, so that one event adds one contiguous row.
"""

from __future__ import annotations

from snndeep.engine.compiler import compiled


@compiled
def _add_rows(total, rows, indices, start, end):
    """Add to `total` `[N]` the rows that `indices[start:end]` names, four at a time to load and store it less often."""
    k = start
    while k + 4 <= end:
        r0, r1, r2, r3 = rows[indices[k]], rows[indices[k + 1]], rows[indices[k + 2]], rows[indices[k + 3]]
        for j in range(total.size):
            total[j] += (r0[j] + r1[j]) + (r2[j] + r3[j])
        k += 4
    if k + 2 <= end:
        r0, r1 = rows[indices[k]], rows[indices[k + 1]]
        for j in range(total.size):
            total[j] += r0[j] + r1[j]
        k += 2
    if k < end:
        r0 = rows[indices[k]]
        for j in range(total.size):
            total[j] += r0[j]


@compiled
def _sum_of_entries(entries, indices, start, end):
    """As `_add_rows` for rows of one entry: a single neuron, such as a Tempotron, would spend its time on loops of one."""
    total = entries.dtype.type(0)
    for k in range(start, end):
        total += entries[indices[k]]
    return total


@compiled
def currents_from_events(events, sample, weight, bias, current):
    """Fill `current` `[T, N]` from the events of a sample: the weight rows of the channels that fire at each step."""
    _, steps, pointers, channels, _, _ = events
    first = sample * steps
    if bias.size == 1:
        entries = weight[:, 0]
        for t in range(steps):
            current[t, 0] = bias[0] + _sum_of_entries(entries, channels, pointers[first + t], pointers[first + t + 1])
        return
    for t in range(steps):
        out = current[t]
        for j in range(out.size):
            out[j] = bias[j]
        row = first + t
        _add_rows(out, weight, channels, pointers[row], pointers[row + 1])


@compiled
def gradients_from_events(events, sample, delta, grad_weight, grad_bias):
    """Add dL/dW[i] = sum_t s_i[t] delta[t], the delta rows of the times of each channel, and dL/db = sum_t delta[t]."""
    inputs, steps, _, _, starts, times = events
    first = sample * inputs
    for t in range(steps):
        d = delta[t]
        for j in range(d.size):
            grad_bias[j] += d[j]
    if grad_bias.size == 1:
        entries = delta[:, 0]
        for i in range(inputs):
            grad_weight[i, 0] += _sum_of_entries(entries, times, starts[first + i], starts[first + i + 1])
        return
    for i in range(inputs):
        row = first + i
        _add_rows(grad_weight[i], delta, times, starts[row], starts[row + 1])


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
            for i in range(s.size):
                g[i] += d * row[i]


@compiled
def is_silent(gradient):
    """Tell whether the upstream gradient `[T, N]` of one sample is zero throughout; stops at the first that is not."""
    for t in range(gradient.shape[0]):
        for j in range(gradient.shape[1]):
            if gradient[t, j] != 0:
                return False
    return True
