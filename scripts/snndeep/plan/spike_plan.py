"""The part of a plan from the table of samples to the spike trains; `snndeep.plan.plan` continues from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from snndeep.plan.addressing import CodeBase, module_file
from snndeep.plan.outside import outside_of
from snndeep.plan.scan_plan import ScanPlan
from snndeep.plan.stages import Stage, StageMaker
from snndeep.plan.versions import Versions
from snndeep.plan.without_places import preprocessing_config
from snndeep.samples.split import split_names
from snndeep.spikes.encoders.registry import ENCODERS


class SpikePlan:
    """The stages up to the spike trains.

    Args:
        config: The complete and valid configuration, see `snndeep.plan.configuration`.
        code: Of the scripts and the library.
        versions: Of the packages that jobs use; by default those installed here.

    Attributes:
        config: The configuration.
        store: The store's folder.
        scans: The stages up to the table of samples.
        outside: The external test set; None without one.

    Raises:
        DatasetError: If a data set cannot be used.
    """

    def __init__(self, config: Mapping[str, Any], code: CodeBase, versions: Versions | None = None):
        self.config = config
        self.store = Path(config["store"])
        self._maker = StageMaker(code, self.store, versions or Versions())
        self.scans = ScanPlan(config, self._maker)
        self.scans.check_enough(config["splits"]["folds"])
        self.outside = outside_of(config, self._maker)

    @property
    def samples(self) -> Stage:
        """One table of all slices."""
        return self.scans.samples

    @cached_property
    def splits(self) -> Stage:
        """Training, validation and test parts under every protocol."""
        config = {**self.config["splits"], "seed": self.config["seed"]}
        return self._maker.stage("splits", config, ["splits.py"], [self.samples])

    @property
    def split_names(self) -> list[str]:
        """The short names of all splits."""
        splits = self.config["splits"]
        folds = splits["folds"] * splits["repeats"]
        return [name for protocol in splits["protocols"] for name in split_names(protocol, folds, splits["members"])]

    @property
    def searched(self) -> list[list[str]]:
        """The splits of every fold that its trials are judged on; the first gives the fold's study its name."""
        members, parts = self.config["splits"]["members"], self.config["tuning"]["parts"]
        names = self.split_names
        return [names[first : first + min(parts, members)] for first in range(0, len(names), members)]

    def encoder(self, rule: str) -> str:
        """Return the name of the encoder whose spikes a learning rule reads."""
        return str(self.config["learning"][rule]["encoder"])

    @property
    def encoders(self) -> list[str]:
        """The names of the encoders in use, sorted."""
        return sorted({self.encoder(rule) for rule in self.rules})

    @cached_property
    def preprocessing(self) -> Stage:
        """Scaling and selection of features, fitted to the training part of every split."""
        config = {**preprocessing_config(self.config["preprocessing"]), "seed": self.config["seed"]}
        return self._maker.stage("preprocessing", config, ["preprocessing.py"], [self.samples, self.splits])

    def encoding(self, encoder: str) -> dict[str, Any]:
        """Return an encoder's name and settings, as JSON values."""
        return {"name": encoder, "settings": self.config["encoders"][encoder]}

    def spikes(self, encoder: str) -> Stage:
        """Return the stage of the spike trains of all splits from one encoder."""
        config = {"encoder": self.encoding(encoder), "seed": self.config["seed"]}
        files = ["spikes.py", module_file(ENCODERS[encoder])]
        return self._maker.stage("spikes", config, files, [self.samples, self.splits, self.preprocessing])

    def spike_files(self, encoder: str, splits: Iterable[str] | None = None) -> list[str]:
        """Return the paths of an encoder's spike files, one per split.

        Args:
            encoder: Name of the encoder.
            splits: Names of the splits; None means all, in the order of `split_names`.
        """
        stage = self.spikes(encoder)
        return [stage.path(f"{encoder}.{name}.npz") for name in (self.split_names if splits is None else splits)]

    def apart_file(self, encoder: str) -> str:
        """The file of `spikes` that holds the splits of the third arm."""
        return self.spikes(encoder).path(f"{encoder}.apart.npz")

    @property
    def rules(self) -> list[str]:
        """The names of the learning rules in use."""
        return list(self.config["models"]["rules"])
