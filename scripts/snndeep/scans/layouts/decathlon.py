"""The Medical Segmentation Decathlon: dataset.json lists pairs in imagesTr and labelsTr and names the labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from snndeep.scans.dataset import read_directory
from snndeep.scans.layouts.found import Found, check_modality, labels_by_name, read_description


def find_scans(folder: Path) -> Found | None:
    """Return the training cases of a folder, or of the one folder in it that is such a set."""
    folder = next((own for own in (folder, *sorted(folder.glob("Task*"))) if (own / "dataset.json").is_file()), folder)
    content = read_description(folder)
    if not isinstance(content, dict) or not isinstance(content.get("training"), list):
        return None
    labels, notes = labels_by_name(content.get("labels", {}))
    notes = (*notes, *check_modality(content.get("modality", {}), folder))
    return Found(tuple(replace(scan, patient=scan.name) for scan in read_directory(folder)), labels, notes)
