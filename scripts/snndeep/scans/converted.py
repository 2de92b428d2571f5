"""Scans that were converted to NIfTI: a record says what became of each.

Beside the record `scan.json` stands `scan.nii.gz`, or the record says why there is none. Only the reading is here, so
that the features of scans that were NIfTI from the start do not depend on how others are converted.
"""

from __future__ import annotations

from pathlib import Path

from snndeep.errors import ScanError
from snndeep.store.files import read_json

RECORD = "scan.json"
VOLUME = "scan.nii.gz"


def nifti_of(scan: Path) -> Path:
    """Return the NIfTI file of a scan: the scan itself, or what its conversion made where `scan` is a record.

    Raises:
        ScanError: If the scan could not be converted.
        DamagedFileError: If the record is not as it was written.
    """
    scan = Path(scan)
    if scan.name != RECORD:
        return scan
    refused = read_json(scan, "convert")["refused"]
    if refused:
        raise ScanError(refused)
    return scan.with_name(VOLUME)
