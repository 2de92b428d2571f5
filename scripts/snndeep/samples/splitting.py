"""Splits into training, validation and test parts, under two protocols.

    patient   no patient is on two sides: what a clinic would see. The headline.
    slice     slices are dealt at random, as in the first version of the paper: neighbours of a test slice are in the
              training part, so a model can recognise the patient. Shown to measure that leakage.

    apart     the third arm, made where both of these are: a split by slice whose training and validation parts lack the
              slices of the patients that are tested, a few patients at a time. Beside the split by slice it shows what
              recognising the patient is worth, beside the split by patient what more patients to learn from are worth.

Folds are stratified by class with scikit-learn. The validation part, for early stopping and thresholds, is taken from
the training side in the protocol's own unit: a share of it for one network per fold, or one of `members` equal parts for
each of several networks (cross-fitting), which together learn from the whole side and are judged on the whole side too. Where
a class has fewer patients (or slices) than there are networks, each network draws its own share.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import StratifiedKFold

from snndeep.errors import DatasetError
from snndeep.samples.split import APART, PROTOCOLS, Split, SplitSettings, member_numbers
from snndeep.scans.cohort import check_cohort
from snndeep.seeds import derive_seed

LEAST_GROUPS = 8
"""Of the third arm, if there are patients enough: with more groups fewer are taken out at a time, and more is trained."""
FEWEST_IN_GROUP = 3
"""Patients of a group; pairs of slices are compared within one."""


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
    label_of = dict(zip(samples, labels, strict=True))
    for protocol in settings.protocols:
        # Both classes are balanced over folds: by patient status where patients are dealt, else by slice label.
        groups = patients if protocol == "patient" else np.asarray(samples)
        strata = patient_status(labels, patients) if protocol == "patient" else labels
        for repeat in range(settings.repeats):
            names = (protocol, repeat) if repeat else (protocol,)
            outer = _folds(strata, groups, settings.folds, derive_seed(settings.seed, "splits", *names))
            for fold, test in enumerate(outer, start=repeat * settings.folds):
                rest = np.setdiff1d(np.arange(labels.size), test)
                seed = derive_seed(settings.seed, "validation", protocol, fold)
                chosen = _validation_parts(strata[rest], groups[rest], settings, seed)
                for member, part in zip(member_numbers(settings.members), chosen, strict=True):
                    validation = rest[part]
                    train = np.setdiff1d(rest, validation)
                    known, kept, tested = (tuple(sorted(samples[own])) for own in (train, validation, test))
                    splits.append(Split(protocol, fold, known, kept, tested, member=member))
                    _check_classes(splits[-1], label_of)
                    if protocol == "patient":
                        _check_patients(splits[-1], dict(zip(samples, zip(patients, strata, strict=True), strict=True)))
    return splits


def third_arm(
    splits: Sequence[Split], samples: np.ndarray, labels: np.ndarray, patients: np.ndarray, seed: int
) -> list[Split]:
    """Return, for the first network of every fold by slice, a split for each group of patients that is taken out.

    Args:
        splits: What `make_splits` returned.
        samples: Sample ids `[N]`.
        labels: `[N]`.
        patients: `[N]`.
        seed: Of the configuration.

    Returns:
        Nothing unless there are both protocols, and where too few patients are left for both classes to be learned and
        validated.
    """
    if not {split.protocol for split in splits} >= set(PROTOCOLS):
        return []
    owner, label_of = (dict(zip(samples, values, strict=True)) for values in (patients, labels))
    tested = {split.fold: sorted({owner[s] for s in split.test}) for split in splits if split.protocol == "patient"}
    diseased = set(patients[labels == 1].tolist())
    groups: list[set[str]] = []
    for fold, names in tested.items():
        # Of the first repeat: as soon as everybody is in a group, the folds begin anew.
        if not any(set(names) & group for group in groups):
            groups += _groups(names, diseased, len(tested), derive_seed(seed, "groups", fold))
    apart = []
    for split in splits:
        if split.protocol != "slice" or split.member not in (None, 0):
            continue
        for number, out in enumerate(groups):
            train, validation = (
                tuple(s for s in part if owner[s] not in out) for part in (split.train, split.validation)
            )
            test = tuple(s for s in split.test if owner[s] in out)
            if any(len({label_of[s] for s in part}) < 2 for part in (train, validation)):
                return []
            if test:
                apart.append(Split(APART, split.fold, train, validation, test, member=number))
    return apart


def _groups(names: Sequence[str], diseased: set[str], folds: int, seed: int) -> list[set[str]]:
    """Deal the patients of one fold of the split by patient into groups, the classes evenly.

    A group lies within one fold, so that all its patients are scored by one network when patients are split, too.
    """
    rng = np.random.default_rng(seed)
    classes = [[name for name in names if (name in diseased) == sick] for sick in (True, False)]
    order = [name for own in classes for name in rng.permutation(own).tolist()]
    count = max(1, min(-(-LEAST_GROUPS // folds), len(order) // FEWEST_IN_GROUP))
    return [set(order[k::count]) for k in range(count)]


def _validation_parts(strata: np.ndarray, groups: np.ndarray, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Return the validation part of every network of a fold, as indices into its training side."""
    if settings.members == 1:
        return [_part(strata, groups, settings.validation_fraction, seed)]
    fewest = min(np.unique(groups[strata == stratum]).size for stratum in np.unique(strata))
    if fewest < settings.members:
        seeds = [derive_seed(seed, "network", member) for member in range(settings.members)]
        return [_part(strata, groups, settings.validation_fraction, own) for own in seeds]
    return _folds(strata, groups, settings.members, seed)


def patient_status(labels: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """Return for every sample whether its patient has a diseased sample, `[N]`, 0 or 1."""
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
