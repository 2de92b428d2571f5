"""Whether a scan is a CT of the organ in HU and its mask a mask of it. The survey, the extraction and predictions ask here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snndeep.scans.settings import Plausibility
from snndeep.volume.errors import ImplausibleScanError, location
from snndeep.volume.geometry import sizes
from snndeep.volume.header import ScanHeader
from snndeep.volume.measure import CaseMeasures

OPEN_HOLES_SHARE = 0.1
"""Vessels and fissures that the organ surrounds in some slices take less of it than this; a left-out tumour may take more."""


@dataclass(frozen=True)
class ScanFinding:
    """Something that was found in a case.

    Attributes:
        kind: What it is about, such as `HU`, `labels`, `holes`, `cut`.
        text: A sentence without its full stop.
        expected: The limit that it breaks and the key of the configuration; empty where it is worth a word alone.
    """

    kind: str
    text: str
    expected: str = ""


def check_spacing(header: ScanHeader, limits: Plausibility, case: str) -> None:
    """Check the spacing of a scan before memory is asked for.

    Raises:
        ImplausibleScanError: If it is outside the limits.
    """
    low, high = limits.spacing
    if not all(low <= length <= high for length in header.spacing):
        raise ImplausibleScanError(
            "The voxel spacing is not that of a CT.",
            where=location(case, header.path),
            found=f"{sizes(header.spacing)} mm, by the unit that the header names",
            expected=f"{low:g} to {high:g} mm (dataset.plausibility.spacing)",
            remedy="Write the scan again with the spacing of its DICOM series and the right unit.",
        )


def findings(measures: CaseMeasures, limits: Plausibility) -> list[ScanFinding]:
    """Return what is implausible about a case, then what is worth a word."""
    return [*_problems(measures, limits), *_notes(measures)]


def _problems(measures: CaseMeasures, limits: Plausibility) -> list[ScanFinding]:
    def outside(value: float, low: float, high: float) -> bool:
        return not low <= value <= high

    (ml_low, ml_high), (hu_low, hu_high) = limits.organ_volume, limits.median_hu
    lesion_share = measures.lesion_volume_ml / measures.organ_volume_ml
    judged = [
        (
            outside(measures.median_hu, hu_low, hu_high),
            "HU",
            f"the median of the organ is {measures.median_hu:.4g} HU",
            f"median_hu {hu_low:g} to {hu_high:g}",
        ),
        (
            measures.iqr_hu < limits.least_iqr_hu,
            "HU",
            f"half of the organ lies within {measures.iqr_hu:.2g} HU",
            f"least_iqr_hu {limits.least_iqr_hu:g}",
        ),
        (
            measures.in_range_share < limits.in_range_share,
            "HU",
            f"{_percent(measures.in_range_share)} of the organ lie within features.resegmentation",
            f"in_range_share {limits.in_range_share:g}",
        ),
        (
            measures.padding_share > limits.padding_share,
            "HU",
            f"{_percent(measures.padding_share)} of the organ are padding, below -1100 HU",
            f"padding_share {limits.padding_share:g}",
        ),
        (
            measures.lowest_hu > limits.air_hu,
            "HU",
            f"the lowest value of the scan is {measures.lowest_hu:.4g} HU: there is no air",
            f"air_hu {limits.air_hu:g}",
        ),
        (
            measures.lowest_around_hu > limits.fat_hu,
            "HU",
            f"the lowest value around the organ is {measures.lowest_around_hu:.4g} HU: there is no fat",
            f"fat_hu {limits.fat_hu:g}",
        ),
        (
            measures.highest_hu > limits.highest_hu,
            "HU",
            f"the highest value of the scan is {measures.highest_hu:.6g} HU",
            f"highest_hu {limits.highest_hu:g}",
        ),
        (
            outside(measures.organ_volume_ml, ml_low, ml_high),
            "labels",
            f"the organ has {measures.organ_volume_ml:.4g} ml",
            f"organ_volume {ml_low:g} to {ml_high:g}",
        ),
        (
            lesion_share > limits.lesion_share,
            "labels",
            f"{_percent(lesion_share)} of the organ are lesion",
            f"lesion_share {limits.lesion_share:g}",
        ),
        (
            measures.scan_share > limits.scan_share,
            "labels",
            f"{_percent(measures.scan_share)} of the scan are organ",
            f"scan_share {limits.scan_share:g}",
        ),
    ]
    return [ScanFinding(kind, text, expected) for broken, kind, text, expected in judged if broken]


def _notes(measures: CaseMeasures) -> list[ScanFinding]:
    notes = []
    if measures.cut:
        notes.append(ScanFinding("cut", f"the scan ends inside the organ: {measures.cut}"))
    if measures.mask_ends:
        notes.append(ScanFinding("cut", f"the mask ends although the organ seems to continue: {measures.mask_ends}"))
    if measures.holes:
        number = "1 hole" if measures.holes == 1 else f"{measures.holes} holes"
        notes.append(ScanFinding("holes", f"the mask has {number} that the organ encloses, {measures.holes_ml:.3g} ml"))
    if measures.open_holes_ml >= OPEN_HOLES_SHARE * measures.organ_volume_ml:
        text = f"the organ surrounds {measures.open_holes_ml:.3g} ml that its mask leaves out: open above or below, not filled"
        notes.append(ScanFinding("open holes", text))
    if measures.gaps:
        notes.append(ScanFinding("gaps", f"the mask skips {measures.gaps} slices between its first and its last"))
    if measures.slices_outside:
        text = f"{measures.slices_outside} of {measures.organ_slices} slices lie mostly outside features.resegmentation"
        notes.append(ScanFinding("slices", text))
    return notes


def refuse_implausible(found: Sequence[ScanFinding], where: str) -> None:
    """End with what is implausible, if anything is.

    Raises:
        ImplausibleScanError: If a finding breaks a limit.
    """
    broken = [finding for finding in found if finding.expected]
    if broken:
        raise ImplausibleScanError(
            "The scan or its mask is not plausible.",
            where=where,
            found="; ".join(finding.text for finding in broken),
            expected=f"{'; '.join(finding.expected for finding in broken)} (dataset.plausibility)",
            remedy=" ".join(_REMEDIES[kind] for kind in dict.fromkeys(finding.kind for finding in broken))
            + " If it is right all the same, widen the limit, or let dataset.on_bad_case warn.",
        )


_REMEDIES = {
    "HU": "Check that the image is a CT in HU: not scaled, shifted, unsigned or of another modality.",
    "labels": "Check dataset.labels against the mask: which label is background, organ and lesion.",
}


def as_note(found: Sequence[ScanFinding]) -> str:
    """Return all findings as one line for a table."""
    return "; ".join(finding.text for finding in found)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
