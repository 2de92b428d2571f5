"""The external test set in the plan: its own scans and features, scored with the model files of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snndeep.plan.scan_plan import ScanPlan
from snndeep.plan.stages import Stage, StageMaker


@dataclass(frozen=True)
class OutsidePlan:
    """The stages of the external test set.

    Attributes:
        scans: Its scans, with the run's settings of features.
        samples: What counts as diseased, as in the run.
    """

    scans: ScanPlan
    samples: Mapping[str, Any]
    _maker: StageMaker

    def scored(self, models: Stage, names: Sequence[str], backend: str, evaluation: Mapping[str, Any]) -> Stage:
        """Return the stage of the metrics of all models.

        Args:
            models: The model files.
            names: Of the models.
            backend: That computes.
            evaluation: Its settings, with the seed.
        """
        config = {
            "models": list(names),
            "backend": backend,
            "cohort": self.scans.cohort,
            "samples": self.samples,
            "evaluation": evaluation,
        }
        batches = [batch.stage for batch in self.scans.feature_batches.values()]
        return self._maker.stage("external", config, ["external.py"], [models, *batches])


def outside_of(config: Mapping[str, Any], maker: StageMaker) -> OutsidePlan | None:
    """Return the external test set of a configuration; None without one.

    Raises:
        DatasetError: If it cannot be used.
    """
    external = config["dataset"]["external"]
    if not external["path"]:
        return None
    scans = ScanPlan({**config, "dataset": {**config["dataset"], "source": "directory", **external}}, maker)
    return OutsidePlan(scans, config["samples"], maker)
