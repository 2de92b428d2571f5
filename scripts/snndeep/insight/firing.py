"""How often the neurons of a trained model fire, for healthy and for diseased slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from snndeep.backends.base import Inputs
from snndeep.learning.base import Model
from snndeep.learning.batches import in_batches
from snndeep.spikes.encoded_split import EncodedSplit

CLASS_NAMES = ("healthy", "diseased")
TRACE_BATCH = 256

SplitRates = Mapping[str, Mapping[str, Sequence[float]]]
"""By layer and class, the spikes per time step of every neuron."""


def firing_rates(data: EncodedSplit, model: Model, inputs: Inputs) -> SplitRates:
    """Return the firing rates on the test part of a split.

    Args:
        data: The split.
        model: The model trained on the split.
        inputs: The split's spike trains as loaded by the backend.

    Returns:
        By layer (`input` and, if the model has one, `hidden`) and class (`healthy`, `diseased`), the spikes per time step
        of every neuron, averaged over the samples of the class. A class without samples is left out.
    """
    rates: dict[str, dict[str, list[float]]] = {}
    test = data.parts["test"]
    for label, name in enumerate(CLASS_NAMES):
        chosen = test[data.labels[test] == label]
        if not chosen.size:
            continue
        rates.setdefault("input", {})[name] = data.trains.dense(chosen).mean(axis=(0, 1)).tolist()
        hidden = _hidden_counts(model, inputs, chosen)
        if hidden is not None:
            rates.setdefault("hidden", {})[name] = (hidden / (chosen.size * data.trains.steps)).tolist()
    return rates


def _hidden_counts(model: Model, inputs: Inputs, samples: np.ndarray) -> np.ndarray | None:
    """Return the spikes of every hidden neuron over all samples `[H]`; None for a model without hidden neurons."""
    total = None
    for batch in in_batches(samples, TRACE_BATCH):
        spikes = model.trace(inputs, batch).get("hidden spikes")
        if spikes is None:
            return None
        counts = spikes.sum(axis=(0, 1), dtype=np.float64)
        total = counts if total is None else total + counts
    return total
