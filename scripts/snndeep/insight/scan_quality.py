"""What a person needs to see of a scan before any training: three planes with the mask, HU in the organ, size, warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

PLANES = ("axial", "coronal", "sagittal")
HISTOGRAM_HU = np.arange(-150.0, 251.0, 10.0)
"""Edges of the bins of the histogram; values beyond count in the outermost bins."""


@dataclass(frozen=True)
class Plane:
    """A plane through a scan, as radiologists look at it.

    Attributes:
        grey: uint8 [rows, columns].
        regions: uint8 [rows, columns], 0 outside, `snndeep.labels.ORGAN` or `LESION`.
        spacing: Along columns and rows, in mm.
    """

    grey: np.ndarray
    regions: np.ndarray
    spacing: tuple[float, float]


@dataclass(frozen=True)
class ScanQuality:
    """One scan.

    Attributes:
        facts: JSON values: case, patient, spacing and shape (x, y, z), organ_ml, lesion_ml, slices, median_hu, iqr_hu,
            histogram (shares of the organ by bin of `HISTOGRAM_HU`), and flags, each `[kind, text, expected]`; or case,
            patient and error for a scan that cannot be read.
        planes: By name, see `PLANES`; empty for a scan that cannot be read.
    """

    facts: Mapping[str, Any]
    planes: Mapping[str, Plane]


def histogram(values: np.ndarray) -> np.ndarray:
    """Return the share of values in each bin of `HISTOGRAM_HU`; values beyond count in the outermost bins."""
    counts, _ = np.histogram(np.clip(values, HISTOGRAM_HU[0], HISTOGRAM_HU[-1]), HISTOGRAM_HU)
    shares: np.ndarray = counts / max(values.size, 1)
    return shares


def to_arrays(found: ScanQuality, number: int) -> dict[str, np.ndarray]:
    """Return the planes of a scan as arrays to store, under `<number>/<plane>/<part>`."""
    arrays = {}
    for name, plane in found.planes.items():
        arrays[f"{number}/{name}/grey"], arrays[f"{number}/{name}/regions"] = plane.grey, plane.regions
        arrays[f"{number}/{name}/spacing"] = np.array(plane.spacing)
    return arrays


def from_arrays(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray], number: int) -> ScanQuality:
    """Rebuild a scan from its facts and the arrays of `to_arrays`."""
    planes = {}
    for name in PLANES:
        if f"{number}/{name}/grey" in arrays:
            x, y = arrays[f"{number}/{name}/spacing"].tolist()
            planes[name] = Plane(arrays[f"{number}/{name}/grey"], arrays[f"{number}/{name}/regions"], (x, y))
    return ScanQuality(facts, planes)
