"""What one inference costs: operations counted on real spikes, and an estimate of energy.

    synaptic operations   a spike adds one weight to every neuron that it reaches: sum over spikes of its non-zero weights
                          (the effective accumulates of NeuroBench), mean over samples
    dense operations      the same if every input and neuron fired at every step (NeuroBench's Dense)
    unrolled MACs         multiply-accumulates of one pass through a dense network of the same shape, encoded inputs and all;
                          no dense network would be built so, and what is saved is measured against the run's own
    neuron updates        every neuron decays and adds its input at every step, whether it fires or not
    energy                0.9 pJ for a 32-bit floating-point addition, 3.7 pJ for a multiplication, at 45 nm. An estimate:
                          memory traffic is not in it.

Numpy alone, because training jobs count here and should start fast.

Source: Yik et al. 2025, "The NeuroBench framework", Nature Communications 16; Horowitz 2014, "Computing's energy problem
(and what we can do about it)", ISSCC.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snndeep.learning.batches import in_batches

ADDITION_PJ = 0.9
MULTIPLICATION_PJ = 3.7
COUNTING_BATCH = 1024


@dataclass(frozen=True)
class Connection:
    """Spikes and the weights that they meet.

    Attributes:
        spikes: `[B, T, M]`, 0 and 1.
        weight: `[M, N]`.
    """

    spikes: np.ndarray
    weight: np.ndarray


def synaptic_operations(connection: Connection) -> int:
    """Return the number of accumulates over all steps and samples."""
    fired = np.count_nonzero(connection.spikes, axis=(0, 1))
    return int(fired @ np.count_nonzero(connection.weight, axis=1))


def count_operations(
    connections: Callable[[np.ndarray], Sequence[Connection]], samples: np.ndarray, integrators: int = 1
) -> dict[str, float | int | None]:
    """Return the operations of an inference, mean over samples, as JSON values.

    Args:
        connections: Runs a batch of samples and returns the model's connections, from the input on.
        samples: `[N]`.
        integrators: Potentials that each neuron keeps.

    Returns:
        synaptic_operations, neuron_updates, dense_operations and unrolled_macs per inference; the share of zeros among input
        spikes
        (input_sparsity) and among spikes of hidden neurons (activation_sparsity; None without hidden neurons).
    """
    accumulates = 0
    fired: np.ndarray = np.zeros(0, np.int64)
    layers: Sequence[Connection] = ()
    for batch in in_batches(samples, COUNTING_BATCH):
        layers = connections(batch)
        accumulates += sum(synaptic_operations(layer) for layer in layers)
        spikes = np.array([np.count_nonzero(layer.spikes) for layer in layers], np.int64)
        fired = fired + spikes if fired.size else spikes
    steps = layers[0].spikes.shape[1]
    neurons = np.array([layer.weight.shape[0] for layer in layers])
    places = steps * samples.size * neurons
    macs = int(sum(layer.weight.size for layer in layers))
    hidden = places[1:].sum()
    return {
        "synaptic_operations": accumulates / samples.size,
        "neuron_updates": integrators * steps * int(sum(layer.weight.shape[1] for layer in layers)),
        "dense_operations": steps * macs,
        "unrolled_macs": macs,
        "input_sparsity": float(1 - fired[0] / places[0]),
        "activation_sparsity": float(1 - fired[1:].sum() / hidden) if hidden else None,
    }


def energy_of_accumulates(count: float) -> float:
    """Return picojoules; an estimate."""
    return count * ADDITION_PJ


def energy_of_macs(count: float) -> float:
    """Return picojoules; an estimate."""
    return count * (ADDITION_PJ + MULTIPLICATION_PJ)


def peak_memory_mb() -> float:
    """Return the greatest resident memory of this process so far, in MB of 10^6 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


def connections_of(model: Any, trace: dict[str, np.ndarray], inputs: np.ndarray) -> list[Connection]:
    """Return the connections of a model from the trace of a batch.

    Args:
        model: Has `parameters`; the names of its weights end in `weight`, in the order of its layers.
        trace: What `Model.trace` returned; holds `hidden spikes` if there are hidden neurons.
        inputs: Input spikes `[B, T, F]`.
    """
    weights = [values for name, values in model.parameters.items() if name.rpartition(".")[2] == "weight"]
    spikes = [inputs, *(values for name, values in trace.items() if name.endswith("hidden spikes"))]
    return [Connection(*pair) for pair in zip(spikes, weights, strict=True)]
