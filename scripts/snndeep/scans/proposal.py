"""A configuration and a table for a folder of scans, for the user to correct."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import yaml

from snndeep.errors import DatasetError
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import ListedScan
from snndeep.store.files import write_text

_STATUS = {True: "diseased", False: "healthy", None: ""}


def write_proposal(
    name: str, folder: Path, scans: Sequence[ListedScan], labels: MaskLabels, target: Path
) -> tuple[Path, Path]:
    """Write `<name>.yaml` and `<name>.csv`, and return where they are.

    Args:
        name: Of the run.
        folder: That was looked at, for the comment.
        scans: Of the table.
        labels: The meaning of the masks.
        target: The folder that the two files belong to.

    Raises:
        DatasetError: If one of them is there already.
    """
    config, table = target / f"{name}.yaml", target / f"{name}.csv"
    there = [path for path in (config, table) if path.exists()]
    if there:
        raise DatasetError(
            "A file of that name is there already.",
            where=str(there[0]),
            found="a file, which may have been corrected by hand",
            expected="a name that is free",
            remedy="Choose another name with --name, or remove the file.",
        )
    write_text(table, _table(scans))
    dataset = {"source": "directory", "path": table.as_posix(), "labels": _differences(labels)}
    text = yaml.safe_dump(
        {"run": name, "dataset": {key: value for key, value in dataset.items() if value}}, sort_keys=False
    )
    head = f"# The scans of {folder}; every other key has its default, see docs/configuration.md.\n"
    write_text(config, head + text)
    return config, table


def _table(scans: Sequence[ListedScan]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("image", "mask", "patient", "label"))
    for scan in scans:
        writer.writerow((scan.image.resolve(), scan.mask.resolve(), scan.patient or scan.name, _STATUS[scan.diseased]))
    return text.getvalue()


def _differences(labels: MaskLabels) -> dict[str, object]:
    """Return the settings that are not the defaults."""
    usual = MaskLabels().to_mapping()
    return {key: value for key, value in labels.to_mapping().items() if value != usual[key]}
