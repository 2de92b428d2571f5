"""Names of scans: which suffixes there are, and what is left of a path without them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

NIFTI_SUFFIXES = (".nii", ".nii.gz")
VOLUME_SUFFIXES = (*NIFTI_SUFFIXES, ".nrrd", ".mha", ".hdr", ".img", ".mgz", ".mgh")
_OTHER_SUFFIXES = (".dcm", ".ima")


def scan_name(path: str) -> str:
    """Return the last part of a scan's path without the suffix of its format."""
    name = PurePosixPath(path).name
    for suffix in (*sorted(VOLUME_SUFFIXES, key=len, reverse=True), ".gz", *_OTHER_SUFFIXES):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def needs_conversion(path: Path) -> bool:
    """Return whether a scan has to be converted first: everything but a NIfTI file in one piece."""
    return path.is_dir() or not path.name.lower().endswith(NIFTI_SUFFIXES)
