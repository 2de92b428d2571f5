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
from snndeep.reporting.lookup import first_protocol
from snndeep.reporting.machine import Release
from snndeep.samples.preprocessing import Preprocessing
from snndeep.training.outcomes import SearchOutcome


@dataclass(frozen=True)
class NetworkView:
    """What the report shows of the inside of one network.

    Attributes:
        traces: Arrays under `<split>/<signal>`, see `snndeep.training.fit.TrainedSplit.trace`.
        importance: Importance of features by split.
        firing: Firing rates by split, see `snndeep.insight.firing.firing_rates`.
        pictures: CT slices that it decided with and without certainty.
    """

    traces: Mapping[str, np.ndarray]
    importance: Mapping[str, SplitImportance]
    firing: Mapping[str, SplitRates]
    pictures: Sequence[SlicePicture]


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
        preprocessing: Scaling and selection of each split, the third arm left out.
        records: The record of training by model and split, see `snndeep.training.fit.TrainedSplit`.
        tuned: The outcome of the search by model and split.
        views: What is shown of the inside of networks, one for each learning rule, the network of the headline first.
        splits: The examined splits.
        predictions: One row per model, protocol and test slice; see the docstring of `snndeep.evaluation`.
        patients: For each patient, the slice that the first of `views` scored highest.
        external: The metrics of an external test set, see `snndeep.deployment.external`; None without one.
        digests: SHA-256 digests of the files that the results were read from, by `stage/file`.
        versions: Versions of the packages that made these files.
        machine: The machine that made the report, see `snndeep.reporting.machine`.
        origin: When and with which code the report was made.
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
    preprocessing: Sequence[Preprocessing]
    records: Mapping[str, Mapping[str, Any]]
    tuned: Mapping[str, Mapping[str, SearchOutcome]]
    views: Mapping[str, NetworkView]
    splits: Sequence[str]
    predictions: pd.DataFrame
    patients: Sequence[SlicePicture]
    external: Mapping[str, Any] | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
    origin: Release = field(default_factory=Release)

    @property
    def protocol(self) -> str:
        """The protocol of the headline, by patient if the run has it."""
        return first_protocol(self.metrics)

    @property
    def shown_network(self) -> str:
        """The network that is shown first: the one of the headline, chosen on validation data."""
        return next(iter(self.views))

    @property
    def selections(self) -> list[tuple[str, ...]]:
        """The selected features of each split."""
        return [own.features for own in self.preprocessing]
