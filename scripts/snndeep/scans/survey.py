"""A first look at a user's data set, before long work.

Does every scan fit its mask, do the masks agree with the labels that the data set gives, and are both classes there?
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from snndeep.errors import DatasetError, ScanError
from snndeep.labels import MaskLabels
from snndeep.scans.cohort import check_cohort
from snndeep.scans.converted import nifti_of
from snndeep.scans.dataset import Case
from snndeep.volume import read_header
from snndeep.volume.case import check_same_grid
from snndeep.volume.reader import read_labels

LOGGER = logging.getLogger(__name__)


def survey(cases: Sequence[Case], labels: MaskLabels, folds: int, skip_bad: bool) -> dict[str, dict[str, Any]]:
    """Read every header and every mask.

    Args:
        cases: The data set.
        labels: The meaning of the masks' numbers. Where they mark no lesions, the data set's labels count.
        folds: Number of test folds.
        skip_bad: Pass over cases that cannot be used instead of ending.

    Returns:
        By name of a usable case: diseased, spacing in mm, shape.

    Raises:
        ScanError: If a scan or mask cannot be used.
        DatasetError: If one class is missing or has fewer patients than folds, or a label contradicts the masks.
    """
    found = {}
    for case in cases:
        try:
            found[case.name] = _look_at(case, labels)
        except ScanError as error:
            if not skip_bad:
                raise
            LOGGER.warning("skipping %s: %s", case.name, error)
    if labels.lesion:
        check_labels(cases, {name: entry["diseased"] for name, entry in found.items()})
    patients = {case.patient for case in cases if case.name in found}
    diseased = {case.patient for case in cases if case.name in found and found[case.name]["diseased"]}
    check_cohort(
        len(diseased),
        len(patients - diseased),
        folds,
        where="dataset.path",
        remedy="Check dataset.labels against the masks." if labels.lesion else "Check the label column.",
    )
    return found


def _look_at(case: Case, labels: MaskLabels) -> dict[str, Any]:
    image, label = nifti_of(case.image), nifti_of(case.label)
    header, mask_header = read_header(image, case.name), read_header(label, case.name)
    check_same_grid(header, mask_header, case.name)
    mask, _ = read_labels(mask_header, labels.known, case.name)
    return {
        "diseased": bool(np.isin(mask, labels.lesion).any()) if labels.lesion else bool(case.diseased),
        "spacing": [float(v) for v in header.spacing],
        "shape": [int(v) for v in header.shape],
    }


def check_labels(cases: Sequence[Case], lesions: Mapping[str, bool]) -> None:
    """Check that the labels which a data set gives its patients agree with the lesions in their masks.

    Args:
        cases: The data set.
        lesions: By name of a usable case, whether its mask holds a lesion.

    Raises:
        DatasetError: If a healthy patient has a lesion, or a diseased one has none in any scan.
    """
    scans: dict[str, list[Case]] = {}
    for case in cases:
        scans.setdefault(case.patient, []).append(case)
    for patient, own in scans.items():
        marked = [case for case in own if lesions.get(case.name)]
        if own[0].diseased is False and marked:
            raise _contradiction(marked[0], f"patient {patient} is labelled healthy, but {marked[0].label} has lesions")
        # A scan that was passed over may be the one with the lesion.
        if own[0].diseased and not marked and all(case.name in lesions for case in own):
            masks = ", ".join(str(case.label) for case in own)
            raise _contradiction(own[0], f"patient {patient} is labelled diseased, but without a lesion in {masks}")


def _contradiction(case: Case, found: str) -> DatasetError:
    return DatasetError(
        "A label contradicts the mask.",
        where=case.listed,
        found=found,
        expected="labels that agree with the lesions in the masks",
        remedy="Correct the row or the mask. Where masks mark the organ alone: dataset={labels: {lesion: []}}.",
    )
