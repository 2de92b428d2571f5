"""The third arm of a network: trained again without the tested patients, with everything else as under split by slice.

Settings, seed and order are those of the same fold of the split by slice, so that what differs is who was in the training
part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snndeep.backends.base import Backend
from snndeep.evaluation.leakage import check_encoded
from snndeep.learning.base import LearningRule
from snndeep.learning.descent import score_in_batches
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.training.fit import fitted_on, merge_settings, model_seed


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        backend: Implements the layers.
        rule: Learns.
        settings: The rule's configured settings.
        members: Networks per fold of the split by slice; the settings of the first are taken.
        seed: Of the configuration.
    """

    backend: Backend
    rule: LearningRule
    settings: Mapping[str, Any]
    members: int
    seed: int


def score_apart(
    splits: Mapping[str, EncodedSplit], recipe: Recipe, tuned: Mapping[str, Mapping[str, Any]]
) -> dict[str, np.ndarray]:
    """Train on every split of the third arm and score its validation and test samples.

    Args:
        splits: Of the third arm, by name.
        recipe: How.
        tuned: By split, what the search found.

    Returns:
        `<split>/<part>.samples` and `.scores`, and `<split>/fitted_on`, see `leakage.digest_of`.
    """
    scores = {}
    backend, rule = recipe.backend, recipe.rule
    for name, data in splits.items():
        check_encoded(name, data)
        source = source_of(name, recipe.members)
        settings = merge_settings(rule, recipe.settings, tuned[source]["best"])
        problem = data.problem()
        known = backend.load(problem.trains, np.dtype(np.float32))
        seed = model_seed(recipe.seed, rule.name, source)
        fit = rule.fit(problem, known, backend, settings, seed, lambda record: None)
        model = rule.model(backend, settings, fit.parameters)
        inputs = backend.load(data.trains, np.dtype(np.float32))
        for part in ("validation", "test"):
            own = data.parts[part]
            scores[f"{name}/{part}.samples"] = data.samples[own]
            scores[f"{name}/{part}.scores"] = score_in_batches(model, inputs, own)
        scores[f"{name}/fitted_on"] = np.array(list(fitted_on(data).values()))
    return scores


def source_of(name: str, members: int) -> str:
    """Return the split by slice from which a split of the third arm was made: that of the fold's first network."""
    fold = name.split("_")[1]
    return f"slice_{fold}" if members == 1 else f"slice_{fold}_0"
