"""Training of one model on one split, and what is kept of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from snndeep.backends.base import Backend
from snndeep.encoding_file import EncodedSplit
from snndeep.learning.base import LearningRule
from snndeep.learning.descent import score_in_batches
from snndeep.seeds import derive_seed


@dataclass(frozen=True)
class Trained:
    """A model trained on one split.

    Attributes:
        parameters: By name.
        scores: Of the validation and test samples, by part.
        trace: Input spikes and what happened inside the model for one healthy and one diseased test sample, `[T, 2, n]`.
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
    """
    start = time.perf_counter()
    fit = rule.fit(data.problem(), backend, settings, model_seed(seed, rule.name, name), lambda record: None)
    seconds = time.perf_counter() - start
    model = rule.model(backend, settings, fit.parameters)
    inputs = backend.load(data.trains, np.dtype(np.float32))
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
        **fit.extra,
    }
    return Trained(fit.parameters, scores, trace, record)


def one_of_each_class(data: EncodedSplit) -> np.ndarray:
    """Return the first healthy and the first diseased test sample."""
    test = data.parts["test"]
    return np.array([test[data.labels[test] == label][0] for label in (0, 1) if label in data.labels[test]])


def merge_settings(rule: LearningRule, base: Mapping[str, Any], tuned: Mapping[str, Any]) -> Any:
    """Return the rule's settings with tuned values in place of configured ones."""
    return rule.settings(**{**base, **tuned})
