"""The tables of features of all cases, as the jobs of their batches left them, and the samples made from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from snndeep.errors import DatasetError
from snndeep.samples.duplicates import check_no_duplicates
from snndeep.samples.settings import SampleSettings
from snndeep.samples.table import Cohort, assemble
from snndeep.store.files import read_json
from snndeep.store.tables import read_table


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
                row = read_table(manifest.parent / entry["patient"], "features", manifest)
                cases.append(row.assign(case=case, notes=entry["notes"]))
    if not slices:
        raise DatasetError(
            "No case of the data set can be used.", where="dataset", found=f"{len(skipped)} skipped cases, none left"
        )
    return pd.concat(slices, ignore_index=True), pd.concat(cases, ignore_index=True), skipped


def read_samples(
    manifests: Sequence[Path], cohort: Cohort, settings: SampleSettings
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Return the table of samples and the table of cases of a data set, and why cases were skipped, by case.

    Args:
        manifests: Of all batches.
        cohort: Who was scanned.
        settings: What counts as diseased.

    Raises:
        DatasetError: If no slice is left, or a scan is there twice.
    """
    slices, cases, skipped = read_batches(manifests)
    samples = assemble(slices, cohort, settings)
    cases.insert(0, "patient", cases["case"].map(cohort.patients))
    cases = cases.assign(**cohort.columns(list(cases["case"])))
    check_no_duplicates(cases, samples)
    return samples, cases, skipped
