"""What a look at a folder finds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snndeep.errors import DatasetError
from snndeep.labels import OTHERS, MaskLabels
from snndeep.scans.dataset import ListedScan
from snndeep.scans.names import VOLUME_SUFFIXES, scan_name

_ORGAN = re.compile("liver", re.IGNORECASE)
_LESION = re.compile("tumou?r|lesion|cancer|metasta|hcc", re.IGNORECASE)
_CT = re.compile(r"\bct\b", re.IGNORECASE)
_OTHER_MODALITY = re.compile(r"\b(mri?|t1|t2|dwi|adc|flair|pet|spect|us|ultrasound)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """The scans of a folder.

    Attributes:
        scans: Images and masks that belong together.
        labels: The meaning of the masks, as far as the layout says it.
        notes: What the user should know, in sentences.
    """

    scans: tuple[ListedScan, ...]
    labels: MaskLabels
    notes: tuple[str, ...] = ()


def read_description(folder: Path) -> Any:
    """Return the JSON document dataset.json of a folder, None if there is none.

    Raises:
        DatasetError: If it cannot be read.
    """
    description = folder / "dataset.json"
    if not description.is_file():
        return None
    try:
        return json.loads(description.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(
            "The data set's description cannot be read.",
            where=str(description),
            found=f"{type(error).__name__}: {error}",
            expected="a JSON document",
            remedy="Correct the file, or name the scans in a table.",
        ) from error


def check_modality(channels: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """Return a sentence about the first channel of a data set, unless it is called CT.

    Args:
        channels: Names by number, as dataset.json gives them; empty if it gives none.
        folder: For messages.

    Raises:
        DatasetError: If it is of another modality.
    """
    name = str(channels.get("0", "CT"))
    if _CT.search(name):
        return ()
    if _OTHER_MODALITY.search(name.replace("_", " ")):
        raise DatasetError(
            "The images are not CT.",
            where=str(folder / "dataset.json"),
            found=f"the first channel is {name}",
            expected="CT, whose intensities are HU",
            remedy="Choose a data set of CT. If these are CT all the same, correct the name in dataset.json.",
        )
    return (f"The first channel is called {name}: check that it is a CT in HU.",)


def labels_by_name(named: Mapping[str, Any]) -> tuple[MaskLabels, tuple[str, ...]]:
    """Return the meaning of numbers whose names are known, and a sentence about it.

    Args:
        named: Number (or several) by name, as nnU-Net writes it, or name by number, as the Decathlon does.
    """
    pairs: list[tuple[str, int]] = []
    for key, value in named.items():
        if str(key).isdigit():
            pairs.append((str(value), int(key)))
        else:
            pairs += [(str(key), int(number)) for number in (value if isinstance(value, list) else [value])]
    lesion = [number for name, number in pairs if number and _LESION.search(name)]
    organ = [number for name, number in pairs if number and number not in lesion and _ORGAN.search(name)]
    others = [number for name, number in pairs if number and number not in (*lesion, *organ)]
    said = ", ".join(f"{number} {name}" for name, number in pairs)
    if not organ:
        return MaskLabels(), (f"Labels: {said}. None of them is called liver: set dataset.labels yourself.",)
    labels = MaskLabels(tuple(dict.fromkeys(organ)), tuple(dict.fromkeys(lesion)), tuple(dict.fromkeys(others)))
    return labels, (
        f"Labels: {said}. Organ: {_numbers(organ)}; lesion: {_numbers(lesion)}; ignored: {_numbers(others)}.",
    )


def volumes(folder: Path) -> list[Path]:
    """Return the volumes directly in a folder, in the order of their names."""
    if not folder.is_dir():
        return []
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [path for path in files if path.is_file() and path.name.lower().endswith(VOLUME_SUFFIXES)]


def paired(images: Iterable[Path], masks: Iterable[Path]) -> tuple[list[ListedScan], list[Path]]:
    """Return images with the mask of the same name, and the images without."""
    by_name = {scan_name(mask.name): mask for mask in masks}
    scans, alone = [], []
    for image in images:
        name = scan_name(image.name)
        if name in by_name:
            scans.append(ListedScan(name, image, by_name[name], patient=name))
        else:
            alone.append(image)
    return scans, alone


def without_mask(images: Iterable[Path]) -> tuple[str, ...]:
    """Return a sentence about images that have no mask, if there are any."""
    names = [image.name for image in images]
    listed = f"{', '.join(names[:4])}{', ...' if len(names) > 4 else ''}"
    return (f"Left out for want of a mask: {len(names)} ({listed}).",) if names else ()


def organ_alone(name: str) -> MaskLabels:
    """Return the meaning of masks with one region of a name and no lesions."""
    return MaskLabels((name,), (), (OTHERS,))


def _numbers(labels: list[int]) -> str:
    return ", ".join(map(str, labels)) or "none"
