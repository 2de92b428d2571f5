"""Spike trains of one split as they are kept in a file: all that training needs, without tables or scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snndeep.learning.base import Problem
from snndeep.spikes import SpikeTrains


@dataclass(frozen=True)
class EncodedSplit:
    """One split as spike trains.

    Attributes:
        trains: Of all samples.
        samples: Their ids `[N]`.
        labels: `[N]`.
        patients: `[N]`.
        parts: Indices of train, validation and test.
        preprocessing: What was fitted, as JSON values.
    """

    trains: SpikeTrains
    samples: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    parts: dict[str, np.ndarray]
    preprocessing: dict[str, Any]

    def problem(self) -> Problem:
        """Return what a learning rule may see: everything but the test part."""
        return Problem(self.trains, self.labels, self.patients, self.parts["train"], self.parts["validation"])

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return arrays for storage; the text of `preprocessing` is kept as bytes."""
        return {
            "packed": self.trains.packed,
            "channels": np.array(self.trains.channels),
            "samples": self.samples,
            "labels": self.labels,
            "patients": self.patients,
            **{f"part.{name}": indices for name, indices in self.parts.items()},
            "preprocessing": np.frombuffer(json.dumps(self.preprocessing).encode(), np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> EncodedSplit:
        """Rebuild from the arrays of `to_arrays`."""
        return cls(
            SpikeTrains(arrays["packed"], int(arrays["channels"])),
            arrays["samples"],
            arrays["labels"],
            arrays["patients"],
            {name: arrays[f"part.{name}"] for name in ("train", "validation", "test")},
            json.loads(arrays["preprocessing"].tobytes()),
        )
