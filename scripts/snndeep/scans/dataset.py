"""The three sources of scans, seen as one list of cases.

    phantom     made by this pipeline; see `snndeep.phantom`
    directory   the user's own: a folder in the layout of the Medical Segmentation Decathlon (dataset.json, imagesTr,
                labelsTr), or a table; see `snndeep.scans.table`
    msd         Task03_Liver of the Decathlon, fetched by this pipeline; see `snndeep.scans.msd`

A case carries a leaf digest, which says what its scan is: the bytes of a user's files, the published checksum of the
Decathlon's archive, or the recipe of a phantom.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from snndeep.errors import DatasetError
from snndeep.labels import MaskLabels

CONVERTED_FORMATS = (".nrrd", ".mha")
SHA256 = 64
"""Hexadecimal digits of a digest of bytes; an address has fewer."""


@dataclass(frozen=True)
class Case:
    """One scan and its mask.

    Attributes:
        name: Unique in the data set; letters, digits, `_`, `-` and `.`.
        image: The CT in HU: NIfTI, or the record of a conversion to it (see `snndeep.scans.converted`).
        label: The mask on the grid of the image, likewise.
        leaf: Digest of what the scan is.
        patient: Whose scan it is; the name of the case where each patient has one.
        diseased: What the data set says of the patient; None where it leaves that to the mask.
        listed: Where the data set lists the case, for messages.
    """

    name: str
    image: Path
    label: Path
    leaf: str
    patient: str = ""
    diseased: bool | None = None
    listed: str = ""

    def __post_init__(self):
        object.__setattr__(self, "patient", self.patient or self.name)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Case:
        """Rebuild from the values of `to_json`."""
        return cls(**{**values, "image": Path(values["image"]), "label": Path(values["label"])})

    @property
    def planned(self) -> tuple[str, str]:
        """The digests of the bytes of image and mask, as planned with; empty where they are files of the store."""
        image, _, label = self.leaf.partition("+")
        return (image if len(image) == SHA256 else "", label if len(label) == SHA256 else "")

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {**asdict(self), "image": str(self.image), "label": str(self.label)}


def needs_conversion(path: Path) -> bool:
    """Return whether a scan has to be converted to NIfTI first: a folder of a DICOM series, or a file of ITK."""
    return path.is_dir() or path.suffix.lower() in CONVERTED_FORMATS


def scan_name(path: str) -> str:
    """Return the last part of a scan's path without the suffix of its format."""
    name = PurePosixPath(path).name
    for suffix in (".gz", ".nii", *CONVERTED_FORMATS):
        name = name.removesuffix(suffix)
    return name


def read_directory(folder: Path, digest_of: Callable[[Path], str]) -> list[Case]:
    """Return the training cases of a folder in Decathlon layout, in the order of its dataset.json.

    Args:
        folder: Holds dataset.json and the files that it names.
        digest_of: Returns the digest of a scan's bytes, be it a file or a folder.

    Raises:
        DatasetError: If the folder, its description or a file is missing, the description makes no sense, or a scan is
            there twice.
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
        missing += [name for name, path in zip((image, label), paths, strict=True) if not path.exists()]
        cases.append((scan_name(image), *paths))
    if missing:
        raise DatasetError(
            "The data set's description names files that are not there.",
            where=str(description),
            found=few(missing),
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
    digests = [digest_of(image) for _, image, _ in cases]
    check_distinct("Two images of the data set are the same scan, byte for byte.", digests, names)
    return [
        Case(name, image, label, f"{digest}+{digest_of(label)}")
        for (name, image, label), digest in zip(cases, digests, strict=True)
    ]


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
