"""Whether a surveyed cohort can be split as the configuration asks, before any feature is extracted.

The slices of the survey get the labels that their features would get, and every split is made, with the seed of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from snndeep.errors import DatasetError
from snndeep.samples.settings import SampleSettings
from snndeep.samples.split import SplitSettings
from snndeep.samples.splitting import make_splits
from snndeep.samples.table import Cohort, assemble
from snndeep.scans.survey import Surveyed

TRIED_FOLDS = range(2, 11)


def check_splits(
    surveyed: Mapping[str, Surveyed],
    cohort: Cohort,
    least_organ_area: float,
    samples: SampleSettings,
    splits: SplitSettings,
) -> None:
    """Make every split of a surveyed data set.

    Args:
        surveyed: By name of a usable case.
        cohort: Who was scanned.
        least_organ_area: Slices with less organ than this, in mm², are not samples.
        samples: What counts as diseased.
        splits: How to split.

    Raises:
        DatasetError: If a part of a split would be empty or hold one class only; it says which splits can be made.
    """
    table = assemble(_slices(surveyed, least_organ_area), cohort, samples)
    try:
        _try(table, splits)
    except DatasetError as error:
        raise DatasetError(
            error.what, where=error.where, found=error.found, expected=error.expected, remedy=_advice(table, splits)
        ) from error


def _slices(surveyed: Mapping[str, Surveyed], least_organ_area: float) -> pd.DataFrame:
    rows = [
        pd.DataFrame(
            {
                "case": name,
                "slice": entry.first_slice + np.arange(entry.organ_area.size),
                "organ_area_mm2": entry.organ_area,
                "lesion_area_mm2": entry.lesion_area,
            }
        )
        for name, entry in surveyed.items()
    ]
    if not rows:
        raise DatasetError(
            "No case of the data set can be used.", where="dataset", found="every case was left out", expected="cases"
        )
    table = pd.concat(rows, ignore_index=True)
    return table[table["organ_area_mm2"] >= least_organ_area]


def _try(table: pd.DataFrame, splits: SplitSettings) -> None:
    make_splits(table["sample"].to_numpy(str), table["label"].to_numpy(), table["patient"].to_numpy(str), splits)


def _advice(table: pd.DataFrame, splits: SplitSettings) -> str:
    """Return which number of folds and networks can be split, nearest to what was asked for, or what is missing."""
    folds = sorted(TRIED_FOLDS, key=lambda number: (abs(number - splits.folds), number))
    for other in _settings(splits, folds):
        try:
            _try(table, other)
        except DatasetError:
            continue
        members = f", members: {other.members}" if other.members != splits.members else ""
        return f"With these scans splits={{folds: {other.folds}{members}}} works; more patients of the rarer class are better."
    diseased = table.groupby("patient")["label"].max()
    return (
        f"No number of folds works with {int(diseased.sum())} diseased and {int((diseased == 0).sum())} healthy patients: "
        "add patients, at least 3 of each class for 3 folds or 4 of each for 2, or check dataset.labels."
    )


def _settings(splits: SplitSettings, folds: Sequence[int]) -> list[SplitSettings]:
    kept = [replace(splits, folds=number) for number in folds]
    return kept if splits.members == 1 else [*kept, *(replace(own, members=1) for own in kept)]
