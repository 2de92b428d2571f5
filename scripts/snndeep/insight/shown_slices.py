"""The CT slices that the report shows: those with the most certain right, most certain wrong and least certain decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from snndeep.labels import MaskLabels

WINDOW_HU = (-150.0, 250.0)
"""The soft tissue window (level 50 HU, width 400 HU). It is fixed, so that pictures can be compared."""

MARGIN_MM = 25.0
"""Margin around the organ in a picture."""

ORGAN, LESION = 1, 2
KINDS = ("best", "worst", "uncertain")
"""Most certain right, most certain wrong, and least certain decision."""


@dataclass(frozen=True)
class Chosen:
    """A slice to show.

    Attributes:
        kind: One of `KINDS`.
        sample: Id of the sample, `<case>:<slice>`.
        patient: Name of the patient.
        slice: Index of the slice along z on the canonical grid.
        label: 0 healthy, 1 diseased.
        margin: (score - threshold) / spread; from 0 on, the model predicts disease.
    """

    kind: str
    sample: str
    patient: str
    slice: int
    label: int
    margin: float

    @property
    def case(self) -> str:
        """Name of the scan that contains the slice."""
        return self.sample.rpartition(":")[0]


def judged_slices(samples: pd.DataFrame, predictions: pd.DataFrame, model: str, protocol: str) -> pd.DataFrame:
    """Return the predictions of one model for the test slices of one protocol, with the columns case and slice added.

    Args:
        samples: Table of samples, with the columns sample, case and slice.
        predictions: Predictions of all models, see `snndeep.evaluation`.
        model: Name of the model.
        protocol: Name of the protocol, `patient` or `slice`.
    """
    own = predictions[(predictions["model"] == model) & (predictions["protocol"] == protocol)]
    return own.merge(samples[["sample", "case", "slice"]], on="sample", validate="many_to_one")


def choose_slices(judged: pd.DataFrame) -> list[Chosen]:
    """Choose for each class the slice with the most certain right, the most certain wrong and the least certain decision.

    Right and wrong are ranked by the signed distance to the threshold, certainty by the absolute one. No slice is chosen
    twice and, if there are enough patients, neither is a patient.

    Args:
        judged: Test slices with the columns sample, patient, slice, label and margin.

    Returns:
        The slices in the order of `KINDS`, of each kind the healthy one first. A class without slices is left out.
    """
    chosen: list[Chosen] = []
    for kind in KINDS:
        for label in (0, 1):
            own = judged[(judged["label"] == label) & ~judged["sample"].isin([c.sample for c in chosen])]
            fresh = own[~own["patient"].isin([c.patient for c in chosen])]
            own = own if fresh.empty else fresh
            if own.empty:
                continue
            rightness = own["margin"] * (1 if label else -1)
            order = {"best": -rightness, "worst": rightness, "uncertain": own["margin"].abs()}[kind]
            row = own.iloc[int(order.argmin())]
            chosen.append(
                Chosen(kind, str(row["sample"]), str(row["patient"]), int(row["slice"]), label, float(row["margin"]))
            )
    return chosen


def windowed(intensity: np.ndarray) -> np.ndarray:
    """Return HU as grey values, uint8: 0 at or below the lower end of `WINDOW_HU`, 255 at or above the upper end."""
    low, high = WINDOW_HU
    grey: np.ndarray = np.rint(255 * np.clip((intensity - low) / (high - low), 0, 1)).astype(np.uint8)
    return grey


def as_seen(intensity: np.ndarray, labels: np.ndarray, meaning: MaskLabels) -> tuple[np.ndarray, np.ndarray]:
    """Return grey values and regions (0, `ORGAN` or `LESION`), uint8 [rows, columns], in radiological orientation.

    The patient's front is at the top of the picture and the patient's right is on the left.

    Args:
        intensity: HU, [y, x], x to the patient's right and y to the front.
        labels: Numbers of the mask, [y, x], 0 outside the organ.
        meaning: Meaning of the mask's numbers.
    """
    lesion = np.isin(labels, meaning.lesion)
    regions = np.where(lesion, LESION, np.where(labels > 0, ORGAN, 0)).astype(np.uint8)
    return windowed(intensity)[::-1, ::-1], regions[::-1, ::-1]


@dataclass(frozen=True)
class SlicePicture:
    """A chosen slice with its picture.

    Attributes:
        chosen: The slice and the model's decision.
        spacing: Pixel spacing along columns and rows, mm.
        grey: Grey values, uint8 [rows, columns].
        regions: 0 outside, `ORGAN` or `LESION`, uint8 [rows, columns].
    """

    chosen: Chosen
    spacing: tuple[float, float]
    grey: np.ndarray
    regions: np.ndarray

    @property
    def right(self) -> bool:
        """Whether the model's decision is right."""
        return (self.chosen.margin >= 0) == bool(self.chosen.label)


def pictures_of(words: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray]) -> list[SlicePicture]:
    """Rebuild pictures from the files of the stage `pictures`.

    Args:
        words: For every picture, the fields of `Chosen` and `spacing`.
        arrays: The arrays of picture number n under `n/grey` and `n/regions`.
    """
    return [
        SlicePicture(
            Chosen(**{key: value for key, value in own.items() if key != "spacing"}),
            tuple(own["spacing"]),
            arrays[f"{number}/grey"],
            arrays[f"{number}/regions"],
        )
        for number, own in enumerate(words)
    ]
