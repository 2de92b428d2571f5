"""nnU-Net, version 2: imagesTr/case_0000.nii.gz with labelsTr/case.nii.gz; dataset.json names labels and file ending."""

from __future__ import annotations

import json
from pathlib import Path

from snndeep.errors import DatasetError
from snndeep.scans.dataset import ListedScan
from snndeep.scans.layouts.found import Found, labels_by_name, without_mask

_FIRST_CHANNEL = "_0000"


def find_scans(folder: Path) -> Found | None:
    """Return the training cases of a folder; of several channels the first is the CT."""
    description = folder / "dataset.json"
    if not description.is_file():
        return None
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(
            "The data set's description cannot be read.",
            where=str(description),
            found=f"{type(error).__name__}: {error}",
            expected="a JSON document",
            remedy="Correct the file, or name the scans in a table.",
        ) from error
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
    if len(channels) > 1:
        notes = (
            *notes,
            f"There are {len(channels)} channels; the first, {channels.get('0', '?')}, is taken for the CT.",
        )
    return Found(tuple(scans), labels, (*notes, *without_mask(alone)))
