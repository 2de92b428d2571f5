"""What the features are worth before any model sees them: missing, constant, redundant, or area in disguise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from snndeep.radiomics.naming import RELATIVE, column_name
from snndeep.samples.table import feature_names


def feature_quality(table: pd.DataFrame, selections: Sequence[Sequence[str]], max_correlation: float) -> pd.DataFrame:
    """Return one row per feature of a table of samples.

    Args:
        table: Samples with `organ_area_mm2` and features.
        selections: The features that each split selected.
        max_correlation: From here on a feature counts as redundant.

    Returns:
        Columns feature, name (in full), unit, missing (samples), constant, area_correlation (Spearman, NaN if constant),
        redundant (with a feature before it in the table), selected (number of splits, as it is or relative to the scan).
    """
    names = feature_names(table)
    values = table[names].astype(float).replace([np.inf, -np.inf], np.nan)
    constant = values.nunique(dropna=True) <= 1
    ranks = values.rank()
    area = ranks.loc[:, ~constant].corrwith(table["organ_area_mm2"].rank())
    correlation = values.loc[:, ~constant].corr().abs().to_numpy()
    earlier = np.tril(np.nan_to_num(correlation), k=-1).max(axis=1, initial=0.0)
    redundant = pd.Series(earlier > max_correlation, index=values.columns[~constant])
    chosen = [name for own in selections for name in {feature.removeprefix(RELATIVE) for feature in own}]
    return pd.DataFrame(
        {
            "feature": names,
            "name": [column_name(name).title for name in names],
            "unit": [column_name(name).unit for name in names],
            "missing": values.isna().sum().to_numpy(),
            "constant": constant.to_numpy(),
            "area_correlation": area.reindex(names).to_numpy(),
            "redundant": redundant.reindex(names, fill_value=False).to_numpy(),
            "selected": [chosen.count(name) for name in names],
        }
    )


def duplicate_cases(table: pd.DataFrame) -> list[list[str]]:
    """Return groups of scans that are the same: equal areas and features in every slice, bit by bit.

    Two copies of a file give equal features, and so do two encodings of the same voxels, which no digest of bytes finds.

    Args:
        table: Samples with `case`, areas and features, in the order of slices.

    Returns:
        Groups of two cases or more, in order.
    """
    values = table[["organ_area_mm2", *feature_names(table)]].to_numpy(np.float64)
    by_content: dict[bytes, list[str]] = {}
    for case, rows in table.groupby("case").indices.items():
        by_content.setdefault(values[rows].tobytes(), []).append(str(case))
    return [cases for cases in by_content.values() if len(cases) > 1]
