"""How features answer to small changes of mask, noise and grid (Zwanenburg et al., 2019), as ICC per feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from snndeep.labels import MaskLabels
from snndeep.radiomics.extract import features_of_volume, read_volume
from snndeep.radiomics.icc import feature_names
from snndeep.radiomics.settings import FeatureSettings
from snndeep.seeds import generator
from snndeep.settings import Settings, setting
from snndeep.volume import CaseVolume

PERTURBATIONS = ("erode", "dilate", "contour", "noise", "shift")


@dataclass(frozen=True)
class StabilitySettings(Settings):
    """How scans and masks are changed."""

    key: ClassVar[str] = "stability"

    perturbations: tuple[str, ...] = setting(
        PERTURBATIONS,
        "What is changed, one after the other, each beside the scan as it is: erode and dilate (the mask by distance), contour "
        "(its border at random), noise (of the image), shift (the grid of voxels).",
        choices=PERTURBATIONS,
        min_items=1,
        unique=True,
    )
    distance: float = setting(1.0, "How far erode, dilate and contour move the border, in mm.", above=0)
    noise: float = setting(5.0, "Standard deviation of the noise, in HU.", above=0)
    shift: float = setting(0.5, "How far the grid moves along each axis, in voxels.", above=0, below=1)


@dataclass(frozen=True)
class PerturbedScan:
    """A scan with its mask.

    Attributes:
        case: Name of the case.
        image: CT, NIfTI, in HU.
        label: Mask on the same grid.
    """

    case: str
    image: Path
    label: Path


def measurements(
    scans: Sequence[PerturbedScan],
    features: FeatureSettings,
    labels: MaskLabels,
    settings: StabilitySettings,
    seed: int,
) -> pd.DataFrame:
    """Return one row per case and measurement: case, measurement, then features.

    A case's measurements are those of the scan as it is (`none`) and of each perturbation. Features of slices enter by
    their mean over the slices that all measurements of the case have.

    Args:
        scans: The scans.
        features: Conventions of extraction.
        labels: The meaning of the masks' numbers.
        settings: What is changed, and how much.
        seed: Decides the random changes.
    """
    resolved = features.resolved()
    return pd.concat([_of_case(scan, resolved, labels, settings, seed) for scan in scans], ignore_index=True)


def _of_case(
    scan: PerturbedScan, features: FeatureSettings, labels: MaskLabels, settings: StabilitySettings, seed: int
) -> pd.DataFrame:
    """Return the measurements of one case."""
    volume = read_volume(scan.case, scan.image, scan.label, features, labels, more_mm=4 * settings.distance)
    changed = [volume]
    for name in settings.perturbations:
        changed.append(_CHANGES[name](volume, settings, generator(seed, "stability", scan.case, name)))
    tables = [features_of_volume(each, features, labels, f"case {scan.case}") for each in changed]
    common = set.intersection(*(set(table.slices["slice"].tolist()) for table in tables))
    rows = []
    for name, table in zip(("none", *settings.perturbations), tables, strict=True):
        own = table.slices[table.slices["slice"].isin(list(common))]
        means = {column: float(own[column].mean()) for column in feature_names(own)}
        patient = {column: float(table.patient[column].iloc[0]) for column in feature_names(table.patient)}
        rows.append({"case": scan.case, "measurement": name, **means, **patient})
    return pd.DataFrame(rows)


def _distance(volume: CaseVolume) -> np.ndarray:
    """Return the signed distance to the mask's border in mm, negative inside, [z, y, x]."""
    from scipy.ndimage import distance_transform_edt

    inside, steps = volume.labels > 0, volume.spacing[::-1]
    away = distance_transform_edt(~inside, sampling=steps) - distance_transform_edt(inside, sampling=steps)
    # Distances are those of voxel centres; the border lies half a voxel from them.
    signed: np.ndarray = away - np.sign(away) * min(steps) / 2
    return signed


def _moved(volume: CaseVolume, border: np.ndarray | float) -> CaseVolume:
    """Return the case with the mask's border moved outwards by a distance in mm, [z, y, x] or everywhere the same."""
    from scipy.ndimage import distance_transform_edt

    inside = _distance(volume) < border
    if not inside.any():
        return volume
    inside[[0, -1]] = inside[:, [0, -1]] = inside[:, :, [0, -1]] = False
    # Voxels that are new in the mask get the label of the nearest voxel that was in it.
    nearest = distance_transform_edt(volume.labels == 0, return_distances=False, return_indices=True)
    return _with_labels(volume, np.where(inside, volume.labels[tuple(nearest)], 0).astype(np.uint8))


def _with_labels(volume: CaseVolume, labels: np.ndarray) -> CaseVolume:
    """Return the case with other labels, and with the margins that are left around them."""
    lines = [np.flatnonzero(labels.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    z, y, x = ((int(line[0]), int(size - 1 - line[-1])) for line, size in zip(lines, labels.shape, strict=True))
    return replace(volume, labels=labels, margins=(z, y, x))


def _eroded(volume: CaseVolume, settings: StabilitySettings, rng: np.random.Generator) -> CaseVolume:
    return _moved(volume, -settings.distance)


def _dilated(volume: CaseVolume, settings: StabilitySettings, rng: np.random.Generator) -> CaseVolume:
    return _moved(volume, settings.distance)


def _contoured(volume: CaseVolume, settings: StabilitySettings, rng: np.random.Generator) -> CaseVolume:
    """Move the border by a random field that is smooth over 10 mm, of the given standard deviation."""
    from scipy.ndimage import gaussian_filter

    widths = [10 / step for step in volume.spacing[::-1]]
    field = gaussian_filter(rng.standard_normal(volume.labels.shape, np.float32), widths)
    return _moved(volume, field / max(float(field.std()), 1e-9) * settings.distance)


def _noisy(volume: CaseVolume, settings: StabilitySettings, rng: np.random.Generator) -> CaseVolume:
    noise = rng.standard_normal(volume.intensity.shape, np.float32) * np.float32(settings.noise)
    return replace(volume, intensity=volume.intensity + noise)


def _shifted(volume: CaseVolume, settings: StabilitySettings, rng: np.random.Generator) -> CaseVolume:
    """Sample the image half way between its voxels, as a scanner would that lay a little aside."""
    from scipy.ndimage import shift

    by = [settings.shift] * 3
    intensity = shift(volume.intensity, by, order=1, mode="nearest")
    inside = shift((volume.labels > 0).astype(np.float32), by, order=1, mode="constant") >= 0.5
    inside[[0, -1]] = inside[:, [0, -1]] = inside[:, :, [0, -1]] = False
    lesion = shift(volume.labels.astype(np.float32), by, order=0, mode="constant").astype(np.uint8)
    kept = np.where(inside, np.where(lesion > 0, lesion, volume.labels.max()), 0).astype(np.uint8)
    return _with_labels(replace(volume, intensity=intensity), kept) if kept.any() else volume


_CHANGES: dict[str, Callable[[CaseVolume, StabilitySettings, np.random.Generator], CaseVolume]] = {
    "erode": _eroded,
    "dilate": _dilated,
    "contour": _contoured,
    "noise": _noisy,
    "shift": _shifted,
}
