"""Intraclass correlation: how much of a feature's variance lies between cases rather than between repeated measurements."""

from __future__ import annotations

import numpy as np
import pandas as pd


def intraclass_correlations(values: np.ndarray) -> tuple[float, float]:
    """Return ICC(1,1) and ICC(3,1) of repeated measurements (Shrout and Fleiss, 1979).

    With n cases, k measurements of each, MSB, MSW the mean squares between and within cases and MSE that of the residual
    after cases and measurements: ICC(1,1) = (MSB - MSW) / (MSB + (k - 1) MSW) is agreement with one-way random effects,
    ICC(3,1) = (MSB - MSE) / (MSB + (k - 1) MSE) is consistency with the measurements as fixed effects. A case with a value
    that is not finite is left out.

    Args:
        values: [n, k].

    Returns:
        Both, NaN with fewer than two cases or measurements or if nothing varies.
    """
    finite = values[np.isfinite(values).all(axis=1)].astype(np.float64)
    n, k = finite.shape
    if n < 2 or k < 2:
        return float("nan"), float("nan")
    # Centred, since a large mean would leave no digits for the differences.
    centred = finite - finite.mean()
    cases, measurements = centred.mean(axis=1), centred.mean(axis=0)
    between = k * (cases**2).sum() / (n - 1)
    within = ((centred - cases[:, None]) ** 2).sum() / (n * (k - 1))
    residual = ((centred - cases[:, None] - measurements) ** 2).sum() / ((n - 1) * (k - 1))
    return _share(between, within, k), _share(between, residual, k)


def _share(between: float, error: float, k: int) -> float:
    denominator = between + (k - 1) * error
    return float((between - error) / denominator) if denominator > 0 else float("nan")


def feature_names(table: pd.DataFrame) -> list[str]:
    """Return the columns that hold features."""
    return [name for name in map(str, table.columns) if "." in name]


def correlations(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the intraclass correlations of features.

    Args:
        measured: One row per case and measurement: case, measurement, then features.

    Returns:
        One row per feature: feature, icc_1_1, icc_3_1, cases (those with finite values).
    """
    rows = []
    for name in feature_names(measured):
        values = measured.pivot(index="case", columns="measurement", values=name).to_numpy(np.float64)
        first, third = intraclass_correlations(values)
        cases = int(np.isfinite(values).all(axis=1).sum())
        rows.append({"feature": name, "icc_1_1": first, "icc_3_1": third, "cases": cases})
    return pd.DataFrame(rows)
