"""Training of one model on one split, and the results that are kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from snndeep.backends.base import Backend, Inputs
from snndeep.evaluation.leakage import check_encoded
from snndeep.evaluation.operations import Connection, connections_of, count_operations, peak_memory_mb
from snndeep.learning.base import LearningRule, Model
from snndeep.learning.descent import score_in_batches
from snndeep.seeds import derive_seed
from snndeep.settings import Settings
from snndeep.spikes.encoded_split import EncodedSplit

TIMED_PATIENTS = 20


@dataclass(frozen=True)
class TrainedSplit:
    """A model trained on one split.

    Attributes:
        parameters: The model's parameters by name.
        scores: Scores of the samples of the parts `validation` and `test`, each `[N]`.
        trace: Input spikes and the model's internal signals for one healthy and one diseased test sample, by name of the
            signal, each `[2, T, n]`.
        record: JSON values: settings, learning curve, durations, cost of inference, and what the rule adds.
    """

    parameters: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    trace: dict[str, np.ndarray]
    record: dict[str, Any]


def model_seed(seed: int, rule: str, split: str) -> int:
    """Return the seed of a training run. It does not depend on the backend: all backends start from the same weights."""
    return derive_seed(seed, "train", rule, split)


def train_split(
    name: str, data: EncodedSplit, backend: Backend, rule: LearningRule, settings: Settings, seed: int
) -> TrainedSplit:
    """Fit on the training part, stop early on the validation part, then score validation and test part once each.

    Args:
        name: Name of the split.
        data: The split.
        backend: Implementation of the layers.
        rule: Learning rule.
        settings: Settings of the rule, an instance of `rule.settings`.
        seed: Seed in the configuration.

    Raises:
        DivergedError: If training diverges.
        LeakageError: If a test sample or patient also occurs in another part.
    """
    check_encoded(name, data)
    start = time.perf_counter()
    inputs = backend.load(data.trains, np.dtype(np.float32))
    fit = rule.fit(data.problem(), inputs, backend, settings, model_seed(seed, rule.name, name), lambda record: None)
    seconds = time.perf_counter() - start
    model = rule.model(backend, settings, fit.parameters)
    start = time.perf_counter()
    scores = {part: score_in_batches(model, inputs, data.parts[part]) for part in ("validation", "test")}
    scoring_seconds = time.perf_counter() - start
    shown = one_of_each_class(data)
    trace = {"input spikes": data.trains.dense(shown), **model.trace(inputs, shown)}
    record = {
        "settings": asdict(settings),
        "history": [asdict(entry) for entry in fit.history],
        "validation_auc": fit.validation_auc,
        "training_seconds": seconds,
        "scoring_seconds": scoring_seconds,
        "parameters": int(sum(values.size for values in fit.parameters.values())),
        "cost": cost_of_inference(model, inputs, data),
        **fit.extra,
    }
    return TrainedSplit(fit.parameters, scores, trace, record)


def cost_of_inference(model: Model, inputs: Inputs, data: EncodedSplit) -> dict[str, float | int | None]:
    """Return the cost of scoring the test part, as JSON values.

    Returns:
        The operations of `snndeep.evaluation.operations.count_operations`; latency_ms, the time from spikes to the scores
        of all test slices of a patient, median over patients; peak_memory_mb, the peak of the whole process so far.
    """
    test = data.parts["test"]

    def connections(batch: np.ndarray) -> list[Connection]:
        return connections_of(model, model.trace(inputs, batch), data.trains.dense(batch))

    seconds = []
    for patient in np.unique(data.patients[test])[:TIMED_PATIENTS]:
        own = test[data.patients[test] == patient]
        start = time.perf_counter()
        model.scores(inputs, own)
        seconds.append(time.perf_counter() - start)
    return {
        **count_operations(connections, test),
        "latency_ms": 1000 * float(np.median(seconds)),
        "peak_memory_mb": peak_memory_mb(),
    }


def one_of_each_class(data: EncodedSplit) -> np.ndarray:
    """Return the indices of the first healthy and the first diseased test sample; a missing class is left out."""
    test = data.parts["test"]
    return np.array([test[data.labels[test] == label][0] for label in (0, 1) if label in data.labels[test]])


def merge_settings(rule: LearningRule, base: Mapping[str, Any], tuned: Mapping[str, Any]) -> Settings:
    """Return the rule's configured settings with the tuned values in place, an instance of `rule.settings`."""
    return rule.settings(**{**base, **tuned})
