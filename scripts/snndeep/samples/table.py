"""Samples: one labelled slice each, with its features.

    diseased   at least `min_lesion_area` of lesion
    healthy    none at all
    left out   in between

Where masks mark no lesions, every slice carries the label of its patient. These labels are weak: most slices of a
diseased patient may look healthy, so that metrics of slices say little and those of patients count.

The region that features are taken from is organ or lesion, everywhere: a region that leaves the lesion out would give
the answer away. Area, spacing and slice number are kept for the data page and are never features.

Beside each feature is the same relative to its scan, see `snndeep.samples.relative`. It is taken over all slices with organ,
before any is left out, so that it does not depend on lesions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from snndeep.errors import DatasetError
from snndeep.radiomics.naming import RELATIVE
from snndeep.samples.relative import add_relative
from snndeep.samples.settings import SampleSettings

EXTRA = "table."
"""How columns of the table of cases begin that the user's own table has."""

BOOKKEEPING = ("sample", "patient", "case", "slice", "label", "organ_area_mm2", "lesion_area_mm2")


@dataclass(frozen=True)
class Cohort:
    """Who was scanned.

    Attributes:
        patients: By case, whose scan it is.
        diseased: By patient, the label that the data set gives, if any.
        weak: Whether the masks mark no lesions, so that slices take the label of their patient.
        extra: By case, what else the data set says of it, by column.
    """

    patients: Mapping[str, str]
    diseased: Mapping[str, bool | None]
    weak: bool
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def columns(self, cases: Sequence[str]) -> dict[str, list[str]]:
        """Return what else the data set says of cases, `table.<column>` by column; empty where it says nothing."""
        names = list(dict.fromkeys(name for own in self.extra.values() for name in own))
        return {f"{EXTRA}{name}": [self.extra.get(case, {}).get(name, "") for case in cases] for name in names}


def assemble(slices: pd.DataFrame, cohort: Cohort, settings: SampleSettings) -> pd.DataFrame:
    """Return the table of samples: bookkeeping columns, features, and these relative to the scan; by case and slice.

    Args:
        slices: Columns case, slice, organ_area_mm2, lesion_area_mm2 and features.
        cohort: Who was scanned.
        settings: What counts as diseased.

    Raises:
        DatasetError: If no slice is left.
    """
    slices = add_relative(slices, feature_names(slices))
    lesion = slices["lesion_area_mm2"].to_numpy()
    kept = slices[(lesion == 0) | (lesion >= settings.min_lesion_area)]
    if kept.empty:
        raise DatasetError(
            "The data set has no usable slice.",
            where="samples",
            found=f"{len(slices)} slices with organ",
            expected="slices without lesion or with enough of it",
            remedy="Lower features.min_organ_area or samples.min_lesion_area.",
        )
    patient = kept["case"].map(cohort.patients)
    label = patient.map(cohort.diseased) if cohort.weak else kept["lesion_area_mm2"] > 0
    sample = kept["case"].astype(str) + ":" + kept["slice"].map("{:04d}".format)
    table = kept.assign(sample=sample, patient=patient, label=label.astype(np.int64))
    features = [name for name in table.columns if name not in BOOKKEEPING]
    samples: pd.DataFrame = table[[*BOOKKEEPING, *features]].sort_values("sample", ignore_index=True)
    return samples


def feature_names(table: pd.DataFrame) -> list[str]:
    """Return the names of the feature columns of a table of samples, without those that are relative to the scan."""
    return [name for name in table.columns if name not in BOOKKEEPING and not name.startswith(RELATIVE)]
