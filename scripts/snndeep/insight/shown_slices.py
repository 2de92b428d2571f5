"""Which CT slices the report shows, and how: those that a model gets most surely right, most surely wrong, and neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

WINDOW_HU = (-150.0, 250.0)
"""Level 50 HU, width 400 HU: soft tissue. Fixed, so that pictures can be compared."""

MARGIN_MM = 25.0
KINDS = ("best", "worst", "uncertain")


@dataclass(frozen=True)
class Chosen:
    """A slice to show.

    Attributes:
        kind: One of `KINDS`.
        sample: Its id.
        patient: The case.
        slice: Canonical index.
        label: 0 healthy, 1 diseased.
        margin: (score - threshold) / spread; at or above 0 the model calls the slice diseased.
    """

    kind: str
    sample: str
    patient: str
    slice: int
    label: int
    margin: float

    @property
    def case(self) -> str:
        """The scan that the slice is of."""
        return self.sample.rpartition(":")[0]


def judged_slices(samples: pd.DataFrame, predictions: pd.DataFrame, model: str, protocol: str) -> pd.DataFrame:
    """Return the test slices of a model under a protocol, for `choose_slices`.

    Args:
        samples: Table of samples, which knows case and slice of each.
        predictions: Of all models, see `snndeep.evaluation`.
        model: Which.
        protocol: Which.
    """
    own = predictions[(predictions["model"] == model) & (predictions["protocol"] == protocol)]
    return own.merge(samples[["sample", "case", "slice"]], on="sample", validate="many_to_one")


def choose_slices(judged: pd.DataFrame) -> list[Chosen]:
    """Choose for each class the slice that the model is most right about, most wrong about, and least sure of.

    Right and wrong go by the signed distance to the threshold, doubt by the unsigned one. No slice is taken twice, and
    where there are enough patients each patient once.

    Args:
        judged: Test slices with columns sample, patient, slice, label, margin.

    Returns:
        By kind, the healthy slice before the diseased one. A class without slices gives none.
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
            row = own.loc[order.idxmin()]
            chosen.append(
                Chosen(kind, str(row["sample"]), str(row["patient"]), int(row["slice"]), label, float(row["margin"]))
            )
    return chosen


def windowed(intensity: np.ndarray) -> np.ndarray:
    """Return HU as grey values uint8, black at the lower end of `WINDOW_HU` and white at the upper."""
    low, high = WINDOW_HU
    return np.rint(255 * np.clip((intensity - low) / (high - low), 0, 1)).astype(np.uint8)


def as_seen(intensity: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return grey values and regions, uint8 [rows, columns], as radiologists look at them.

    The patient's front is above and the patient's right is left in the picture.

    Args:
        intensity: HU [y, x], x to the right and y to the front.
        labels: Regions [y, x], 0 outside, `snndeep.labels.ORGAN` or `LESION`.
    """
    return windowed(intensity)[::-1, ::-1], labels[::-1, ::-1]


@dataclass(frozen=True)
class SlicePicture:
    """A chosen slice with its picture.

    Attributes:
        chosen: Which, and what the model thought of it.
        spacing: Along columns and rows, in mm.
        grey: uint8 [rows, columns].
        regions: uint8 [rows, columns], 0 outside, `snndeep.labels.ORGAN` or `LESION`.
    """

    chosen: Chosen
    spacing: tuple[float, float]
    grey: np.ndarray
    regions: np.ndarray

    @property
    def right(self) -> bool:
        """Whether the model called it what it is."""
        return (self.chosen.margin >= 0) == bool(self.chosen.label)


def pictures_of(words: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray]) -> list[SlicePicture]:
    """Rebuild pictures from what the workflow keeps of them.

    Args:
        words: By picture, the fields of `Chosen` and `spacing`.
        arrays: `<number>/grey` and `<number>/regions`.
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
