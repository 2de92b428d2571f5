"""The CT slices that the report shows: certain and uncertain decisions with their neighbours, and one slice of each patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

WINDOW_HU = (-150.0, 250.0)
"""The soft tissue window (level 50 HU, width 400 HU). It is fixed, so that pictures can be compared."""

MARGIN_MM = 25.0
Words = Mapping[str, Any]
"""Which slices are shown, see `plan_of_pictures`."""

KINDS = ("best", "worst", "uncertain")
"""Most certain right, most certain wrong, and least certain decision."""

NEIGHBOURS = {"below": -1, "above": 1}
"""The slices next to a chosen one, by their offset along z."""


@dataclass(frozen=True)
class Chosen:
    """A slice to show.

    Attributes:
        kind: One of `KINDS` or `NEIGHBOURS`, or `patient` for the slice of a patient with the highest score.
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
            chosen.append(_chosen(kind, row, int(row["slice"])))
    return chosen


def neighbours_of(judged: pd.DataFrame, chosen: Chosen) -> list[Chosen]:
    """Return the slices next to a chosen one that were judged too, in the order of `NEIGHBOURS`.

    Args:
        judged: See `choose_slices`, with the column case.
        chosen: The slice.
    """
    found = []
    for kind, offset in NEIGHBOURS.items():
        own = judged[(judged["case"] == chosen.case) & (judged["slice"] == chosen.slice + offset)]
        if not own.empty:
            found.append(_chosen(kind, own.iloc[0], chosen.slice + offset))
    return found


def highest_of_each_patient(judged: pd.DataFrame) -> list[Chosen]:
    """Return for each patient the slice with the highest score, in the order of the patients' names.

    Args:
        judged: See `choose_slices`.
    """
    rows = judged.sort_values(["patient", "margin"], ascending=[True, False], kind="stable").drop_duplicates("patient")
    return [_chosen("patient", row, int(row["slice"])) for _, row in rows.iterrows()]


def _chosen(kind: str, row: pd.Series, index: int) -> Chosen:
    return Chosen(kind, str(row["sample"]), str(row["patient"]), index, int(row["label"]), float(row["margin"]))


def windowed(intensity: np.ndarray) -> np.ndarray:
    """Return HU as grey values, uint8: 0 at or below the lower end of `WINDOW_HU`, 255 at or above the upper end."""
    low, high = WINDOW_HU
    grey: np.ndarray = np.rint(255 * np.clip((intensity - low) / (high - low), 0, 1)).astype(np.uint8)
    return grey


def as_seen(intensity: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return grey values and regions, uint8 [rows, columns], as radiologists look at them.

    The patient's front is at the top of the picture and the patient's right is on the left.

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
        neighbours: The slices next to it.
    """

    chosen: Chosen
    spacing: tuple[float, float]
    grey: np.ndarray
    regions: np.ndarray
    neighbours: tuple[SlicePicture, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the model's decision is right."""
        return (self.chosen.margin >= 0) == bool(self.chosen.label)


@dataclass(frozen=True)
class ShownPictures:
    """All pictures of a report.

    Attributes:
        slices: By network, its chosen slices with their neighbours.
        patients: For each patient, the slice that the network of the headline scored highest.
    """

    slices: Mapping[str, Sequence[SlicePicture]]
    patients: Sequence[SlicePicture]


def plan_of_pictures(samples: pd.DataFrame, predictions: pd.DataFrame, models: Sequence[str], protocol: str) -> Words:
    """Return which slices are shown, as JSON values: what `pictures.json` holds before the spacings are known.

    Args:
        samples: See `judged_slices`.
        predictions: See `judged_slices`.
        models: The networks whose slices are shown; the patients' are those of the first.
        protocol: Name of the protocol.
    """
    slices: dict[str, list[dict[str, Any]]] = {}
    for model in models:
        judged = judged_slices(samples, predictions, model, protocol)
        slices[model] = [
            {**asdict(chosen), "neighbours": [asdict(own) for own in neighbours_of(judged, chosen)]}
            for chosen in choose_slices(judged)
        ]
    first = judged_slices(samples, predictions, models[0], protocol)
    return {"slices": slices, "patients": [asdict(chosen) for chosen in highest_of_each_patient(first)]}


def samples_to_read(words: Words) -> dict[str, dict[int, str]]:
    """Return the samples to read by case and index of the slice, in ascending order."""
    entries = [*words["patients"], *(entry for own in words["slices"].values() for entry in own)]
    wanted: dict[str, dict[int, str]] = {}
    neighbours = [near for entry in entries for near in entry.get("neighbours", ())]
    for one in [*entries, *neighbours]:
        wanted.setdefault(str(one["sample"]).rpartition(":")[0], {})[int(one["slice"])] = str(one["sample"])
    return {case: dict(sorted(own.items())) for case, own in sorted(wanted.items())}


def pictures_of(stored: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> ShownPictures:
    """Rebuild pictures from the files of the stage `pictures`.

    Args:
        stored: `words`, see `plan_of_pictures`; `spacings`, one entry for each sample: its name, and mm along columns and rows.
        arrays: The arrays of a sample under `<position of the sample in spacings>/grey` and `/regions`.
    """
    words = stored["words"]
    number = {sample: k for k, (sample, _, _) in enumerate(stored["spacings"])}

    def picture(entry: Mapping[str, Any]) -> SlicePicture:
        values = dict(entry)
        near = tuple(picture(one) for one in values.pop("neighbours", ()))
        k = number[entry["sample"]]
        _, x, y = stored["spacings"][k]
        return SlicePicture(Chosen(**values), (x, y), arrays[f"{k}/grey"], arrays[f"{k}/regions"], near)

    return ShownPictures(
        {model: [picture(entry) for entry in own] for model, own in words["slices"].items()},
        [picture(entry) for entry in words["patients"]],
    )
