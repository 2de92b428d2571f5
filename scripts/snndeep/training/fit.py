"""Training of one model on one split, and what is kept of it."""

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
from snndeep.spikes.encoded_split import EncodedSplit

TIMED_PATIENTS = 20


@dataclass(frozen=True)
class Trained:
    """A model trained on one split.

    Attributes:
        parameters: By name.
        scores: Of the validation and test samples, by part.
        trace: Input spikes and what happened inside the model for one healthy and one diseased test sample, `[2, T, n]`.
        record: JSON values: settings, learning curve, seconds, and what the rule has to tell.
    """

    parameters: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    trace: dict[str, np.ndarray]
    record: dict[str, Any]


def model_seed(seed: int, rule: str, split: str) -> int:
    """Return the seed of a training run. The backend is not in it: all start from the same weights."""
    return derive_seed(seed, "train", rule, split)


def train_split(
    name: str, data: EncodedSplit, backend: Backend, rule: LearningRule, settings: Any, seed: int
) -> Trained:
    """Fit on the training part, stop early on the validation part, then score validation and test, each once.

    Args:
        name: The split's name.
        data: The split.
        backend: Implements the layers.
        rule: Learns.
        settings: An instance of `rule.settings`.
        seed: Of the configuration.

    Raises:
        DivergedError: If training diverges.
        LeakageError: If something of the test part is in another.
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
    return Trained(fit.parameters, scores, trace, record)


def cost_of_inference(model: Model, inputs: Inputs, data: EncodedSplit) -> dict[str, Any]:
    """Return what scoring the test part costs, as JSON values.

    Operations as in `snndeep.evaluation.operations`; latency_ms is the median over patients of the time from spikes to
    the scores of all their test slices; peak_memory_mb is that of the whole process up to here.
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
    """Return the first healthy and the first diseased test sample."""
    test = data.parts["test"]
    return np.array([test[data.labels[test] == label][0] for label in (0, 1) if label in data.labels[test]])


def merge_settings(rule: LearningRule, base: Mapping[str, Any], tuned: Mapping[str, Any]) -> Any:
    """Return the rule's settings with tuned values in place of configured ones."""
    return rule.settings(**{**base, **tuned})
