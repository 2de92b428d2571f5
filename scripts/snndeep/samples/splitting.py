"""Splits into training, validation and test parts, under two protocols.

    patient   no patient is on two sides: what a clinic would see. The headline.
    slice     slices are dealt at random, as in the first version of the paper: neighbours of a test slice are in the
              training part, so a model can recognise the patient. Shown to measure that leakage.

Folds are stratified by class with scikit-learn. The validation part, for early stopping and thresholds, is taken from
the training side in the protocol's own unit: a share of it for one network per fold, or one of `members` equal parts for
each of several networks (cross-fitting), which together learn from the whole side and are judged on the whole side too.
"""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import StratifiedKFold

from snndeep.errors import DatasetError
from snndeep.samples.split import Split, SplitSettings, member_numbers
from snndeep.scans.cohort import check_cohort
from snndeep.seeds import derive_seed


def check_feasible(labels: np.ndarray, patients: np.ndarray, folds: int) -> None:
    """Check that the samples can be split.

    A patient is diseased if any of its samples is.

    Raises:
        DatasetError: If only one class is present, or a class has fewer patients than parts to be put on.
    """
    diseased = {p for p, label in zip(patients, labels, strict=True) if label}
    healthy = set(patients) - diseased
    check_cohort(
        len(diseased), len(healthy), folds, where="samples", remedy="Check the masks and `samples.min_lesion_area`."
    )


def make_splits(samples: np.ndarray, labels: np.ndarray, patients: np.ndarray, settings: SplitSettings) -> list[Split]:
    """Return protocols x folds x members splits.

    Args:
        samples: Sample ids `[N]`.
        labels: `[N]`, 0 healthy and 1 diseased.
        patients: Patient of each sample `[N]`.
        settings: How.

    Raises:
        DatasetError: If the samples cannot be split so.
    """
    check_feasible(labels, patients, settings.folds)
    splits = []
    for protocol in settings.protocols:
        # Both classes are balanced over folds: by patient status where patients are dealt, else by slice label.
        groups = patients if protocol == "patient" else np.asarray(samples)
        strata = _patient_status(labels, patients) if protocol == "patient" else labels
        outer = _folds(strata, groups, settings.folds, derive_seed(settings.seed, "splits", protocol))
        for fold, test in enumerate(outer):
            rest = np.setdiff1d(np.arange(labels.size), test)
            seed = derive_seed(settings.seed, "validation", protocol, fold)
            chosen = _validation_parts(strata[rest], groups[rest], settings, seed)
            for member, part in zip(member_numbers(settings.members), chosen, strict=True):
                validation = rest[part]
                parts = (tuple(sorted(samples[own])) for own in (np.setdiff1d(rest, validation), validation, test))
                splits.append(Split(protocol, fold, *parts, member=member))
                _check_classes(splits[-1], dict(zip(samples, labels, strict=True)))
                if protocol == "patient":
                    _check_patients(splits[-1], dict(zip(samples, zip(patients, strata, strict=True), strict=True)))
    return splits


def _validation_parts(strata: np.ndarray, groups: np.ndarray, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Return the validation part of every network of a fold, as indices into its training side."""
    if settings.members == 1:
        return [_part(strata, groups, settings.validation_fraction, seed)]
    fewest = min(np.unique(groups[strata == stratum]).size for stratum in np.unique(strata))
    if fewest < settings.members:
        raise DatasetError(
            "There are fewer patients or slices of a class than networks per fold.",
            where="splits.members",
            found=f"{fewest} of the rarer class on the training side, {settings.members} networks",
            expected="at least one of each class for the validation part of each network",
            remedy="Lower splits.members or splits.folds, or add patients.",
        )
    return _folds(strata, groups, settings.members, seed)


def _patient_status(labels: np.ndarray, patients: np.ndarray) -> np.ndarray:
    diseased = np.unique(patients[labels == 1])
    return np.isin(patients, diseased).astype(int)


def _folds(strata: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> list[np.ndarray]:
    """Deal groups (each of one stratum) into stratified folds and return the sample indices of each."""
    names, first = np.unique(groups, return_index=True)
    dealer = StratifiedKFold(folds, shuffle=True, random_state=seed % 2**32)
    return [np.flatnonzero(np.isin(groups, names[part])) for _, part in dealer.split(names, strata[first])]


def _part(strata: np.ndarray, groups: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Return about `fraction` of the groups of every stratum, at least one group of each."""
    rng = np.random.default_rng(seed)
    chosen = []
    for stratum in np.unique(strata):
        names = np.unique(groups[strata == stratum])
        count = min(max(1, round(fraction * names.size)), max(names.size - 1, 1))
        chosen.append(rng.permutation(names)[:count])
    return np.flatnonzero(np.isin(groups, np.concatenate(chosen)))


def _check_classes(split: Split, label_of: dict[str, int]) -> None:
    for part in ("train", "validation"):
        present = {label_of[s] for s in getattr(split, part)}
        if len(present) < 2:
            raise DatasetError(
                f"The {part} part of a split holds one class only.",
                where=split.name,
                found=f"only {'diseased' if present == {1} else 'healthy'} slices",
                expected="slices of both classes",
                remedy="Use fewer folds, another seed, a larger splits.validation_fraction, or more patients.",
            )


def _check_patients(split: Split, patient_of: dict[str, tuple[str, int]]) -> None:
    """Check that every part of a split by patient has patients of both classes."""
    for part in ("train", "validation", "test"):
        status = dict(patient_of[sample] for sample in getattr(split, part))
        if len(set(status.values())) < 2:
            raise DatasetError(
                f"The {part} part of a split has patients of one class only.",
                where=split.name,
                found=f"{len(status)} patients, all of them {'diseased' if any(status.values()) else 'healthy'}",
                expected="patients of both classes",
                remedy="Use another number of folds (splits.folds), fewer networks a fold (splits.members), or more patients.",
            )
