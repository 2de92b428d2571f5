"""Two layers of the engine at once, sample by sample, so that what lies between them never leaves the cache.

The equations are those of `snndeep.engine.layer`; only the order of work differs. Of a sample, the hidden potentials
are all that is kept from the forward to the backward pass: hidden spikes follow from them, and the derivatives with
respect to hidden spikes and currents live in buffers of one sample's size.

A layer comes as a tuple (weight, bias, beta, threshold, adaptation), arrays as in `snndeep.engine.layer`, the weight of
the second layer transposed to `[2, H]`.
"""

from __future__ import annotations

import numpy as np

from snndeep.engine.compiler import compiled
from snndeep.engine.layer import adaptation_of, has_gradient
from snndeep.engine.neuron import item_of, lif_backward, lif_forward, spikes_from_potential
from snndeep.engine.synapse import (
    currents_from_events,
    currents_from_spikes,
    gradients_from_events,
    gradients_from_spikes,
)


@compiled
def forward_network(events, samples, hidden, output, hidden_potential, potential, spikes):
    """Run the chosen samples of the event lists through both layers.

    Args:
        events: `EventTrains.by_step`.
        samples: int64 `[B]`, which samples of the event lists make the batch.
        hidden: The first layer, F to H.
        output: The second layer, H to N.
        hidden_potential: `[B, T, H]`, filled with v_pre.
        potential: `[B, T, N]`, filled with v_pre of the second layer.
        spikes: `[B, T, N]`, filled with 0 and 1.
    """
    hidden_spikes = np.empty(hidden_potential.shape[1:], potential.dtype)
    weight, bias, beta, threshold, adaptation = hidden
    for b in range(samples.size):
        currents_from_events(events, samples[b], weight, bias, hidden_potential[b])
        lif_forward(hidden_potential[b], hidden_spikes, beta, threshold, adaptation_of(adaptation, b))
        currents_from_spikes(hidden_spikes, output[0], output[1], potential[b])
        lif_forward(potential[b], spikes[b], output[2], output[3], None)


@compiled
def backward_network(
    by_channel, samples, hidden, output, surrogate, hidden_potential, potential, spikes,
    grad_spikes, grad_potential, grad_hidden, grad_output, grad_neuron,
):  # fmt: skip
    """Add the derivatives of the batch to those of both layers.

    Args:
        by_channel: `EventTrains.by_channel`.
        samples: As in `forward_network`, as the two that follow.
        hidden: See there.
        output: See there.
        surrogate: (code, slope) of both layers.
        hidden_potential: As the forward pass left it, as the two that follow.
        potential: See there.
        spikes: See there.
        grad_spikes: Loss derivative with respect to `spikes`, or None.
        grad_potential: Loss derivative with respect to `potential`, or None.
        grad_hidden: (weight `[F, H]`, bias `[H]`) of the first layer.
        grad_output: (weight `[N, H]`, bias `[N]`) of the second layer.
        grad_neuron: None, or `[2, H]` for decays and thresholds of the first layer.
    """
    steps, neurons = hidden_potential.shape[1:]
    dtype = potential.dtype
    hidden_spikes, grad_hidden_spikes = np.empty((steps, neurons), dtype), np.empty((steps, neurons), dtype)
    delta, delta_hidden = np.empty(potential.shape[1:], dtype), np.empty((steps, neurons), dtype)
    beta, threshold = hidden[2], hidden[3]
    for b in range(samples.size):
        if not has_gradient(grad_spikes, grad_potential, b):
            continue
        adaptation = adaptation_of(hidden[4], b)
        g_s, g_v = item_of(grad_spikes, b), item_of(grad_potential, b)
        lif_backward(potential[b], spikes[b], output[2], output[3], None, surrogate, g_s, g_v, delta, None)
        spikes_from_potential(hidden_potential[b], threshold, adaptation, hidden_spikes)
        gradients_from_spikes(hidden_spikes, output[0], delta, grad_output[0], grad_output[1], grad_hidden_spikes)
        lif_backward(
            hidden_potential[b], hidden_spikes, beta, threshold, adaptation, surrogate,
            grad_hidden_spikes, None, delta_hidden, grad_neuron,
        )  # fmt: skip
        gradients_from_events(by_channel, samples[b], delta_hidden, grad_hidden[0], grad_hidden[1])
