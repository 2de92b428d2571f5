"""The map of patients: every patient by its score, with a link to its slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from snndeep.insight.shown_slices import SlicePicture
from snndeep.reporting.figures.drawn import judged_by
from snndeep.reporting.formats import signed
from snndeep.reporting.results import RunResults

LIMIT = 4.0
"""Scores beyond this distance from the threshold are drawn at it."""

WIDTH, ROW = 800, 90
"""Size of the map and of each of its two rows, in units of the drawing."""

CLASSES = ("healthy", "diseased")
GOLDEN = 0.618
PROFILE_WIDTH, PROFILE_HEIGHT = 240, 40


@dataclass(frozen=True)
class Bar:
    """One slice in the profile of a patient; x, y, width and height in units of the drawing."""

    x: float
    y: float
    width: float
    height: float
    diseased: bool


@dataclass(frozen=True)
class MappedPatient:
    """A patient on the map, with its card.

    Attributes:
        number: Position in the list of patients, which makes the address of its card.
        name: Name of the patient.
        label: 0 healthy, 1 diseased.
        margin: Mean over folds of (score - threshold) / spread.
        right: Whether the patient is called what it is.
        x: Place on the map.
        y: Place on the map.
        picture: The slice with the highest score, None if there is no picture.
        profile: The scores of its slices in order; positive ones rise above the middle.
    """

    number: int
    name: str
    label: int
    margin: float
    right: bool
    x: float
    y: float
    picture: SlicePicture | None
    profile: tuple[Bar, ...]

    @property
    def words(self) -> str:
        """The patient in a sentence."""
        called = CLASSES[int(self.margin >= 0)]
        return f"{self.name}: {CLASSES[self.label]}, called {called} (score {signed(self.margin, 2)})"


def map_patients(results: RunResults) -> list[MappedPatient]:
    """Return the patients as the network that is shown first scored them, in the order of their scores."""
    model, protocol = results.shown_network, results.protocol
    judged = pd.DataFrame(results.metrics["patients"])
    judged = judged[(judged["protocol"] == protocol) & (judged["model"] == model)]
    rows = judged.groupby("patient", as_index=False).agg({"label": "max", "margin": "mean"})
    rows = rows.sort_values(["margin", "patient"], kind="stable", ignore_index=True)
    slices = judged_by(results, protocol, model).sort_values("sample", kind="stable")
    pictures = {picture.chosen.patient: picture for picture in results.patients}
    return [
        MappedPatient(
            number=number,
            name=str(row["patient"]),
            label=int(row["label"]),
            margin=float(row["margin"]),
            right=(row["margin"] >= 0) == bool(row["label"]),
            x=_place(float(row["margin"])),
            y=ROW * (0.55 + int(row["label"])) + 0.3 * ROW * ((number * GOLDEN) % 1 - 0.5) * 2,
            picture=pictures.get(str(row["patient"])),
            profile=_profile(slices[slices["patient"] == row["patient"]]),
        )
        for number, row in rows.iterrows()
        if isinstance(number, int)
    ]


def _place(margin: float) -> float:
    """Return the place of a score on the horizontal axis of the map; the threshold is in the middle."""
    return WIDTH / 2 + float(np.clip(margin, -LIMIT, LIMIT)) / LIMIT * (WIDTH / 2 - 12)


def _profile(slices: pd.DataFrame) -> tuple[Bar, ...]:
    margins = slices.groupby("sample", sort=False)["margin"].mean().clip(-LIMIT, LIMIT)
    labels = slices.groupby("sample", sort=False)["label"].max()
    step, middle = PROFILE_WIDTH / max(len(margins), 1), PROFILE_HEIGHT / 2
    return tuple(
        Bar(
            x=k * step + 0.1 * step,
            y=middle - max(margin, 0) / LIMIT * middle,
            width=0.8 * step,
            height=max(abs(margin) / LIMIT * middle, 0.6),
            diseased=bool(label),
        )
        for k, (margin, label) in enumerate(zip(margins, labels, strict=True))
    )
