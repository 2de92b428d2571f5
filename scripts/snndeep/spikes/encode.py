"""Spike trains of one split, with everything that made them.

Scaler, feature selection and encoder are fitted on the training part alone and applied to all parts. The file of a split
holds all that training needs, so that a training job reads no tables.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from snndeep.samples.fit_preprocessing import fit_preprocessing
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import Split
from snndeep.samples.table import feature_names
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.spikes.encoders.base import Encoder
from snndeep.spikes.trains import SpikeTrains


def part_indices(split: Split, samples: np.ndarray) -> dict[str, np.ndarray]:
    """Return the positions of a split's parts in an array of sample ids."""
    position = {sample: k for k, sample in enumerate(samples)}
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    return {name: np.array([position[s] for s in ids], np.int64) for name, ids in parts.items()}


def fit_on_training_part(
    table: pd.DataFrame, parts: Mapping[str, np.ndarray], settings: PreprocessingSettings
) -> tuple[Preprocessing, np.ndarray]:
    """Fit scaler and selection on the training part; return them and the raw selected features of all samples `[N, K]`."""
    names = feature_names(table)
    values = table[names].to_numpy(np.float64)
    train = parts["train"]
    fitted = fit_preprocessing(values[train], table["label"].to_numpy()[train], names, settings)
    return fitted, table[list(fitted.features)].to_numpy(np.float64)


def refit(table: pd.DataFrame, split: Split, settings: PreprocessingSettings) -> Preprocessing:
    """Fit scaler and selection on a table from which all but the training part was taken out; see `leakage.check_fit`."""
    rows, names = table[table["sample"].isin(split.train)], feature_names(table)
    return fit_preprocessing(rows[names].to_numpy(np.float64), rows["label"].to_numpy(), names, settings)


def encode_split(
    table: pd.DataFrame, split: Split, settings: PreprocessingSettings, encoder: Encoder, seed: int
) -> EncodedSplit:
    """Fit on the training part of a split and encode all its samples."""
    samples = table["sample"].to_numpy(str)
    parts = part_indices(split, samples)
    fitted, raw = fit_on_training_part(table, parts, settings)
    spikes = encoder.encode(fitted.unit_interval(raw), list(samples), seed)
    return EncodedSplit(
        SpikeTrains.from_dense(spikes),
        samples,
        table["label"].to_numpy(np.int64),
        table["patient"].to_numpy(str),
        parts,
        fitted.to_json(),
    )
