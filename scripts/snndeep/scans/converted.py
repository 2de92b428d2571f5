"""Where a scan is read: a NIfTI file of the user's, or what a conversion makes.

A conversion leaves a record `scan.json` and beside it `scan.nii.gz`, or the record says why there is no volume. Only the
reading is here, so that the features of scans that were NIfTI from the start do not depend on how others are converted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from snndeep.errors import ScanError
from snndeep.store.content import as_planned
from snndeep.store.files import read_json

RECORD = "scan.json"
VOLUME = "scan.nii.gz"


@dataclass(frozen=True)
class NiftiScan:
    """A NIfTI file that is read where it is.

    Attributes:
        path: The file.
        planned: The digest of its bytes that the plan found; empty where it is a file of the store.
    """

    path: Path
    planned: str = ""

    def nifti(self) -> Path:
        """Return the file."""
        return self.path

    @contextlib.contextmanager
    def opened(self) -> Iterator[Path]:
        """Yield the file, making sure that it is the one that was planned with.

        Raises:
            DatasetError: If it is another one, or changes meanwhile.
        """
        with as_planned(self.path, self.planned):
            yield self.path

    def to_json(self) -> dict[str, str]:
        """Return JSON values."""
        return {"nifti": str(self.path), "planned": self.planned}

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class ConvertedScan:
    """A scan that is read from its conversion.

    Attributes:
        record: The record of the conversion.
        source: What was converted, for messages.
    """

    record: Path
    source: Path

    def nifti(self) -> Path:
        """Return the file that the conversion made.

        Raises:
            ScanError: If the scan could not be converted.
            DamagedFileError: If the record is not as it was written.
        """
        refused = read_json(self.record, "convert")["refused"]
        if refused:
            raise ScanError(refused)
        return self.volume

    @property
    def volume(self) -> Path:
        """The file that the conversion makes."""
        return self.record.with_name(VOLUME)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Path]:
        """Yield the file that the conversion made, making sure that it is as it was written; see `nifti`."""
        path = self.nifti()
        with as_planned(path):
            yield path

    def to_json(self) -> dict[str, str]:
        """Return JSON values."""
        return {"record": str(self.record), "source": str(self.source)}

    def __str__(self) -> str:
        return str(self.source)


Scan = NiftiScan | ConvertedScan


def scan_from_json(values: Mapping[str, str]) -> Scan:
    """Rebuild a scan from the values of its `to_json`."""
    if "record" in values:
        return ConvertedScan(Path(values["record"]), Path(values["source"]))
    return NiftiScan(Path(values["nifti"]), values["planned"])
