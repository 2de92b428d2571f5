"""The labelled cases of Task03_Liver of the Medical Segmentation Decathlon.

Simpson et al. 2019, arXiv:1902.09063; CC-BY-SA 4.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from snndeep.errors import ConfigError, DatasetError
from snndeep.scans.dataset import Case, few

TASK = "Task03_Liver"
CASES = tuple(f"liver_{k}" for k in range(131))


def chosen_names(dataset: Mapping[str, Any]) -> list[str]:
    """Return the names of the cases of Task03_Liver that a configuration asks for.

    Args:
        dataset: Its `cases` are numbers and its `first` says how many; where both are empty, all 131 are meant.

    Raises:
        ConfigError: If it holds both.
    """
    chosen, first = sorted(dataset["cases"]), dataset["first"]
    if chosen and first:
        raise ConfigError(
            "The cases are chosen twice.",
            where="dataset.cases, dataset.first",
            found=f"cases {chosen} and first {first}",
            expected="one of them, or none for all cases",
        )
    return [CASES[number] for number in chosen or range(first or len(CASES))]


def archive_cases(root: Path, names: Sequence[str], address: str) -> list[Case]:
    """Return cases of Task03_Liver that are taken from its archive.

    Args:
        root: Where they are brought to, a folder for each.
        names: Of the cases.
        address: Of the stage that brings them; it holds the published checksum, and whether that was compared.
    """
    return [
        Case(name, root / name / "image.nii.gz", root / name / "label.nii.gz", f"{address}/{name}") for name in names
    ]


def unpacked_cases(folder: Path, names: Sequence[str], digest_of: Callable[[Path], str]) -> list[Case]:
    """Return cases of an unpacked Task03_Liver. Their leaves are digests of their bytes: nobody knows who unpacked them.

    Args:
        folder: Holds imagesTr and labelsTr, or the folder Task03_Liver that does.
        names: Of the cases.
        digest_of: Returns the digest of a file's bytes.

    Raises:
        DatasetError: If files are missing.
    """
    if (folder / TASK).is_dir():
        folder = folder / TASK
    pairs = {name: [folder / part / f"{name}.nii.gz" for part in ("imagesTr", "labelsTr")] for name in names}
    missing = [path.relative_to(folder).as_posix() for pair in pairs.values() for path in pair if not path.is_file()]
    if missing:
        raise DatasetError(
            "The unpacked Task03_Liver lacks files.",
            where=str(folder),
            found=few(missing),
            expected="image and label of every case that dataset.cases or dataset.first asks for",
            remedy="Unpack the archive again, or correct dataset.path.",
        )
    return [Case(name, *pair, "+".join(digest_of(path) for path in pair)) for name, pair in pairs.items()]
