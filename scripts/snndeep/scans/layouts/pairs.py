"""Any set with a folder of images and a folder of masks whose files have the same names."""

from __future__ import annotations

from pathlib import Path

from snndeep.labels import MaskLabels
from snndeep.scans.layouts.found import Found, paired, volumes, without_mask

IMAGES = ("images", "image", "imagestr", "ct", "scans", "volumes")
MASKS = ("masks", "mask", "labels", "labelstr", "label", "segmentations", "segmentation")


def find_scans(folder: Path) -> Found | None:
    """Return the pairs of a folder, with the labels that are usual: 1 organ and 2 lesion."""
    folders = {own.name.casefold(): own for own in folder.iterdir() if own.is_dir()}
    images = next((folders[name] for name in IMAGES if name in folders), None)
    masks = next((folders[name] for name in MASKS if name in folders), None)
    if images is None or masks is None:
        return None
    scans, alone = paired(volumes(images), volumes(masks))
    note = "Nothing says what the labels mean: 1 is taken for the organ and 2 for lesions."
    return Found(tuple(scans), MaskLabels(), (note, *without_mask(alone)))
