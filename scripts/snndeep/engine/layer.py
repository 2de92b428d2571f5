"""A layer of the engine: synapse and neuron joined, sample by sample, so that a trajectory stays in the cache.

Arrays are `[B, T, N]`: one sample's steps lie side by side in memory. Samples are worked on in order by one thread, so
sums are always taken in the same order and results do not depend on the number of cores.
"""

from __future__ import annotations

import numpy as np

from snndeep.engine.compiler import compiled
from snndeep.engine.neuron import item_of, lif_backward, lif_forward
from snndeep.engine.synapse import (
    currents_from_events,
    currents_from_spikes,
    gradients_from_events,
    gradients_from_spikes,
    gradients_of_one_neuron,
    is_silent,
)


@compiled
def adaptation_of(adaptation, b):
    """Return (decay, strength, theta) with theta of one sample, or None for None."""
    if adaptation is None:
        return None
    decay, strength, theta = adaptation
    return decay, strength, theta[b]


@compiled
def has_gradient(grad_spikes, grad_potential, b):
    """Tell whether the upstream derivative of sample b, each part `[B, T, N]` or None, is anywhere not zero."""
    if grad_spikes is not None and not is_silent(grad_spikes[b]):
        return True
    return grad_potential is not None and not is_silent(grad_potential[b])


@compiled
def forward_events(events, samples, weight, bias, beta, threshold, adaptation, potential, spikes):
    """Run the chosen samples of the event lists through a layer.

    Args:
        events: `EventTrains.by_step`.
        samples: int64 `[B]`, which samples of the event lists make the batch.
        weight: `[F, N]`.
        bias: `[N]`.
        beta: `[N]`.
        threshold: `[N]`.
        adaptation: None, or (decay, strength, theta) with theta `[B, T, N]` to be filled.
        potential: `[B, T, N]`, filled with v_pre.
        spikes: `[B, T, N]`, filled with 0 and 1.
    """
    for b in range(samples.size):
        currents_from_events(events, samples[b], weight, bias, potential[b])
        lif_forward(potential[b], spikes[b], beta, threshold, adaptation_of(adaptation, b))


@compiled
def forward_spikes(inputs, weight_t, bias, beta, threshold, adaptation, potential, spikes):
    """Run a batch of dense spikes `[B, T, M]` through a layer; the other arguments as in `forward_events`."""
    for b in range(inputs.shape[0]):
        currents_from_spikes(inputs[b], weight_t, bias, potential[b])
        lif_forward(potential[b], spikes[b], beta, threshold, adaptation_of(adaptation, b))


@compiled
def backward_events(
    by_step, by_channel, samples, beta, threshold, adaptation, surrogate,
    potential, spikes, grad_spikes, grad_potential, grad_weight, grad_bias, grad_neuron,
):  # fmt: skip
    """Add the derivatives of the batch to `grad_weight` `[F, N]`, `grad_bias` `[N]` and `grad_neuron` (None or `[2, N]`).

    `by_step` and `by_channel` are those of `EventTrains`; the latter is None for a single neuron, which has no use for it.
    `grad_spikes` and `grad_potential` are the loss derivatives `[B, T, N]`, either may be None. Samples whose upstream
    derivative is zero throughout add nothing and are passed over: a Tempotron learns from its errors alone.
    """
    steps, neurons = potential.shape[1:]
    delta = np.empty((steps, neurons), potential.dtype)
    for b in range(samples.size):
        if not has_gradient(grad_spikes, grad_potential, b):
            continue
        lif_backward(
            potential[b], spikes[b], beta, threshold, adaptation_of(adaptation, b), surrogate,
            item_of(grad_spikes, b), item_of(grad_potential, b), delta, grad_neuron,
        )  # fmt: skip
        if by_channel is None:
            gradients_of_one_neuron(by_step, samples[b], delta, grad_weight, grad_bias)
        else:
            gradients_from_events(by_channel, samples[b], delta, grad_weight, grad_bias)


@compiled
def backward_spikes(
    inputs, weight_t, beta, threshold, adaptation, surrogate,
    potential, spikes, grad_spikes, grad_potential, grad_weight_t, grad_bias, grad_neuron, grad_inputs,
):  # fmt: skip
    """As `backward_events`, for dense input; also fills `grad_inputs` `[B, T, M]`."""
    steps, neurons = potential.shape[1:]
    delta = np.empty((steps, neurons), potential.dtype)
    for b in range(inputs.shape[0]):
        if not has_gradient(grad_spikes, grad_potential, b):
            grad_inputs[b] = 0
            continue
        lif_backward(
            potential[b], spikes[b], beta, threshold, adaptation_of(adaptation, b), surrogate,
            item_of(grad_spikes, b), item_of(grad_potential, b), delta, grad_neuron,
        )  # fmt: skip
        gradients_from_spikes(inputs[b], weight_t, delta, grad_weight_t, grad_bias, grad_inputs[b])
