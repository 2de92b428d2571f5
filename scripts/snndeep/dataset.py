"""The three sources of scans, seen as one list of cases.

    phantom     made by this pipeline; see `snndeep.phantom`
    directory   a folder in the layout of the Medical Segmentation Decathlon: dataset.json, imagesTr, labelsTr
    msd         Task03_Liver of the Decathlon, fetched by this pipeline

A case carries a leaf digest, which says what its scan is: the bytes of a user's files, the published checksum of the
Decathlon's archive, or the recipe of a phantom.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from snndeep.errors import DatasetError

MSD_TASK = "Task03_Liver"
MSD_CASES = tuple(f"liver_{k}" for k in range(131))


@dataclass(frozen=True)
class Case:
    """One patient's scan and mask.

    Attributes:
        name: Unique in the data set; letters, digits, `_`, `-` and `.`.
        image: The CT, NIfTI in HU.
        label: The mask: 0 background, 1 organ, 2 lesion.
        leaf: Digest of what the scan is.
    """

    name: str
    image: Path
    label: Path
    leaf: str


def read_directory(folder: Path, digest_of: Callable[[Path], str]) -> list[Case]:
    """Return the training cases of a folder in Decathlon layout, in the order of its dataset.json.

    Args:
        folder: Holds dataset.json and the files that it names.
        digest_of: Returns the digest of a file's bytes.

    Raises:
        DatasetError: If the folder, its description or a file is missing, or the description makes no sense.
    """
    folder = Path(folder)
    description = folder / "dataset.json"
    if not folder.is_dir():
        raise DatasetError(
            "The data set's folder does not exist.",
            where="dataset.path",
            found=str(folder),
            expected="a folder with dataset.json, imagesTr and labelsTr",
        )
    entries = _training_entries(description)
    cases, missing = [], []
    for image, label in entries:
        paths = [_inside(folder, description, name) for name in (image, label)]
        missing += [name for name, path in zip((image, label), paths, strict=True) if not path.is_file()]
        cases.append((PurePosixPath(image).name.removesuffix(".gz").removesuffix(".nii"), *paths))
    if missing:
        raise DatasetError(
            "The data set's description names files that are not there.",
            where=str(description),
            found=f"{len(missing)} missing: {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}",
            expected="every image and label of `training` below the same folder",
            remedy="Copy the files there or take the entries out of dataset.json.",
        )
    names = [name for name, _, _ in cases]
    doubled = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if doubled:
        raise DatasetError(
            "Two cases of the data set have one name.",
            where=str(description),
            found=doubled[0],
            expected="unique names",
        )
    for name in names:
        _check_name(name, description)
    return [Case(name, image, label, f"{digest_of(image)}+{digest_of(label)}") for name, image, label in cases]


def _training_entries(description: Path) -> list[tuple[str, str]]:
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
        entries = [(entry["image"], entry["label"]) for entry in content["training"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            "The data set's description cannot be read.",
            where=str(description),
            found=f"{type(error).__name__}: {error}",
            expected='JSON with "training": [{"image": "./imagesTr/x.nii.gz", "label": "./labelsTr/x.nii.gz"}, ...]',
        ) from error
    if not entries:
        raise DatasetError(
            "The data set has no cases.",
            where=str(description),
            found='"training" is empty',
            expected="at least one case",
        )
    return entries


def _inside(folder: Path, description: Path, name: object) -> Path:
    """Join a name of the description to its folder, refusing to leave it."""
    relative = PurePosixPath(str(name))
    if relative.is_absolute() or ".." in relative.parts:
        raise DatasetError(
            "The data set's description names a file outside its folder.",
            where=str(description),
            found=str(name),
            expected="a path below the folder",
        )
    return folder / relative


def _check_name(name: str, description: Path) -> None:
    if not name or name.startswith(".") or not all(c.isascii() and (c.isalnum() or c in "_-.") for c in name):
        raise DatasetError(
            "A case has a name that cannot be used for files.",
            where=str(description),
            found=repr(name),
            expected="letters, digits, '_', '-' and '.', not starting with '.'",
        )


def msd_cases(root: Path, archive_digest: str) -> list[Case]:
    """Return the 131 labelled cases of Task03_Liver.

    Args:
        root: Where the archive is unpacked.
        archive_digest: The published checksum of the archive.
    """
    return [
        Case(
            name,
            root / MSD_TASK / "imagesTr" / f"{name}.nii.gz",
            root / MSD_TASK / "labelsTr" / f"{name}.nii.gz",
            f"{archive_digest}/{name}",
        )
        for name in MSD_CASES
    ]
