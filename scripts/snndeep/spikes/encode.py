"""Spike trains of one split. Its file holds all that training needs, so that a training job reads no tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.split import Split
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.spikes.encoders.base import Encoder
from snndeep.spikes.trains import SpikeTrains


def part_indices(split: Split, samples: np.ndarray) -> dict[str, np.ndarray]:
    """Return the positions of a split's parts in an array of sample ids."""
    position = {sample: k for k, sample in enumerate(samples)}
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    return {name: np.array([position[s] for s in ids], np.int64) for name, ids in parts.items()}


def encode_split(
    table: pd.DataFrame, split: Split, preprocessing: Preprocessing, encoder: Encoder, seed: int
) -> EncodedSplit:
    """Encode all samples of a split.

    Args:
        table: Samples with features.
        split: The split.
        preprocessing: Scaling and selection, fitted on its training part.
        encoder: Makes spikes from values in [0, 1].
        seed: Of the configuration.
    """
    samples = table["sample"].to_numpy(str)
    values = table[list(preprocessing.features)].to_numpy(np.float64)
    spikes = encoder.encode(preprocessing.unit_interval(values), list(samples), seed)
    return EncodedSplit(
        SpikeTrains.from_dense(spikes),
        samples,
        table["label"].to_numpy(np.int64),
        table["patient"].to_numpy(str),
        part_indices(split, samples),
    )
