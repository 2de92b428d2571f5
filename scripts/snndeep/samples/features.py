"""Features of a batch of cases, each kept under its own address.

A batch is only a way to start fewer processes. What is kept is one pair of tables per case, at the case's own address:
when one scan of a batch is replaced, the others are found where they are and only that scan is extracted.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from snndeep.errors import ScanError
from snndeep.radiomics.extract import extract_case
from snndeep.samples.extraction import MANIFEST, Extraction
from snndeep.scans.plausibility import as_note, check_spacing, findings, refuse_implausible
from snndeep.scans.settings import Plausibility
from snndeep.store.files import intact, made_again
from snndeep.store.tables import read_table, write_table
from snndeep.volume import read_header
from snndeep.volume.measure import CaseMeasures

LOGGER = logging.getLogger(__name__)


def extract_batch(
    extractions: Sequence[Extraction], limits: Plausibility, on_bad_case: str, folder: Path
) -> dict[str, dict[str, str]]:
    """Extract the cases that are not there yet and return what became of each.

    Args:
        extractions: The cases.
        limits: Of what is plausible. They decide whether a case is used and not what its features are.
        on_bad_case: `fail` ends at a case that cannot be used or is implausible, `skip` continues without it, `warn` keeps
            an implausible one.
        folder: Where the manifest will be; its paths start there, so that a store may be moved or mounted elsewhere.

    Returns:
        By case, where its tables are (`slices`, `patient`) and what is worth a word (`notes`), or why there are none
        (`skipped`).

    Raises:
        ScanError: If a scan cannot be used or is implausible, unless `on_bad_case` says otherwise.
        DatasetError: If a scan is not the one that was planned with.
    """
    manifest: dict[str, dict[str, str]] = {}
    made = 0
    # Tables of single cases outlive a batch that is cut differently; those of a batch that is made again do not.
    again = made_again(folder / MANIFEST)
    for work in extractions:
        try:
            if again or not (intact(work.slices) and intact(work.patient)):
                _extract(work, limits)
                made += 1
            notes = _judged(work, limits, on_bad_case)
        except ScanError as error:
            if on_bad_case != "skip":
                raise
            LOGGER.warning("skipping %s: %s", work.case, error)
            manifest[work.case] = {"skipped": str(error)}
            continue
        manifest[work.case] = {
            "slices": os.path.relpath(work.slices, folder),
            "patient": os.path.relpath(work.patient, folder),
            "notes": notes,
        }
    skipped = sum("skipped" in entry for entry in manifest.values())
    LOGGER.info("extracted %d cases, found %d already there", made, len(extractions) - made - skipped)
    return manifest


def _extract(work: Extraction, limits: Plausibility) -> None:
    """Extract a case and keep its tables."""
    with work.image.opened() as image, work.label.opened() as label:
        check_spacing(read_header(image, work.case), limits, work.case)
        features = extract_case(work.case, image, label, work.settings, work.labels)
    for path, table in ((work.slices, features.slices), (work.patient, features.patient)):
        write_table(path, table, work.stage)
    LOGGER.info("%s: %d slices", work.case, len(features.slices))


def _judged(work: Extraction, limits: Plausibility, on_bad_case: str) -> str:
    """Return what is worth a word about a case, and end with what is implausible unless it is only to be told."""
    (row,) = read_table(work.patient, "features", work.patient).to_dict(orient="records")
    found = findings(CaseMeasures.from_row({str(name): value for name, value in row.items()}), limits)
    if on_bad_case != "warn":
        refuse_implausible(found, f"case {work.case}, file {work.image}, mask {work.label}")
    if found:
        LOGGER.warning("%s: %s", work.case, as_note(found))
    return as_note(found)
