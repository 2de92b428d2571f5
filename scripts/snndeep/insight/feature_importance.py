"""What a trained model looks at: permutation importance of features, on test samples.

    importance of a feature = ROC-AUC of the test samples - ROC-AUC after the feature's values were permuted

Every encoder codes a feature on channels of its own, so permuting the spike trains of those channels is permuting the
feature's values before encoding. A feature that a split did not select has no channels and no importance there.

Features that say the same cover for each other: each may be permuted alone without harm. Families of features are
therefore also permuted as a whole.

Source: Breiman 2001, Random forests, Machine Learning 45, 5-32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

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


def scorer(backend: Backend, model: Model) -> Scorer:
    """Return what scores all samples of any spike trains with a trained model."""

    def score(trains: SpikeTrains) -> np.ndarray:
        return score_in_batches(model, backend.load(trains, np.dtype(np.float32)), np.arange(trains.samples))

    return score


def feature_channels(features: Sequence[str], channels: int) -> dict[str, np.ndarray]:
    """Return the spike channels of every feature; those of one feature are adjacent, as many for each.

    Raises:
        InvalidInputError: If the channels cannot be shared out evenly.
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
    """Return the spike channels of every family, the part of a feature's name before its first dot."""
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
    """Return by group the loss of ROC-AUC in each repeat.

    Args:
        trains: Spike trains of the test samples alone.
        labels: Of the test samples `[N]`, both classes.
        groups: By name, the channels that are permuted together.
        score: Returns the model's scores `[N]` of any spike trains.
        repeats: How often every group is permuted.
        seed: Decides the permutations; the same in every group.
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
) -> dict[str, Any]:
    """Return the importance of features and families on the test part of a split, as JSON values.

    Args:
        data: The split.
        features: Those that were encoded, in the order of the channels.
        score: Returns the model's scores of any spike trains.
        repeats: How often every feature is permuted.
        seed: Decides the permutations.

    Returns:
        `roc_auc` of the test part, and by name the losses of each repeat in `features` and `families`; or `undefined`,
        the reason why there are none.
    """
    test = data.parts["test"]
    labels = data.labels[test]
    if len(set(labels)) < 2:
        return {"undefined": "the test part has one class only"}
    trains = SpikeTrains(data.trains.packed[test], data.trains.channels)
    channels = feature_channels(features, data.trains.channels)
    return {
        "roc_auc": roc_auc(labels, score(trains)),
        "features": permutation_importance(trains, labels, channels, score, repeats, seed),
        "families": permutation_importance(trains, labels, family_channels(channels), score, repeats, seed),
    }
