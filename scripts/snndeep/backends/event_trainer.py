"""The custom backend's way through whole epochs: `snndeep.engine.trainer` for layers with named parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np

from snndeep.backends.base import Average, NeuronSettings, Optimiser, Readout, check_samples, hidden_names
from snndeep.engine.adam import AdamState
from snndeep.engine.events import EventTrains
from snndeep.engine.neuron import SURROGATE_CODES
from snndeep.engine.packing import Places
from snndeep.engine.readout import ReadoutConstants
from snndeep.engine.trainer import Hidden, Trainer


class EventNetwork:
    """Hidden layers and an output on one data set; see `snndeep.backends.base.WholeNetwork`.

    Args:
        scored: The data set as events.
        trained: The same, for training: by its spikes or by its silent entries.
        hidden: The hidden neurons.
        output: The output neurons.
        readout: How the outputs are read.
        places: Where the parameters `hidden.weight`, `output.bias` and so on begin in the vector.
        widths: How many neurons each hidden layer has.
        limits: Smallest and greatest value of parameters by name.
    """

    def __init__(
        self,
        scored: EventTrains,
        trained: EventTrains,
        hidden: NeuronSettings,
        output: NeuronSettings,
        readout: Readout,
        places: Mapping[str, int],
        widths: Sequence[int],
        limits: Mapping[str, tuple[float, float]],
    ):
        names = hidden_names(len(widths))
        layers = [
            Hidden(
                width, hidden.beta, hidden.threshold,
                Places(
                    places[f"{name}.weight"], places[f"{name}.bias"], places.get(f"{name}.beta", -1),
                    places.get(f"{name}.threshold", -1), places[f"{onward}.weight"],
                ),
            )
            for name, onward, width in zip(names, [*names[1:], "output"], widths, strict=True)
        ]  # fmt: skip
        neurons = dict(zip(names, widths, strict=True))
        outputs = ReadoutConstants(
            np.float32(output.beta), np.float32(output.threshold), readout.counts, np.float32(readout.scale),
            SURROGATE_CODES[output.surrogate], np.float32(output.slope),
        )  # fmt: skip

        def trainer(trains: EventTrains) -> Trainer:
            return Trainer(
                trains, layers, places["output.bias"], outputs, (SURROGATE_CODES[hidden.surrogate], hidden.slope),
                (hidden.adaptation_decay, hidden.adaptation) if hidden.adaptation else None,
                {
                    (places[name], places[name] + neurons[name.partition(".")[0]]): limit
                    for name, limit in limits.items()
                },
            )  # fmt: skip

        self._samples = scored.samples
        self._scoring = trainer(scored)
        self._training = self._scoring if trained is scored else trainer(trained)

    def logits(self, vector: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """See `WholeNetwork.logits`."""
        return self._scoring.logits(vector, check_samples(samples, self._samples))

    def epoch(
        self,
        vector: np.ndarray,
        samples: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray,
        batch: int,
        optimiser: Optimiser,
        average: Average,
    ) -> float:
        """See `WholeNetwork.epoch`."""
        samples = check_samples(samples, self._samples)
        adam = AdamState(
            optimiser.rate, optimiser.beta1, optimiser.beta2, optimiser.eps,
            optimiser.first, optimiser.second, optimiser.keep,
        )  # fmt: skip
        loss = self._training.train(
            vector, samples, labels.astype(np.int64), weights.astype(np.float32), batch, adam,
            average.values, average.decay, optimiser.steps,
        )  # fmt: skip
        updates = ceil(samples.size / batch)
        optimiser.steps += updates
        average.steps += updates
        return loss
