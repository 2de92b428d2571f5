"""The guard: nothing of a test part may enter what is fitted, tuned or trained.

Each check is cheap and is made where the work is done: splits before evaluation, the parts of a split before a search
or a training begins, scores before they are judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from snndeep.errors import LeakageError
from snndeep.samples.split import Split
from snndeep.spikes.encoded_split import EncodedSplit

PARTS = ("train", "validation", "test")


def check_parts(name: str, parts: Mapping[str, Iterable[str]], patient_of: Mapping[str, str], by_patient: bool) -> None:
    """Check that no sample, and if patients were split no patient, is in two parts.

    Args:
        name: The split's name.
        parts: Samples of train, validation and test.
        patient_of: Patient of each sample.
        by_patient: Whether patients were split.

    Raises:
        LeakageError: If one is.
    """
    sets = {part: set(parts[part]) for part in PARTS}
    views = {"sample": sets}
    if by_patient:
        views["patient"] = {part: {patient_of[s] for s in ids} for part, ids in sets.items()}
    for unit, members in views.items():
        for first, second in (("train", "test"), ("validation", "test"), ("train", "validation")):
            shared = sorted(members[first] & members[second])
            if shared:
                raise LeakageError(
                    f"A {unit} is in two parts of a split.",
                    where=f"{name}: {first} and {second}",
                    found=f"{len(shared)} shared: {', '.join(map(str, shared[:3]))}{', ...' if len(shared) > 3 else ''}",
                    expected=f"no {unit} in common",
                    remedy="Remove the file of splits and let the workflow make it again.",
                )


def check_split(split: Split, patient_of: Mapping[str, str]) -> None:
    """Check a split as it was read from its file.

    Raises:
        LeakageError: See `check_parts`.
    """
    parts = {part: getattr(split, part) for part in PARTS}
    check_parts(split.name, parts, patient_of, by_patient=split.protocol == "patient")


def check_encoded(name: str, data: EncodedSplit) -> None:
    """Check the parts of an encoded split before a search or a training begins.

    Args:
        name: The split's name, which begins with its protocol.
        data: The split.

    Raises:
        LeakageError: See `check_parts`.
    """
    parts = {part: data.samples[data.parts[part]].tolist() for part in PARTS}
    patient_of = dict(zip(data.samples.tolist(), data.patients.tolist(), strict=True))
    check_parts(name, parts, patient_of, by_patient=name.startswith("patient"))


def check_scores(split: Split, scores: Mapping[str, np.ndarray]) -> None:
    """Check that a model's scores are of exactly the validation and test samples of a split.

    Raises:
        LeakageError: If a part's scores are of other samples: a threshold would then be chosen on what is tested.
    """
    for part in ("validation", "test"):
        scored, expected = set(scores[f"{split.name}/{part}.samples"].tolist()), set(getattr(split, part))
        if scored != expected:
            raise LeakageError(
                "Scores are not of the samples of their part.",
                where=f"{split.name}, {part}",
                found=f"{len(scored - expected)} samples too many, {len(expected - scored)} missing",
                expected=f"the {len(expected)} samples of the part",
                remedy="Score the model again on this split.",
            )
