"""Reads a scan for the quality page, see `snndeep.insight.scan_quality`."""

from __future__ import annotations

import numpy as np

from snndeep.errors import ScanError
from snndeep.insight.scan_quality import PLANES, Plane, ScanQuality, histogram
from snndeep.insight.shown_slices import windowed
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import Case
from snndeep.scans.plausibility import check_spacing, findings
from snndeep.scans.settings import Plausibility
from snndeep.volume import CaseVolume, read_case, read_header
from snndeep.volume.measure import measure_case

MARGIN_MM = 15.0
LONGEST = 200
"""Most pixels of a plane along its longer side; more would not be seen."""


def look_at(
    case: Case, labels: MaskLabels, resegmentation: tuple[float, float] | None, limits: Plausibility
) -> ScanQuality:
    """Read a scan; one that cannot be used is described by its error.

    Args:
        case: The scan and its mask.
        labels: The meaning of the mask's numbers.
        resegmentation: Lowest and highest HU that features are taken from; None for no limits.
        limits: Of what is plausible.
    """
    named = {"case": case.name, "patient": case.patient}
    try:
        with case.image.opened() as image, case.label.opened() as label:
            check_spacing(read_header(image, case.name), limits, case.name)
            volume = read_case(case.name, image, label, labels, margin_mm=MARGIN_MM)
    except ScanError as error:
        return ScanQuality({**named, "error": f"{error.what} {error.found}".strip()}, {})
    measures = measure_case(volume, resegmentation)
    facts = {
        **named,
        "spacing": list(volume.spacing),
        "shape": list(volume.shape),
        "organ_ml": measures.organ_volume_ml,
        "lesion_ml": measures.lesion_volume_ml,
        "slices": measures.organ_slices,
        "median_hu": measures.median_hu,
        "iqr_hu": measures.iqr_hu,
        "histogram": histogram(volume.intensity[volume.labels > 0]).tolist(),
        "flags": [[found.kind, found.text, found.expected] for found in findings(measures, limits)],
    }
    return ScanQuality(facts, {name: plane_of(volume, name) for name in PLANES})


def plane_of(volume: CaseVolume, name: str) -> Plane:
    """Return the plane in which the organ is largest.

    The patient's front or head is at the top; the patient's right, or in the sagittal plane the front, is on the left.
    """
    axis = PLANES.index(name)
    inside = volume.labels > 0
    index = int(np.count_nonzero(inside, axis=tuple(k for k in range(3) if k != axis)).argmax())
    x, y, z = volume.spacing
    spacing = {"axial": (x, y), "coronal": (x, z), "sagittal": (y, z)}[name]
    grey, regions = (np.take(part, index, axis)[::-1, ::-1] for part in (windowed(volume.intensity), volume.labels))
    step = int(np.ceil(max(grey.shape) / LONGEST))
    return Plane(grey[::step, ::step], regions[::step, ::step], (spacing[0] * step, spacing[1] * step))
