"""The three sources of scans, seen as one list of cases.

    phantom     made by this pipeline; see `snndeep.phantom`
    directory   the user's own: a folder in the layout of the Medical Segmentation Decathlon (dataset.json, imagesTr,
                labelsTr), or a table; see `snndeep.scans.table`. For other layouts scripts/init.py writes a table
    msd         Task03_Liver of the Decathlon, fetched by this pipeline; see `snndeep.scans.msd`

A case carries a leaf digest, which says what its scan is: the bytes of a user's files, the published checksum of the
Decathlon's archive, or the recipe of a phantom.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from snndeep.errors import DatasetError
from snndeep.labels import MaskLabels
from snndeep.scans.converted import Scan, scan_from_json
from snndeep.scans.names import scan_name


@dataclass(frozen=True)
class ListedScan:
    """One scan and its mask, as a user's data set lists them.

    Attributes:
        name: Unique in the data set; letters, digits, `_`, `-` and `.`.
        image: File or folder of the CT.
        mask: File or folder of its mask.
        patient: Whose scan it is; the name where each patient has one.
        diseased: What the data set says of the patient; None where it leaves that to the mask.
        listed: Where the data set lists it, for messages.
        series: Which DICOM series of the image's folder is meant; empty where there is one.
        extra: What else the data set says of it, by column.
    """

    name: str
    image: Path
    mask: Path
    patient: str = ""
    diseased: bool | None = None
    listed: str = ""
    series: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One scan and its mask, ready to be read.

    Attributes:
        name: Unique in the data set; letters, digits, `_`, `-` and `.`.
        image: The CT in HU.
        label: The mask on the grid of the image or a part of it.
        leaf: Digest of what the scan is.
        patient: Whose scan it is; the name of the case where each patient has one.
        diseased: What the data set says of the patient; None where it leaves that to the mask.
        listed: Where the data set lists the case, for messages.
        extra: What else the data set says of it, by column.
    """

    name: str
    image: Scan
    label: Scan
    leaf: str
    patient: str = ""
    diseased: bool | None = None
    listed: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "patient", self.patient or self.name)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Case:
        """Rebuild from the values of `to_json`."""
        return cls(**{**values, "image": scan_from_json(values["image"]), "label": scan_from_json(values["label"])})

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "name": self.name,
            "image": self.image.to_json(),
            "label": self.label.to_json(),
            "leaf": self.leaf,
            "patient": self.patient,
            "diseased": self.diseased,
            "listed": self.listed,
            "extra": dict(self.extra),
        }


def read_directory(folder: Path) -> list[ListedScan]:
    """Return the training cases of a folder in Decathlon layout, in the order of its dataset.json.

    Args:
        folder: Holds dataset.json and the files that it names.

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
    scans = [
        ListedScan(scan_name(image), _inside(folder, description, image), _inside(folder, description, label))
        for image, label in entries
    ]
    missing = [
        name
        for names, scan in zip(entries, scans, strict=True)
        for name, path in zip(names, (scan.image, scan.mask), strict=True)
        if not _exists(path)
    ]
    if missing:
        raise DatasetError(
            "The data set's description names files that are not there.",
            where=str(description),
            found=few(missing),
            expected="every image and label of `training` below the same folder",
            remedy="Copy the files there or take the entries out of dataset.json.",
        )
    names = [scan.name for scan in scans]
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
    return scans


def check_labelled(cases: Sequence[Case], labels: MaskLabels) -> None:
    """Check that labels come from somewhere: lesions in the masks, or the label column of a table.

    Raises:
        DatasetError: If the masks mark no lesions and a patient has no label.
    """
    unlabelled = [case for case in cases if case.diseased is None]
    if labels.lesion or not unlabelled:
        return
    raise DatasetError(
        "A patient has no label: the masks mark no lesions and nothing else says it.",
        where=unlabelled[0].listed or "dataset.labels.lesion",
        found=f"patient {unlabelled[0].patient}, {len(unlabelled)} scans in all",
        expected="lesion labels in the masks, or a table whose column label gives every patient's",
        remedy="Fill the column label of the table, or set dataset.labels.lesion.",
    )


def check_distinct(what: str, keys: Sequence[str], described: Sequence[str]) -> None:
    """Check that no scan is there twice.

    Args:
        what: The sentence to say if one is.
        keys: What must differ between scans.
        described: The scans in words.

    Raises:
        DatasetError: If two keys are equal.
    """
    first: dict[str, str] = {}
    for key, scan in zip(keys, described, strict=True):
        if key in first:
            raise DatasetError(
                what,
                where="dataset.path",
                found=f"{first[key]} and {scan}",
                expected="every scan once: a copy on the other side of a split would give the answer away",
                remedy="Take one of the two out.",
            )
        first[key] = scan


def few(missing: Sequence[str]) -> str:
    """Return how many files are missing and the names of the first."""
    return f"{len(missing)} missing: {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have: too long, or with a character that is not allowed
        return False


def _training_entries(description: Path) -> list[tuple[str, str]]:
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
        entries = [(str(entry["image"]), str(entry["label"])) for entry in content["training"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DatasetError(
            "The data set's description cannot be read.",
            where=str(description),
            found=f"{type(error).__name__}: {error}",
            expected='JSON with "training": [{"image": "./imagesTr/x.nii.gz", "label": "./labelsTr/x.nii.gz"}, ...]',
            remedy="For other layouts run: python scripts/init.py FOLDER. It looks at the folder and writes a table.",
        ) from error
    if not entries:
        raise DatasetError(
            "The data set has no cases.",
            where=str(description),
            found='"training" is empty',
            expected="at least one case",
        )
    return entries


def _inside(folder: Path, description: Path, name: str) -> Path:
    """Join a name of the description to its folder, refusing to leave it."""
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts:
        raise DatasetError(
            "The data set's description names a file outside its folder.",
            where=str(description),
            found=name,
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
