"""3D-IRCADb: for every patient a folder PATIENT_DICOM and a folder MASKS_DICOM with one DICOM series per structure."""

from __future__ import annotations

import re
from pathlib import Path

from snndeep.labels import MaskLabels
from snndeep.scans.dataset import ListedScan
from snndeep.scans.layouts.found import Found

IMAGE, MASKS = "PATIENT_DICOM", "MASKS_DICOM"


def find_scans(folder: Path) -> Found | None:
    """Return the patients of a folder, in the order of their numbers."""
    scans = []
    places = sorted((path for path in folder.rglob(IMAGE) if path.parent.name != IMAGE), key=_number)
    for image in places:
        # Unpacking the archives that the set comes in leaves a folder of the same name within.
        own, masks = _innermost(image), _innermost(image.parent / MASKS)
        if own.is_dir() and masks.is_dir():
            patient = image.parent.name
            scans.append(ListedScan(patient, own, masks, patient=patient))
    if not scans:
        return None
    return Found(
        tuple(scans),
        MaskLabels(("liver",), ("livertumor*", "livertumour*")),
        ("Masks have one folder per structure; liver is the organ, livertumor* the lesions.",),
    )


def _innermost(folder: Path) -> Path:
    return folder / folder.name if (folder / folder.name).is_dir() else folder


def _number(image: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", image.parent.name)]
