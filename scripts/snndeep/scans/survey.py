"""A first look at a user's data set, before long work.

Does every scan fit its mask, are both plausible, do the masks agree with the labels that the data set gives?
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snndeep.errors import DatasetError, ScanError
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import Case
from snndeep.scans.plausibility import ScanFinding, as_note, check_spacing, findings, refuse_implausible
from snndeep.scans.settings import Plausibility
from snndeep.volume import read_case, read_header
from snndeep.volume.measure import Areas, area_by_slice, measure_case

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surveyed:
    """What the survey found in a usable case.

    Attributes:
        diseased: Whether the mask has a lesion; where masks mark none, what the data set says.
        spacing: Along x, y, z, in mm.
        shape: Voxels along x, y, z.
        first_slice: Canonical index of the first of the slices below.
        organ_area: Of every slice from the first with organ to the last, in mm².
        lesion_area: Likewise.
        found: What is implausible or worth a word.
    """

    diseased: bool
    spacing: tuple[float, float, float]
    shape: tuple[int, int, int]
    first_slice: int
    organ_area: Areas
    lesion_area: Areas
    found: tuple[ScanFinding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, the areas apart."""
        return {
            "diseased": self.diseased,
            "spacing": list(self.spacing),
            "shape": list(self.shape),
            "slices": int(np.count_nonzero(self.organ_area)),
            "notes": as_note(self.found),
        }


def survey(
    cases: Sequence[Case],
    labels: MaskLabels,
    resegmentation: tuple[float, float] | None,
    limits: Plausibility,
    on_bad_case: str,
) -> dict[str, Surveyed]:
    """Read every scan and every mask.

    Args:
        cases: The data set.
        labels: The meaning of the masks' labels. Where they mark no lesions, the data set's labels count.
        resegmentation: Lowest and highest HU that features are taken from; None for no limits.
        limits: Of what is plausible.
        on_bad_case: `fail` ends at a case that cannot be used or is implausible, `skip` passes over it, `warn` keeps an
            implausible one.

    Returns:
        By name of a usable case.

    Raises:
        ScanError: If a scan or mask cannot be used.
        DatasetError: If a label contradicts the masks.
    """
    surveyed = {}
    for case in cases:
        try:
            surveyed[case.name] = _look_at(case, labels, resegmentation, limits, on_bad_case)
        except ScanError as error:
            if on_bad_case != "skip":
                raise
            LOGGER.warning("skipping %s: %s", case.name, error)
    if labels.lesion:
        check_labels(cases, {name: entry.diseased for name, entry in surveyed.items()})
    return surveyed


def _look_at(
    case: Case, labels: MaskLabels, resegmentation: tuple[float, float] | None, limits: Plausibility, on_bad_case: str
) -> Surveyed:
    image = case.image.nifti()
    check_spacing(read_header(image, case.name), limits, case.name)
    volume = read_case(case.name, image, case.label.nifti(), labels)
    found = findings(measure_case(volume, resegmentation), limits)
    if on_bad_case != "warn":
        refuse_implausible(found, f"case {case.name}, file {case.image}, mask {case.label}")
    if found:
        LOGGER.warning("%s: %s", case.name, as_note(found))
    organ, lesion = area_by_slice(volume)
    return Surveyed(
        diseased=bool(lesion.any()) if labels.lesion else bool(case.diseased),
        spacing=volume.spacing,
        shape=volume.shape,
        first_slice=volume.origin[2],
        organ_area=organ,
        lesion_area=lesion,
        found=tuple(found),
    )


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
