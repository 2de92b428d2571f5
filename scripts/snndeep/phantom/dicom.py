"""Synthetic scans as DICOM series, for examples and tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import SimpleITK as sitk


def write_series(
    folder: Path,
    volume: sitk.Image,
    series: str = "1.2.826.0.1.3680043.8.498.1",
    positions: Sequence[Sequence[float]] | None = None,
) -> None:
    """Write a volume of 16-bit integers as one DICOM file per slice.

    Args:
        folder: The folder of the series. It is created if needed, and files of other series in it are kept.
        volume: HU, [x, y, z].
        series: Series Instance UID.
        positions: Positions of the slices to write into the headers, mm; None means those of the volume.
    """
    folder.mkdir(parents=True, exist_ok=True)
    direction = volume.GetDirection()
    axes = [direction[k] for k in (0, 3, 6, 1, 4, 7)]
    writer = sitk.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    for k in range(volume.GetSize()[2]):
        plane = volume[:, :, k]
        position = positions[k] if positions else volume.TransformIndexToPhysicalPoint((0, 0, k))
        values = {
            "0008|0060": "CT",
            "0008|0018": f"{series}.{k + 1}",
            "0020|000d": f"{series}.0",
            "0020|000e": series,
            "0020|0013": str(k + 1),
            "0020|0032": "\\".join(f"{v:.6g}" for v in position),
            "0020|0037": "\\".join(f"{v:.6g}" for v in axes),
        }
        for tag, value in values.items():
            plane.SetMetaData(tag, value)
        # As in many archives, the order of the names is not the order of the slices.
        writer.SetFileName(str(folder / f"{series.rsplit('.', 1)[1]}_{k * 7 % 10}{k:03d}.dcm"))
        writer.Execute(plane)
