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
from snndeep.radiomics.icc import intraclass_correlations
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
class Scan:
    """A scan with its mask.

    Attributes:
        case: Name of the case.
        image: CT, NIfTI, in HU.
        label: Mask on the same grid.
    """

    case: str
    image: Path
    label: Path


def stability(
    scans: Sequence[Scan], features: FeatureSettings, labels: MaskLabels, settings: StabilitySettings, seed: int
) -> pd.DataFrame:
    """Return one row per feature: feature, icc_1_1, icc_3_1, cases, measurements.

    A case's measurements are those of the scan as it is and of each perturbation. Features of slices enter by their mean
    over the slices that all measurements of the case have.

    Args:
        scans: At least two.
        features: Conventions of extraction.
        labels: The meaning of the masks' numbers.
        settings: What is changed, and how much.
        seed: Decides the random changes.
    """
    resolved = features.resolved()
    measured = [_measurements(scan, resolved, labels, settings, seed) for scan in scans]
    names = list(measured[0].columns)
    rows = []
    for name in names:
        values = np.array([table[name].to_numpy(np.float64) for table in measured])
        first, third = intraclass_correlations(values)
        finite = int(np.isfinite(values).all(axis=1).sum())
        rows.append(
            {"feature": name, "icc_1_1": first, "icc_3_1": third, "cases": finite, "measurements": values.shape[1]}
        )
    return pd.DataFrame(rows)


def _measurements(
    scan: Scan, features: FeatureSettings, labels: MaskLabels, settings: StabilitySettings, seed: int
) -> pd.DataFrame:
    """Return the features of a case, one row per measurement."""
    volume = read_volume(scan.case, scan.image, scan.label, features, labels)
    changed = [volume]
    for name in settings.perturbations:
        rng = generator(seed, "stability", scan.case, name)
        changed.append(_CHANGES[name](volume, settings, rng))
    tables = [features_of_volume(each, features, labels, scan.case) for each in changed]
    common = set.intersection(*(set(table.slices["slice"]) for table in tables))
    rows = []
    for table in tables:
        own = table.slices[table.slices["slice"].isin(common)]
        slices = own[[name for name in own if "." in name]].mean()
        patient = table.patient[[name for name in table.patient if "." in name]].iloc[0]
        rows.append(pd.concat([slices, patient.astype(float)]))
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
    return replace(volume, labels=np.where(inside, volume.labels[tuple(nearest)], 0).astype(np.uint8))


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
    return replace(volume, intensity=intensity, labels=kept)


_CHANGES: dict[str, Callable[[CaseVolume, StabilitySettings, np.random.Generator], CaseVolume]] = {
    "erode": _eroded,
    "dilate": _dilated,
    "contour": _contoured,
    "noise": _noisy,
    "shift": _shifted,
}
