"""LiTS: volume-*.nii with segmentation-*.nii, 1 liver and 2 tumour, in one folder or in folders of their own."""

from __future__ import annotations

import re
from pathlib import Path

from snndeep.labels import MaskLabels
from snndeep.scans.dataset import ListedScan
from snndeep.scans.layouts.found import Found, without_mask

_NAME = re.compile(r"(volume|segmentation)-(\d+)\.nii(\.gz)?")


def find_scans(folder: Path) -> Found | None:
    """Return the pairs of a folder and the folders in it, in the order of their numbers."""
    files: dict[str, dict[int, Path]] = {"volume": {}, "segmentation": {}}
    for path in sorted(folder.rglob("*.nii*")):
        if match := _NAME.fullmatch(path.name):
            files[match[1]][int(match[2])] = path
    images, masks = files["volume"], files["segmentation"]
    if not images:
        return None
    scans = [
        ListedScan(f"volume-{number}", images[number], masks[number], patient=str(number))
        for number in sorted(images)
        if number in masks
    ]
    return Found(tuple(scans), MaskLabels(), without_mask(images[n] for n in sorted(images) if n not in masks))
