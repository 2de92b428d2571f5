"""A small synthetic example of a user's data set: a table, several scans of some patients, several formats."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from snndeep.phantom.dicom import write_series
from snndeep.phantom.generate import generate_case
from snndeep.phantom.nifti import write_nifti
from snndeep.phantom.settings import PhantomSettings, is_diseased
from snndeep.seeds import generator
from snndeep.store.files import write_text

FOLLOW_UP_EVERY = 3
FOLLOW_UP_NOISE = 12.0


def write_example(table: Path, settings: PhantomSettings) -> int:
    """Write scans, masks and a table of them, and return the number of scans.

    Every third patient, starting with the first, has a second scan, which is the first scan with different noise. The
    first patient's first scan is a DICOM series, the third patient's is a .nrrd file.

    Args:
        table: Path of the CSV table; the scans are written to its folder.
        settings: Recipe of the patients.
    """
    folder = table.parent
    rows: list[tuple[str, str, str, str]] = []
    for index in range(settings.patients):
        case = generate_case(settings, index)
        patient, label = f"P{index + 1:02d}", "diseased" if is_diseased(settings, index) else "healthy"
        for visit in range(2 if index % FOLLOW_UP_EVERY == 0 else 1):
            mask = f"masks/{patient}_{visit + 1}.nii.gz"
            write_nifti(folder / mask, case.label, case.spacing)
            noise = generator(settings.seed, "example", index, visit).normal(0, FOLLOW_UP_NOISE, case.image.shape)
            hu = case.image if visit == 0 else np.rint(case.image + noise).astype(np.int16)
            image = _write_scan(folder, f"{patient}_{visit + 1}", hu, case.spacing, index if visit == 0 else None)
            rows.append((image, mask, patient, label))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("image", "mask", "patient", "label"), *rows])
    write_text(table, text.getvalue())
    return len(rows)


def _write_scan(folder: Path, name: str, hu: np.ndarray, spacing: tuple[float, float, float], index: int | None) -> str:
    """Write a scan (index 0 as DICOM, 2 as .nrrd, all others as NIfTI) and return its path relative to the folder."""
    nifti = folder / "scans" / f"{name}.nii.gz"
    write_nifti(nifti, hu, spacing)
    if index not in (0, 2):
        return f"scans/{name}.nii.gz"
    volume = sitk.ReadImage(str(nifti))
    nifti.unlink()
    if index == 0:
        write_series(folder / "scans" / name, volume)
        return f"scans/{name}"
    sitk.WriteImage(volume, str(folder / "scans" / f"{name}.nrrd"))
    return f"scans/{name}.nrrd"
