"""CHAOS, its CT part: for every patient DICOM_anon and Ground, a folder of PNG slices. All are healthy donors."""

from __future__ import annotations

from pathlib import Path

from snndeep.labels import MaskLabels
from snndeep.scans.dataset import ListedScan
from snndeep.scans.layouts.found import Found

IMAGE, MASK, MR = "DICOM_anon", "Ground", "MR"


def find_scans(folder: Path) -> Found | None:
    """Return the CT scans of a folder, in the order of their numbers; the MR part is passed over."""
    scans = [
        ListedScan(f"chaos_{image.parent.name}", image, image.parent / MASK, patient=image.parent.name, diseased=False)
        for image in sorted(folder.rglob(IMAGE), key=lambda path: (len(path.parent.name), path.parent.name))
        if MR not in image.relative_to(folder).parts
        and (image.parent / MASK).is_dir()
        and any((image.parent / MASK).glob("*.png"))
    ]
    if not scans:
        return None
    return Found(
        tuple(scans),
        MaskLabels((1,), ()),
        (
            "The livers are of healthy donors, so all patients are labelled healthy and the masks mark no lesions.",
            "Alone they are one class: add rows of diseased patients to the table.",
        ),
    )
