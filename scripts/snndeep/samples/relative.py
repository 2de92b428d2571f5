"""Features relative to their scan: what a slice is like compared with the other slices of the same organ.

    z = (x - mean) / deviation, over all slices of the scan that hold organ, clipped to [-6, 6]

Scanner, contrast phase and constitution shift a feature in all slices of a patient alike; z leaves that out. No label and
no other scan is looked at, so a new scan is treated as a scan of the training data was. A feature that is constant within a
scan, and every feature of a scan with few slices, is 0, which says nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from snndeep.radiomics.naming import RELATIVE

LEAST_SLICES = 5
"""Slices with a defined value that a scan needs; of fewer, mean and deviation are chance."""
LIMIT = 6.0
"""Most deviations from the mean that are told apart."""


def add_relative(slices: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return a table of slices with a further column for each feature, `relative.<feature>`.

    Args:
        slices: With the columns case, slice and the features. The result does not depend on the order of the rows.
        names: The features.
    """
    values = np.ascontiguousarray(slices[names].to_numpy(np.float64))
    relative = np.empty_like(values)
    order = np.argsort(slices["slice"].to_numpy(), kind="stable")
    cases = slices["case"].to_numpy(str)[order]
    for case in np.unique(cases):
        own = order[cases == case]
        relative[own] = relative_values(values[own])
    columns = pd.DataFrame(relative, slices.index, [RELATIVE + name for name in names])
    return pd.concat([slices, columns], axis=1)


def columns_of(names: list[str], representation: str) -> tuple[list[str], int]:
    """Return the columns that a representation selects from, and how many kinds of features these are.

    Args:
        names: The features.
        representation: none, zscore or both.
    """
    relative = [RELATIVE + name for name in names]
    kinds = {"none": [names], "zscore": [relative], "both": [names, relative]}[representation]
    return [name for kind in kinds for name in kind], len(kinds)


def relative_values(values: np.ndarray) -> np.ndarray:
    """Return the features of one scan relative to it.

    Args:
        values: `[slices, features]`, NaN or infinite where undefined.

    Returns:
        Of the same shape; NaN where undefined.
    """
    defined = np.isfinite(values)
    count = defined.sum(axis=0)
    known = np.where(defined, values, 0.0)
    mean = known.sum(axis=0) / np.maximum(count, 1)
    off = np.where(defined, values - mean, 0.0)
    deviation = np.sqrt((off**2).sum(axis=0) / np.maximum(count - 1, 1))
    # Rounding leaves a deviation to what is constant.
    told = (count >= LEAST_SLICES) & (deviation > 1e-9 * np.maximum(1.0, np.abs(mean)))
    z = np.where(told, off / np.where(told, deviation, 1.0), 0.0)
    return np.where(defined, np.clip(z, -LIMIT, LIMIT), np.nan)
