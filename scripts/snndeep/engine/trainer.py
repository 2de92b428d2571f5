"""A network that the engine trains and reads in whole epochs: what `snndeep.engine.epoch` needs, made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from snndeep.engine.adam import AdamState
from snndeep.engine.epoch import Network, gradients, scores, train
from snndeep.engine.events import EventTrains
from snndeep.engine.packing import Allotment, Places, allot_layer, padded, widest_block
from snndeep.engine.readout import CLASSES, ReadoutConstants
from snndeep.engine.vectors import GROUP

# Where the weights of a layer outgrow the cache, a block of them is read once for several samples. What these samples
# leave behind should then not outgrow it either. The three numbers, two of them in bytes, decide about time alone.
_LARGE_WEIGHTS, _STATE, _MOST_SLOTS = 512 * 1024, 1024 * 1024, 32
# Below this many events of a channel in a sample, derivatives are added event by event: also about time alone.
_FEW_EVENTS = 2.0


@dataclass(frozen=True)
class Hidden:
    """A hidden layer.

    Attributes:
        neurons: N.
        beta: Decay of the membrane potential, where it is not learned.
        threshold: Threshold, where it is not learned.
        places: Where its parameters are in the vector.
    """

    neurons: int
    beta: float
    threshold: float
    places: Places


class Trainer:
    """Trains and reads a network.

    Args:
        trains: The data set.
        hidden: The hidden layers.
        bias_place: Where the output biases begin in the vector.
        readout: The outputs.
        surrogate: (code, slope) of the hidden neurons.
        adaptation: None, or (decay, strength) of the hidden neurons.
        limits: Smallest and greatest value of parameters, by (first, last + 1) of their places in the vector.
    """

    def __init__(
        self,
        trains: EventTrains,
        hidden: Sequence[Hidden],
        bias_place: int,
        readout: ReadoutConstants,
        surrogate: tuple[int, float],
        adaptation: tuple[float, float] | None = None,
        limits: Mapping[tuple[int, int], tuple[float, float]] | None = None,
    ):
        self._events = trains
        few = trains.by_step[1].size < _FEW_EVENTS * trains.samples * trains.inputs
        self._by_channel = None if few else trains.by_channel
        learned = any(layer.places.beta >= 0 or layer.places.threshold >= 0 for layer in hidden)
        self._adaptation = None if adaptation is None else (np.float32(adaptation[0]), np.float32(adaptation[1]))
        self._learned = True if learned else None
        self._deep = True if len(hidden) > 1 else None
        self._network = _network(trains, hidden, bias_place, readout, surrogate, adaptation is not None, limits or {})

    def train(
        self,
        vector: np.ndarray,
        samples: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray,
        batch: int,
        adam: AdamState,
        average: np.ndarray,
        decay: float,
        step: int,
    ) -> float:
        """Go once over samples and return the mean loss; see `snndeep.engine.epoch.train`."""
        loss: float = train(
            self._network, self._adaptation, self._learned, self._deep, self._events.by_step, self._by_channel,
            samples, labels, weights, vector, np.empty_like(vector), batch, adam, average, decay, step,
        )  # fmt: skip
        return loss

    def gradients(
        self, vector: np.ndarray, samples: np.ndarray, labels: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the loss of a batch and its derivative `[P]`."""
        gradient = np.empty_like(vector)
        loss = gradients(
            self._network, self._adaptation, self._learned, self._deep, self._events.by_step, self._by_channel,
            samples, labels, weights, vector, gradient,
        )  # fmt: skip
        return loss, gradient

    def logits(self, vector: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Return the logits `[B, 2]` of samples."""
        logits = np.empty((samples.size, CLASSES), np.float32)
        scores(
            self._network, self._adaptation, self._learned, self._deep, self._events.by_step, samples, vector, logits
        )
        return logits


def _network(
    trains: EventTrains,
    hidden: Sequence[Hidden],
    bias_place: int,
    readout: ReadoutConstants,
    surrogate: tuple[int, float],
    adapts: bool,
    limits: Mapping[tuple[int, int], tuple[float, float]],
) -> Network:
    steps, widths = trains.steps, [padded(layer.neurons) for layer in hidden]
    inputs = [trains.inputs, *(layer.neurons for layer in hidden)]
    onwards = [*(layer.neurons for layer in hidden[1:]), CLASSES]
    slots = _slots(steps, inputs, widths)
    allotment = Allotment()
    layers = tuple(
        allot_layer(allotment, inputs[i], layer.neurons, onwards[i], slots, steps, adapts)
        for i, layer in enumerate(hidden)
    )
    sums, outputs, delta = (allotment.take(slots * steps * GROUP * count) for count in (CLASSES, 1, 1))
    floats = allotment.array()
    for layer, described in zip(layers, hidden, strict=True):
        for start, value, padding in ((layer.beta, described.beta, 0), (layer.threshold, described.threshold, 1)):
            # Padding neurons, whose potential is zero, do not reach a threshold of 1.
            floats[int(start) : int(start + layer.padded)] = padding
            floats[int(start) : int(start + layer.neurons)] = value
    return Network(
        floats, layers, tuple(layer.places for layer in hidden), np.uint64(bias_place), readout,
        (surrogate[0], np.float32(surrogate[1])), trains.silent, np.uint64(widest_block(steps)),
        np.uint64(slots), np.uint64(steps), np.uint64(sums), np.uint64(outputs), np.uint64(delta), np.empty(slots, np.uint64),
        np.zeros((len(hidden), slots * (steps + 1)), np.int64),
        np.zeros((len(hidden), slots * steps * max(widths) if len(hidden) > 1 else 0), np.uint16),
        np.array(list(limits.values()), np.float32).reshape(-1, 2), np.array(list(limits), np.int64).reshape(-1, 2),
    )  # fmt: skip


def _slots(steps: int, inputs: Sequence[int], widths: Sequence[int]) -> int:
    """Return how many samples to work on at a time."""
    weights = max(4 * count * width for count, width in zip(inputs, widths, strict=False))
    if weights <= _LARGE_WEIGHTS:
        return 1
    return min(_MOST_SLOTS, max(1, _STATE // (4 * steps * max(widths))))
