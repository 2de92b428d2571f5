"""TotalSegmentator: for every subject ct.nii.gz and segmentations/liver.nii.gz, one file per structure."""

from __future__ import annotations

from pathlib import Path

from snndeep.scans.dataset import ListedScan
from snndeep.scans.layouts.found import Found, organ_alone

IMAGE, MASKS, ORGAN = "ct.nii.gz", "segmentations", "liver.nii.gz"


def find_scans(folder: Path) -> Found | None:
    """Return the subjects whose liver is segmented."""
    subjects = sorted(image.parent for image in (*folder.glob(IMAGE), *folder.glob(f"*/{IMAGE}")))
    if not subjects:
        return None
    scans = [
        ListedScan(subject.name, subject / IMAGE, subject / MASKS, patient=subject.name)
        for subject in subjects
        if (subject / MASKS / ORGAN).is_file()
    ]
    left_out = len(subjects) - len(scans)
    notes = ["The masks mark no lesions: fill the column label of the table (healthy or diseased) for every patient."]
    if left_out:
        notes.append(f"{left_out} subjects without {MASKS}/{ORGAN} are left out.")
    return Found(tuple(scans), organ_alone("liver"), tuple(notes))
