"""A first look at a user's data set, before long work: does every scan fit its mask, and are both classes there?"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from snndeep.cohort import check_cohort
from snndeep.errors import ScanError
from snndeep.labels import MaskLabels
from snndeep.volume import read_header
from snndeep.volume.reader import read_labels

LOGGER = logging.getLogger(__name__)


def survey(
    cases: Mapping[str, Sequence[str]], labels: MaskLabels, folds: int, skip_bad: bool
) -> dict[str, dict[str, Any]]:
    """Read every header and every mask.

    Args:
        cases: By case name, the paths of image and label.
        labels: The meaning of the masks' numbers.
        folds: Number of test folds.
        skip_bad: Pass over cases that cannot be used instead of ending.

    Returns:
        By name of a usable case: diseased, spacing in mm, shape.

    Raises:
        ScanError: If a scan or mask cannot be used.
        DatasetError: If one class is missing or has fewer patients than folds.
    """
    found = {}
    for name, (image, label) in cases.items():
        try:
            header = read_header(Path(image), name)
            mask, _ = read_labels(read_header(Path(label), name), labels.known, name)
        except ScanError as error:
            if not skip_bad:
                raise
            LOGGER.warning("skipping %s: %s", name, error)
            continue
        found[name] = {
            "diseased": bool(np.isin(mask, labels.lesion).any()),
            "spacing": [float(v) for v in header.spacing],
            "shape": [int(v) for v in header.shape],
        }
    diseased = sum(entry["diseased"] for entry in found.values())
    check_cohort(
        diseased,
        len(found) - diseased,
        folds,
        where="dataset.path",
        remedy="Check dataset.labels against the masks.",
    )
    return found
