"""Spike trains of one split as they are kept in a file: all that training needs, without tables or scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from snndeep.errors import InvalidInputError
from snndeep.spikes.trains import SpikeTrains


@dataclass(frozen=True)
class Problem:
    """The part of one split that a learning rule may see.

    Attributes:
        trains: Spike trains of all samples; only those in `train` and `validation` are looked at.
        labels: int `[N]`, 0 healthy, 1 diseased.
        patients: `[N]`, the patient of each sample.
        train: Indices of the samples to fit.
        validation: Indices of the samples for early stopping.
    """

    trains: SpikeTrains
    labels: np.ndarray
    patients: np.ndarray
    train: np.ndarray
    validation: np.ndarray

    def __post_init__(self) -> None:
        n = self.trains.samples
        if self.labels.shape != (n,) or self.patients.shape != (n,):
            raise InvalidInputError(
                "Labels and patients do not fit the spike trains.",
                where="labels, patients",
                found=f"shapes {self.labels.shape} and {self.patients.shape}",
                expected=f"({n},) each",
            )
        if not np.isin(self.labels, (0, 1)).all():
            wrong = self.labels[~np.isin(self.labels, (0, 1))][0]
            raise InvalidInputError(
                "A label is outside the classes.", where="labels", found=str(wrong), expected="0 or 1"
            )
        if self.train.size == 0 or self.validation.size == 0:
            raise InvalidInputError(
                "A part of the split is empty.",
                where="train, validation",
                found=f"{self.train.size} and {self.validation.size} samples",
                expected="at least one each",
            )


@dataclass(frozen=True)
class EncodedSplit:
    """One split as spike trains.

    Attributes:
        trains: Of all samples.
        samples: Their ids `[N]`.
        labels: `[N]`.
        patients: `[N]`.
        parts: Indices of train, validation and test.
    """

    trains: SpikeTrains
    samples: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    parts: dict[str, np.ndarray]

    def problem(self) -> Problem:
        """Return what a learning rule may see: everything but the test part."""
        return Problem(self.trains, self.labels, self.patients, self.parts["train"], self.parts["validation"])

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return arrays for storage."""
        return {
            "packed": self.trains.packed,
            "channels": np.array(self.trains.channels),
            "samples": self.samples,
            "labels": self.labels,
            "patients": self.patients,
            **{f"part.{name}": indices for name, indices in self.parts.items()},
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
        )
