"""Features of a batch of cases, each kept under its own address.

A batch is only a way to start fewer processes. What is kept is one pair of tables per case, at the case's own address:
when one scan of a batch is replaced, the others are found where they are and only that scan is extracted.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from snndeep.errors import DatasetError, ScanError
from snndeep.radiomics.extract import extract_case
from snndeep.samples.extraction import Extraction
from snndeep.scans.converted import nifti_of
from snndeep.store.content import as_planned
from snndeep.store.files import intact, read_json, read_table, write_table

LOGGER = logging.getLogger(__name__)


def extract_batch(extractions: Sequence[Extraction], skip_bad: bool, folder: Path) -> dict[str, dict[str, str]]:
    """Extract the cases that are not there yet and return what became of each.

    Args:
        extractions: The cases.
        skip_bad: Go on without a case whose scan cannot be used, instead of ending.
        folder: Where the manifest will be; its paths start there, so that a store may be moved or mounted elsewhere.

    Returns:
        By case, where its tables are (`slices`, `patient`), or why there are none (`skipped`).

    Raises:
        ScanError: If a scan cannot be used and bad cases are not to be skipped.
        DatasetError: If a scan is not the one that was planned with.
    """
    manifest: dict[str, dict[str, str]] = {}
    made = 0
    for work in extractions:
        manifest[work.case] = {
            "slices": os.path.relpath(work.slices, folder),
            "patient": os.path.relpath(work.patient, folder),
        }
        if intact(work.slices) and intact(work.patient):
            continue
        try:
            image, label = nifti_of(work.image), nifti_of(work.label)
            with as_planned(image, work.planned[0]), as_planned(label, work.planned[1]):
                features = extract_case(work.case, image, label, work.settings, work.labels)
        except ScanError as error:
            if not skip_bad:
                raise
            LOGGER.warning("skipping %s: %s", work.case, error)
            manifest[work.case] = {"skipped": str(error)}
            continue
        for path, table in ((work.slices, features.slices), (work.patient, features.patient)):
            write_table(path, table, work.stage)
        made += 1
        LOGGER.info("%s: %d slices", work.case, len(features.slices))
    skipped = sum("skipped" in entry for entry in manifest.values())
    LOGGER.info("extracted %d cases, found %d already there", made, len(extractions) - made - skipped)
    return manifest


def read_batches(manifests: Sequence[Path]) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Return the slices and the cases of all batches, one table each, and why cases were skipped, by case.

    A case goes by the name in the manifest: its tables are kept by what was scanned and outlive a new name.

    Raises:
        DatasetError: If every case was skipped.
    """
    slices, cases, skipped = [], [], {}
    for manifest in manifests:
        for case, entry in read_json(manifest, "features_batch").items():
            if "skipped" in entry:
                skipped[case] = entry["skipped"]
            else:
                slices.append(read_table(manifest.parent / entry["slices"], "features", manifest).assign(case=case))
                cases.append(read_table(manifest.parent / entry["patient"], "features", manifest).assign(case=case))
    if not slices:
        raise DatasetError(
            "No case of the data set can be used.", where="dataset", found=f"{len(skipped)} skipped cases, none left"
        )
    return pd.concat(slices, ignore_index=True), pd.concat(cases, ignore_index=True), skipped
