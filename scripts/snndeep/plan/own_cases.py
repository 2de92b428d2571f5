"""A user's own scans in the plan: the cases, and the scans that are converted to NIfTI first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from snndeep.errors import DatasetError
from snndeep.plan.addressing import FileDigests
from snndeep.plan.stages import Conversion, Stage
from snndeep.scans.dataset import Case, needs_conversion, read_directory
from snndeep.scans.table import is_table, read_scan_table


def find_own_cases(
    path: Path, digests: FileDigests, conversion_of: Callable[[str], Stage]
) -> tuple[tuple[Case, ...], dict[str, Conversion]]:
    """Return the cases of a folder in Decathlon layout or of a table, and the conversions by address.

    A scan that needs conversion is identified by the address of its conversion, and its path in the case is that of the
    conversion's record.

    Args:
        path: The folder or the table.
        digests: Digests of the files; saved when all are known.
        conversion_of: Returns the stage that converts a scan, given the digest of the scan's bytes.

    Raises:
        DatasetError: If the data set or one of its files cannot be read.
    """
    converted: dict[Path, Conversion] = {}

    def digest_of(scan: Path) -> str:
        digest = digests.of(scan)
        if not needs_conversion(scan):
            return digest
        converted[scan] = Conversion(conversion_of(digest), scan)
        return converted[scan].stage.address

    def readable(scan: Path) -> Path:
        return Path(converted[scan].record) if scan in converted else scan

    try:
        cases = read_scan_table(path, digest_of) if is_table(path) else read_directory(path, digest_of)
    except OSError as error:
        raise DatasetError(
            "A file of the data set cannot be read.",
            where=str(error.filename),
            found=f"{type(error).__name__}: {error}",
            expected="a file that this account may read",
        ) from error
    digests.save()
    return (
        tuple(replace(case, image=readable(case.image), label=readable(case.label)) for case in cases),
        {conversion.stage.address: conversion for conversion in converted.values()},
    )
