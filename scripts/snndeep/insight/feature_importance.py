"""Permutation importance of the features of a trained model, on test samples.

    importance of a feature = ROC-AUC of the test samples - ROC-AUC after the feature's values were permuted

Every encoder codes each feature on channels of its own, so permuting the spike trains of these channels is the same as
permuting the feature's values before encoding. A feature that a split did not select has no channels and no importance
in that split.

Features that carry the same information replace each other: each can be permuted alone without a loss. Therefore whole
families of features are also permuted together.

Source: Breiman 2001, Random forests, Machine Learning 45, 5-32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NotRequired, TypedDict

import numpy as np

from snndeep.backends.base import Backend
from snndeep.errors import InvalidInputError
from snndeep.learning.base import Model
from snndeep.learning.descent import score_in_batches
from snndeep.learning.ranking import roc_auc
from snndeep.seeds import generator
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.spikes.trains import SpikeTrains

Scorer = Callable[[SpikeTrains], np.ndarray]
"""Returns the scores of spike trains, `[N]`."""


class SplitImportance(TypedDict):
    """The importance of features and families on the test part of one split.

    Attributes:
        roc_auc: ROC-AUC of the test part.
        features: By feature, the loss of ROC-AUC in each repeat.
        families: The same by family of features.
        undefined: The reason why the other keys are missing.
    """

    roc_auc: NotRequired[float]
    features: NotRequired[dict[str, list[float]]]
    families: NotRequired[dict[str, list[float]]]
    undefined: NotRequired[str]


def scorer(backend: Backend, model: Model) -> Scorer:
    """Return the function that scores spike trains with a trained model."""

    def score(trains: SpikeTrains) -> np.ndarray:
        return score_in_batches(model, backend.load(trains, np.dtype(np.float32)), np.arange(trains.samples))

    return score


def feature_channels(features: Sequence[str], channels: int) -> dict[str, np.ndarray]:
    """Return the indices of the spike channels of every feature: adjacent channels, the same number for each feature.

    Args:
        features: Names of the encoded features, in the order of their channels.
        channels: Total number of channels.

    Raises:
        InvalidInputError: If the number of channels is not a multiple of the number of features.
    """
    width, rest = divmod(channels, max(len(features), 1))
    if rest or not width:
        raise InvalidInputError(
            "The spike channels do not belong to the features.",
            where="features",
            found=f"{channels} channels, {len(features)} features",
            expected="the same number of channels for every feature",
        )
    return {name: np.arange(k * width, (k + 1) * width) for k, name in enumerate(features)}


def family_channels(channels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the channel indices of every family, which is the part of a feature's name before its first dot."""
    families: dict[str, list[np.ndarray]] = {}
    for name, own in channels.items():
        families.setdefault(name.rpartition(".")[0], []).append(own)
    return {name: np.concatenate(parts) for name, parts in families.items()}


def permutation_importance(
    trains: SpikeTrains,
    labels: np.ndarray,
    groups: Mapping[str, np.ndarray],
    score: Scorer,
    repeats: int,
    seed: int,
) -> dict[str, list[float]]:
    """Return the loss of ROC-AUC in each repeat, by group of channels.

    Args:
        trains: Spike trains of the test samples.
        labels: Labels of the test samples, 0 or 1, `[N]`; both classes must occur.
        groups: Indices of the channels that are permuted together, by name of the group.
        score: Scores spike trains with the model.
        repeats: Number of permutations of every group.
        seed: Seed of the permutations, which are the same for every group.
    """
    dense = trains.dense()
    whole = roc_auc(labels, score(trains))
    losses: dict[str, list[float]] = {name: [] for name in groups}
    for repeat in range(repeats):
        order = generator(seed, "permutation", repeat).permutation(trains.samples)
        for name, channels in groups.items():
            permuted = dense.copy()
            permuted[:, :, channels] = dense[order][:, :, channels]
            losses[name].append(whole - roc_auc(labels, score(SpikeTrains.from_dense(permuted))))
    return losses


def split_importance(
    data: EncodedSplit, features: Sequence[str], score: Scorer, repeats: int, seed: int
) -> SplitImportance:
    """Return the importance of features and families on the test part of a split, as JSON values.

    Args:
        data: The split.
        features: Names of the encoded features, in the order of their channels.
        score: Scores spike trains with the model.
        repeats: Number of permutations of every feature.
        seed: Seed of the permutations.
    """
    test = data.parts["test"]
    labels = data.labels[test]
    if len(set(labels)) < 2:
        return {"undefined": "the test part has only one class"}
    trains = SpikeTrains(data.trains.packed[test], data.trains.channels)
    channels = feature_channels(features, data.trains.channels)
    return {
        "roc_auc": roc_auc(labels, score(trains)),
        "features": permutation_importance(trains, labels, channels, score, repeats, seed),
        "families": permutation_importance(trains, labels, family_channels(channels), score, repeats, seed),
    }
