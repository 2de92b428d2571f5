"""Synapses of one sample: from input spikes to currents, and the derivative with respect to weights and inputs.

    I[t] = sum over spikes i at t of W[i] + b          (events: the first layer, whose input is a stored spike train)
    I[t] = W^T s[t] + b                                (dense: a layer fed by the spikes of another layer)

Weights are stored `[inputs, neurons]`, so that one event adds one contiguous row.
"""

from __future__ import annotations

from snndeep.engine.compiler import compiled


@compiled
def _add_product(total, pointers, first, indices, rows):
    """Add S @ rows to `total` `[R, N]`, S being the rows `first` to `first + R` of a sparse matrix of zeros and ones.

    The rows of `rows` `[M, N]` that one row of S names are added four at a time, to load and store their sum less often.
    """
    columns = total.shape[1]
    k = pointers[first]
    for r in range(total.shape[0]):
        end = pointers[first + r + 1]
        while k + 4 <= end:
            i0, i1, i2, i3 = indices[k], indices[k + 1], indices[k + 2], indices[k + 3]
            for j in range(columns):
                total[r, j] += (rows[i0, j] + rows[i1, j]) + (rows[i2, j] + rows[i3, j])
            k += 4
        if k + 2 <= end:
            i0, i1 = indices[k], indices[k + 1]
            for j in range(columns):
                total[r, j] += rows[i0, j] + rows[i1, j]
            k += 2
        if k < end:
            i0 = indices[k]
            for j in range(columns):
                total[r, j] += rows[i0, j]
            k += 1


@compiled
def _add_entries(total, pointers, first, indices, entries):
    """As `_add_product` for one column: a single neuron, such as a Tempotron, would spend its time on loops of one."""
    k = pointers[first]
    for r in range(total.size):
        end = pointers[first + r + 1]
        while k + 4 <= end:
            i0, i1, i2, i3 = indices[k], indices[k + 1], indices[k + 2], indices[k + 3]
            total[r] += (entries[i0] + entries[i1]) + (entries[i2] + entries[i3])
            k += 4
        while k < end:
            total[r] += entries[indices[k]]
            k += 1


@compiled
def currents_from_events(events, sample, weight, bias, current):
    """Fill `current` `[T, N]` from `EventTrains.by_step`: the weight rows of the channels that fire at each step."""
    pointers, channels = events
    first = sample * current.shape[0]
    for t in range(current.shape[0]):
        for j in range(bias.size):
            current[t, j] = bias[j]
    if bias.size == 1:
        _add_entries(current[:, 0], pointers, first, channels, weight[:, 0])
    else:
        _add_product(current, pointers, first, channels, weight)


@compiled
def gradients_from_events(events, sample, delta, grad_weight, grad_bias):
    """Add dL/dW[i] = sum_t s_i[t] delta[t] and dL/db = sum_t delta[t].

    The first is a sum, for each channel of `EventTrains.by_channel`, over the rows of `delta` `[T, N]` at its times.
    """
    starts, times = events
    for t in range(delta.shape[0]):
        for j in range(grad_bias.size):
            grad_bias[j] += delta[t, j]
    _add_product(grad_weight, starts, sample * grad_weight.shape[0], times, delta)


@compiled
def gradients_of_one_neuron(events, sample, delta, grad_weight, grad_bias):
    """As `gradients_from_events` where N is 1, from `EventTrains.by_step`: nothing is gained by going channel by channel."""
    pointers, channels = events
    first = sample * delta.shape[0]
    for t in range(delta.shape[0]):
        d = delta[t, 0]
        if d != 0:
            grad_bias[0] += d
            for k in range(pointers[first + t], pointers[first + t + 1]):
                grad_weight[channels[k], 0] += d


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
