"""From features to values in [0, 1]: scaling and selection, fitted on the training part alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import pandas as pd
from sklearn.feature_selection import f_classif
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import RobustScaler, StandardScaler

from snndeep.errors import InvalidInputError
from snndeep.radiomics.icc import correlations
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.relative import columns_of
from snndeep.samples.representation import compare_representations
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import APART, Split
from snndeep.samples.table import feature_names

SCALERS = {"standard": StandardScaler, "robust": RobustScaler}


def fit_preprocessing(
    values: np.ndarray, labels: np.ndarray, names: list[str], settings: PreprocessingSettings
) -> Preprocessing:
    """Fit scaler and selection on a training part.

    Args:
        values: Features `[N, F]`, NaN where undefined.
        labels: `[N]`.
        names: The F names.
        settings: How.

    Raises:
        InvalidInputError: If no feature varies.
    """
    values = np.where(np.isfinite(values), values, np.nan)
    defined = np.flatnonzero(np.isfinite(values).any(axis=0))
    imputer = SimpleImputer(strategy="median").fit(values[:, defined])
    filled = imputer.transform(values[:, defined])
    deviation = filled.std(axis=0)
    varying = np.flatnonzero(deviation > 1e-9 * np.maximum(1.0, np.abs(filled).max(axis=0)))
    if varying.size == 0:
        raise InvalidInputError(
            "No feature varies over the training samples.",
            where="features",
            found=f"{len(names)} constant or undefined features",
            expected="at least one that varies",
        )
    filled, columns = filled[:, varying], defined[varying]
    fill = imputer.statistics_[varying]
    scaler = SCALERS[settings.scaler]().fit(filled)
    centre = scaler.mean_ if settings.scaler == "standard" else scaler.center_
    z = (filled - centre) / scaler.scale_
    strength = np.nan_to_num(f_classif(z, labels)[0], nan=0.0, posinf=np.finfo(float).max)
    keep = _strongest(z, strength, settings)
    return Preprocessing(
        tuple(names[columns[k]] for k in keep), fill[keep], centre[keep].copy(), scaler.scale_[keep].copy()
    )


def fit_splits(
    table: pd.DataFrame,
    splits: Sequence[Split],
    apart: Sequence[Split],
    settings: PreprocessingSettings,
    seed: int,
    measured: pd.DataFrame | None = None,
) -> dict[str, Preprocessing]:
    """Fit scaler and selection on the training part of every split, by name of the split.

    Where the training parts choose the representation, the networks of a fold choose together, by the mean of what each
    reached inside its own training part: the differences are small, and a fold's networks are averaged. A split of the
    third arm keeps the representation of the fold by slice that it was made from.

    Args:
        table: Samples with features.
        splits: The splits.
        apart: The splits of the third arm.
        settings: How.
        seed: Of the configuration.
        measured: See `fit_split`.
    """
    fitted = {split.name: fit_split(table, split, settings, seed, measured) for split in splits}
    chosen: dict[tuple[str, int], str] = {}
    for fold, members in groupby(splits, key=lambda split: (split.protocol, split.fold)):
        names = [split.name for split in members]
        chosen[fold] = _chosen([fitted[name] for name in names])
    for split in [*splits, *apart]:
        own = chosen["slice" if split.protocol == APART else split.protocol, split.fold]
        known = fitted.get(split.name)
        if known is None or known.representation != own:
            anew = fit_split(table, split, replace(settings, within_patient=own), seed, measured)
            fitted[split.name] = replace(anew, compared=known.compared if known else {})
    return fitted


def _chosen(fitted: Sequence[Preprocessing]) -> str:
    """Return the representation that the networks of a fold take."""
    compared = [own.compared for own in fitted if own.compared]
    if not compared:
        return fitted[0].representation
    return max(compared[0], key=lambda name: sum(own[name] for own in compared))


def fit_split(
    table: pd.DataFrame,
    split: Split,
    settings: PreprocessingSettings,
    seed: int = 0,
    measured: pd.DataFrame | None = None,
) -> Preprocessing:
    """Fit scaler and selection on the training part of a split; no other row of the table is looked at.

    Args:
        table: Samples with features.
        split: The split.
        settings: How.
        seed: Of the configuration, for the parts of the inner cross-validation.
        measured: Repeated measurements of cases, for `settings.min_icc`; those of other cases are not looked at.
    """
    rows, names = table[table["sample"].isin(split.train)], feature_names(table)
    if measured is not None:
        stable = stable_features(measured[measured["case"].isin(rows["case"].unique())], settings.min_icc)
        names = [name for name in names if name in stable]

    def fit(part: pd.DataFrame, representation: str) -> Preprocessing:
        columns, kinds = columns_of(names, representation)
        wanted = replace(settings, features=kinds * settings.features)
        fitted = fit_preprocessing(part[columns].to_numpy(np.float64), part["label"].to_numpy(), columns, wanted)
        return replace(fitted, representation=representation)

    if settings.within_patient != "auto":
        return fit(rows, settings.within_patient)
    compared = compare_representations(rows, fit, split, seed)
    return replace(fit(rows, max(compared, key=compared.__getitem__)), compared=compared)


def stable_features(measured: pd.DataFrame, least: float) -> set[str]:
    """Return the features whose ICC(1,1) over the cases of repeated measurements is at least a value.

    Raises:
        InvalidInputError: If there are fewer than two cases, or no feature is stable.
    """
    table = correlations(measured)
    stable = set(table.loc[table["icc_1_1"] >= least, "feature"].tolist())
    if not stable:
        raise InvalidInputError(
            "No feature is as stable as asked for.",
            where="preprocessing.min_icc",
            found=f"{measured['case'].nunique()} measured training cases, no feature of {len(table)} with an ICC of {least:g}",
            expected="two training cases at least, and a stable feature",
            remedy="Measure more cases with scripts/stability.py, or lower preprocessing.min_icc.",
        )
    return stable


def _strongest(z: np.ndarray, strength: np.ndarray, settings: PreprocessingSettings) -> np.ndarray:
    """Go through features by falling strength, leaving out those too alike to one already kept."""
    correlation = np.abs(np.corrcoef(z, rowvar=False)).reshape(z.shape[1], z.shape[1])
    kept: list[int] = []
    for k in np.argsort(-strength, kind="stable"):
        if len(kept) == settings.features:
            break
        if not kept or correlation[k, kept].max() <= settings.max_correlation:
            kept.append(int(k))
    return np.array(kept)
