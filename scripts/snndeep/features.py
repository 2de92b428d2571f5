"""Features of a batch of cases, each kept under its own address.

A batch is only a way to start fewer processes. What is kept is one pair of tables per case, at the case's own address:
when one scan of a batch is replaced, the others are found where they are and only that scan is extracted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from snndeep.errors import DamagedFileError
from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.settings import FeatureSettings
from snndeep.storage import check, read_json, read_table, record_provenance, write_table

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Extraction:
    """One case to extract.

    Attributes:
        case: Name of the case.
        image: The CT.
        label: The mask.
        slices: Where the table of slices belongs.
        patient: Where the table of one row for the patient belongs.
        provenance: Of the two tables.
    """

    case: str
    image: Path
    label: Path
    slices: Path
    patient: Path
    provenance: Mapping[str, Any]


def extract_batch(extractions: Sequence[Extraction], settings: FeatureSettings) -> dict[str, dict[str, str]]:
    """Extract the cases that are not there yet and return where the tables of all stand, by case."""
    made = 0
    for work in extractions:
        if not (_intact(work.slices) and _intact(work.patient)):
            features = extract_case(work.case, work.image, work.label, settings)
            for path, table in ((work.slices, features.slices), (work.patient, features.patient)):
                write_table(path, table)
                record_provenance(path, work.provenance)
            made += 1
            LOGGER.info("%s: %d slices", work.case, len(features.slices))
    LOGGER.info("extracted %d cases, found %d already there", made, len(extractions) - made)
    return {work.case: {"slices": str(work.slices), "patient": str(work.patient)} for work in extractions}


def _intact(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        check(path)
    except DamagedFileError as error:
        LOGGER.warning("extracting again: %s", error)
        return False
    return True


def read_batches(manifests: Sequence[Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the slices and the patients of all batches, one table each, in the order of the batches."""
    slices, patients = [], []
    for manifest in manifests:
        for tables in read_json(manifest).values():
            slices.append(read_table(Path(tables["slices"])))
            patients.append(read_table(Path(tables["patient"])))
    return pd.concat(slices, ignore_index=True), pd.concat(patients, ignore_index=True)
