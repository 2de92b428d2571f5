"""What the report shows: everything that a run has to tell, read from its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from snndeep.insight.shown_slices import SlicePicture


@dataclass(frozen=True)
class RunResults:
    """Everything that the report shows.

    Attributes:
        config: The configuration, without what changes no result.
        source: phantom, directory or msd.
        addresses: By stage.
        modes: By model, parity or native.
        metrics: See the docstring of `snndeep.evaluation`.
        table: See `snndeep.evaluation.tables.model_table`.
        samples: Table of samples.
        cases: Table of cases, one row per scan.
        skipped: By case that could not be used, why.
        selections: The features that each split selected.
        records: By model and split, what training kept.
        tuned: By model and split, what the search found.
        traces: See `snndeep.training.fit.Trained.trace`, by split.
        raster_model: The model that is looked into: traces, importance, firing and pictures are of it.
        splits: The splits that are looked into.
        predictions: One row per model, protocol and test slice; see the docstring of `snndeep.evaluation`.
        importance: By split, see `snndeep.insight.feature_importance.split_importance`.
        firing: By split, see `snndeep.insight.firing.firing_rates`.
        pictures: CT slices.
        digests: SHA-256 of the files that it was read from, by `stage/file`.
        versions: Of the packages that made these files.
        machine: Where the report was made, see `snndeep.reporting.machine`.
    """

    config: Mapping[str, Any]
    source: str
    addresses: Mapping[str, str]
    modes: Mapping[str, str]
    metrics: Mapping[str, Any]
    table: pd.DataFrame
    samples: pd.DataFrame
    cases: pd.DataFrame
    skipped: Mapping[str, str]
    selections: Sequence[Sequence[str]]
    records: Mapping[str, Mapping[str, Any]]
    tuned: Mapping[str, Mapping[str, Any]]
    traces: Mapping[str, np.ndarray]
    raster_model: str
    splits: Sequence[str]
    predictions: pd.DataFrame
    importance: Mapping[str, Mapping[str, Any]]
    firing: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]
    pictures: Sequence[SlicePicture]
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
