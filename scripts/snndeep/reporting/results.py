"""The results of a run that the report shows, as read from its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from snndeep.insight.feature_importance import SplitImportance
from snndeep.insight.firing import SplitRates
from snndeep.insight.shown_slices import SlicePicture
from snndeep.training.outcomes import SearchOutcome


@dataclass(frozen=True)
class RunResults:
    """Everything that the report shows.

    Attributes:
        config: The configuration, without what does not change results.
        source: Source of the scans: phantom, directory or msd.
        addresses: Address by stage.
        modes: Mode of the search, parity or native, by model.
        metrics: See the docstring of `snndeep.evaluation`.
        table: See `snndeep.evaluation.tables.model_table`.
        samples: Table of samples.
        cases: Table of cases, one row per scan.
        skipped: The reason why a case could not be used, by case.
        selections: The selected features of each split.
        records: The record of training by model and split, see `snndeep.training.fit.TrainedSplit`.
        tuned: The outcome of the search by model and split.
        traces: Arrays under `<split>/<signal>`, see `snndeep.training.fit.TrainedSplit.trace`.
        raster_model: The examined model, which traces, importance, firing rates and pictures belong to.
        splits: The examined splits.
        predictions: One row per model, protocol and test slice; see the docstring of `snndeep.evaluation`.
        importance: Importance of features by split.
        firing: Firing rates by split, see `snndeep.insight.firing.firing_rates`.
        pictures: CT slices.
        external: The metrics of an external test set, see `snndeep.deployment.external`; None without one.
        digests: SHA-256 digests of the files that the results were read from, by `stage/file`.
        versions: Versions of the packages that made these files.
        machine: The machine that made the report, see `snndeep.reporting.machine`.
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
    tuned: Mapping[str, Mapping[str, SearchOutcome]]
    traces: Mapping[str, np.ndarray]
    raster_model: str
    splits: Sequence[str]
    predictions: pd.DataFrame
    importance: Mapping[str, SplitImportance]
    firing: Mapping[str, SplitRates]
    pictures: Sequence[SlicePicture]
    external: Mapping[str, Any] | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
