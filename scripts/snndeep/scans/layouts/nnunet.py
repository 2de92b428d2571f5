"""nnU-Net, version 2: imagesTr/case_0000.nii.gz with labelsTr/case.nii.gz; dataset.json names labels and file ending."""

from __future__ import annotations

from pathlib import Path

from snndeep.scans.dataset import ListedScan
from snndeep.scans.layouts.found import Found, check_modality, labels_by_name, read_description, without_mask

_FIRST_CHANNEL = "_0000"


def find_scans(folder: Path) -> Found | None:
    """Return the training cases of a folder; of several channels the first is the CT."""
    content = read_description(folder)
    if not isinstance(content, dict) or "file_ending" not in content:
        return None
    end = f"{_FIRST_CHANNEL}{content['file_ending']}"
    scans, alone = [], []
    for image in sorted((folder / "imagesTr").glob(f"*{end}")):
        name = image.name.removesuffix(end)
        mask = folder / "labelsTr" / f"{name}{content['file_ending']}"
        if mask.exists():
            scans.append(ListedScan(name, image, mask, patient=name))
        else:
            alone.append(image)
    labels, notes = labels_by_name(content.get("labels", {}))
    channels = content.get("channel_names", {})
    notes = (*notes, *check_modality(channels, folder))
    if len(channels) > 1:
        notes = (
            *notes,
            f"There are {len(channels)} channels; the first, {channels.get('0', '?')}, is taken for the CT.",
        )
    return Found(tuple(scans), labels, (*notes, *without_mask(alone)))
