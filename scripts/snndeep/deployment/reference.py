"""What a model has seen in training, and how far a new scan lies from it.

A patient is described by the medians over its slices. Three things are compared with the training part: voxel spacing,
mean HU, and the Mahalanobis distance of the selected, standardised features

    d = sqrt((z - mean)' precision (z - mean))

to the training slices, whose covariance is shrunk (Ledoit and Wolf 2004). The limit of d is the greatest of the training and
validation patients. A scan beyond any of these may still be scored well or badly: nothing in training tells which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from snndeep.samples.split import fold_of

AXES = ("x", "y", "z")
MEAN_HU = "intensity_statistics.mean"
Values = npt.NDArray[np.float64]
TOLERANCE = 0.05
"""Relative room around the range of spacings: headers round."""


@dataclass(frozen=True)
class Reference:
    """The range of a training part.

    Attributes:
        patients: How many.
        spacing: Least and greatest spacing of a patient along x, y, z, mm, `[2, 3]`.
        hu: Least and greatest median of a patient's mean HU, or None where no feature tells HU.
        features: Least and greatest median of each selected feature, `[2, K]`.
        mean: Of the standardised features, `[K]`.
        precision: Inverse of their covariance, `[K, K]`.
        limit: Greatest median distance of a training or validation patient.
        seen: The part that a scan was in (train, validation or test), by `fingerprint` of its features and by the digest of
            the voxels around its organ.
    """

    patients: int
    spacing: Values
    hu: tuple[float, float] | None
    features: Values
    mean: Values
    precision: Values
    limit: float
    seen: Mapping[str, str] = field(default_factory=dict)

    def distances(self, z: Values) -> Values:
        """Return the Mahalanobis distance of standardised features `[N, K]`, `[N]`."""
        off = z - self.mean
        squares: Values = np.maximum(np.einsum("ni,ij,nj->n", off, self.precision, off), 0)
        return np.sqrt(squares)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, all but the precision matrix."""
        return {
            "patients": self.patients,
            "spacing": self.spacing.tolist(),
            "hu": None if self.hu is None else list(self.hu),
            "features": self.features.tolist(),
            "mean": self.mean.tolist(),
            "limit": self.limit,
            "seen": dict(self.seen),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], precision: Values) -> Reference:
        """Rebuild from the values of `to_json`."""
        return cls(
            int(values["patients"]),
            np.array(values["spacing"], np.float64),
            None if values["hu"] is None else (float(values["hu"][0]), float(values["hu"][1])),
            np.array(values["features"], np.float64),
            np.array(values["mean"], np.float64),
            precision,
            float(values["limit"]),
            dict(values.get("seen", {})),
        )


@dataclass(frozen=True)
class Warned:
    """One reason to doubt a prediction: the scan lies outside the training data, was a part of it, or is incomplete.

    Attributes:
        kind: What it is about, such as `spacing`, `HU`, `features`, `known`.
        text: A sentence with the numbers.
    """

    kind: str
    text: str


def fingerprint(areas: Values, features: Values) -> str:
    """Return a digest by which a scan is recognised under any name and in any format.

    Six significant digits are compared, so that another machine's rounding makes no other scan.

    Args:
        areas: mm² of organ in every slice, `[N]`.
        features: Features of every slice, `[N, K]`; NaN is a value like others.
    """
    values = np.column_stack([areas, features])
    text = "\n".join(" ".join(f"{value:.5e}" for value in row) for row in values.tolist())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compare_known(references: Mapping[str, Reference], *scan: str) -> list[Warned]:
    """Return a warning if a scan was in the training data of a member that is asked.

    Args:
        references: By split.
        scan: Its fingerprint and the digest of its voxels; one is enough, since a mask or a format may have been changed.
    """
    parts = {
        split: next((reference.seen[own] for own in scan if own in reference.seen), "")
        for split, reference in references.items()
    }
    used = [split for split, part in parts.items() if part in ("train", "validation")]
    if not used:
        return []
    tested = dict.fromkeys(fold_of(split) for split, part in parts.items() if part == "test")
    models = "the model" if len(parts) == 1 else f"{len(used)} of {len(parts)} fold models"
    advice = f" Ask {' or '.join(f'--split {split}' for split in tested)}, which has not seen it." if tested else ""
    text = f"This scan was in the training or validation data of {models}: the probability is too sure.{advice}"
    return [Warned("known", text)]


def compare_spacing(references: list[Reference], spacing: tuple[float, float, float]) -> list[Warned]:
    """Compare a scan's spacing with that of the training patients of all members."""
    low = np.min([r.spacing[0] for r in references], axis=0)
    high = np.max([r.spacing[1] for r in references], axis=0)
    return [
        Warned(
            "spacing",
            f"The spacing along {axis} is {value:.3g} mm; training patients had {least:.3g} to {most:.3g} mm.",
        )
        for axis, value, least, most in zip(AXES, spacing, low, high, strict=True)
        if not least * (1 - TOLERANCE) <= value <= most * (1 + TOLERANCE)
    ]


def compare_hu(references: list[Reference], mean_hu: float) -> list[Warned]:
    """Compare a scan's median of the slices' mean HU with the training patients' of all members."""
    ranges = [r.hu for r in references if r.hu is not None]
    if not ranges:
        return []
    low, high = min(r[0] for r in ranges), max(r[1] for r in ranges)
    if low <= mean_hu <= high:
        return []
    text = f"The organ's mean intensity is {mean_hu:.0f} HU; training patients had {low:.0f} to {high:.0f} HU."
    return [Warned("HU", text)]


def compare_features(
    references: list[Reference], distances: list[float], names: list[tuple[str, ...]], medians: list[Values]
) -> list[Warned]:
    """Compare a scan's features with the training parts.

    Args:
        references: One per member.
        distances: The scan's median distance under each.
        names: The selected features of each.
        medians: The scan's medians of these, `[K]` each.
    """
    ratio = float(np.mean([d / r.limit for d, r in zip(distances, references, strict=True)]))
    if ratio <= 1:
        return []
    excess: dict[str, float] = {}
    for reference, own, values in zip(references, names, medians, strict=True):
        low, high = reference.features
        room = np.where(high > low, high - low, 1.0)
        beyond = np.nan_to_num(np.maximum(low - values, values - high) / room)
        for name, much in zip(own, beyond, strict=True):
            if much > 0:
                excess[name] = max(excess.get(name, 0.0), float(much))
    farthest = sorted(excess, key=excess.__getitem__, reverse=True)[:3]
    which = f" Farthest outside: {', '.join(farthest)}." if farthest else ""
    text = f"The features lie {ratio:.1f} times as far from the training data as those of the farthest known patient."
    return [Warned("features", text + which)]
