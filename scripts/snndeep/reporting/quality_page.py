"""The quality page of a data set: a card for each scan, to be looked at before any training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snndeep.insight.scan_quality import ScanQuality
from snndeep.insight.shown_slices import WINDOW_HU
from snndeep.reporting.formats import count, decimal, quantity
from snndeep.reporting.scan_images import outlined
from snndeep.reporting.templates import data_url, environment

HEIGHT = 150
"""Height of a plane, in pixels."""

MOST_WIDTH = 260
HISTOGRAM_SIZE = (200, 56)
ORDERS = {
    "flags": "flags, most first",
    "case": "name",
    "organ": "organ volume",
    "lesion": "lesion volume",
    "median": "median HU",
    "thickness": "slice thickness",
}
"""What cards can be sorted by, and how the page calls it."""


@dataclass(frozen=True)
class QualityCard:
    """A scan on the page.

    Attributes:
        case: Name of the scan.
        patient: Its patient, empty if that is the name of the scan.
        error: Why the scan cannot be used; empty if it can.
        flags: What the intake checks say: text, and the limit that it breaks or an empty text.
        facts: Its sizes in words, by what they are.
        planes: Pictures as data URLs with their widths, by name.
        bars: The histogram: x, y, width and height of each bar in pixels.
        order: By key of `ORDERS`, what the card is sorted by.
    """

    case: str
    patient: str
    error: str
    flags: tuple[tuple[str, str], ...]
    facts: Mapping[str, str]
    planes: Mapping[str, tuple[str, int]]
    bars: tuple[tuple[float, float, float, float], ...]
    order: Mapping[str, float | str]


def quality_page(run: str, scans: Sequence[ScanQuality]) -> str:
    """Return the page as HTML.

    Args:
        run: Name of the run.
        scans: All scans.
    """
    cards = sorted((quality_card(scan) for scan in scans), key=lambda card: (-float(card.order["flags"]), card.case))
    return (
        environment()
        .get_template("quality.html.jinja")
        .render(run=run, cards=cards, orders=ORDERS, summary=summary(scans), size=HISTOGRAM_SIZE, window=WINDOW_HU)
    )


def summary(scans: Sequence[ScanQuality]) -> str:
    """Return how many scans there are, how many cannot be used, and how many have flags, in a sentence."""
    bad = sum("error" in scan.facts for scan in scans)
    broken = sum(any(expected for *_, expected in scan.facts.get("flags", ())) for scan in scans)
    noted = sum(bool(scan.facts.get("flags")) for scan in scans) - broken
    return (
        f"{count(len(scans))} scans: {count(bad)} cannot be used, {count(broken)} are implausible by the limits of "
        f"dataset.plausibility, {count(noted)} others have a note."
    )


def quality_card(scan: ScanQuality) -> QualityCard:
    """Return a scan as the page shows it."""
    facts = scan.facts
    patient = "" if facts["patient"] == facts["case"] else str(facts["patient"])
    if "error" in facts:
        order: dict[str, float | str] = {"case": facts["case"], "flags": 1e6}
        return QualityCard(facts["case"], patient, facts["error"], (), {}, {}, (), order)
    # A limit that is broken counts more than a note.
    severity = sum(100 if expected else 1 for *_, expected in facts["flags"])
    return QualityCard(
        case=facts["case"],
        patient=patient,
        error="",
        flags=tuple((text, expected) for _, text, expected in facts["flags"]),
        facts=_words(facts),
        planes={name: _picture(scan, name) for name in scan.planes},
        bars=_bars(np.array(facts["histogram"])),
        order={
            "case": facts["case"],
            "flags": float(severity),
            "organ": facts["organ_ml"],
            "lesion": facts["lesion_ml"],
            "median": facts["median_hu"],
            "thickness": facts["spacing"][2],
        },
    )


def _words(facts: Mapping[str, Any]) -> dict[str, str]:
    times = " \N{MULTIPLICATION SIGN} "
    return {
        "organ": f"{count(facts['organ_ml'])} ml",
        "lesion": f"{quantity(facts['lesion_ml'])} ml",
        "HU": f"{count(facts['median_hu'])} (interquartile range {count(facts['iqr_hu'])})",
        "spacing": f"{times.join(decimal(value, 2) for value in facts['spacing'])} mm",
        "voxels": times.join(str(value) for value in facts["shape"]),
        "slices": count(facts["slices"]),
    }


def _picture(scan: ScanQuality, name: str) -> tuple[str, int]:
    plane = scan.planes[name]
    rows, columns = plane.grey.shape
    width = max(1, min(MOST_WIDTH, round(HEIGHT * columns * plane.spacing[0] / (rows * plane.spacing[1]))))
    return data_url("image/png", outlined(plane.grey, plane.regions, plane.spacing, width)), width


def _bars(shares: np.ndarray) -> tuple[tuple[float, float, float, float], ...]:
    width, height = HISTOGRAM_SIZE
    step, top = width / shares.size, max(float(shares.max()), 1e-9)
    return tuple(
        (
            round(k * step, 1),
            round(height - height * share / top, 1),
            round(0.9 * step, 1),
            round(height * share / top, 1),
        )
        for k, share in enumerate(shares.tolist())
    )
