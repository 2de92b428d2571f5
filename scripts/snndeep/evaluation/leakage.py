"""The guard: nothing of a test part may enter what is fitted, tuned or trained.

Each check is cheap and is made where the work is done: splits before evaluation, the parts of a split before a search
or a training begins, scores before they are judged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np

from snndeep.errors import LeakageError
from snndeep.samples.split import Split, protocol_of
from snndeep.spikes.encoded_split import EncodedSplit

PARTS = ("train", "validation", "test")
FITTED = ("train", "validation")
"""The parts that a model learns from; the second decides when to stop, and thresholds and calibration."""


def digest_of(samples: Iterable[str], labels: Iterable[int], patients: Iterable[str]) -> str:
    """Return the SHA-256 of a set of labelled samples, whatever their order, as 64 hex digits.

    Args:
        samples: Ids `[N]`.
        labels: `[N]`.
        patients: `[N]`.
    """
    rows = sorted(zip(map(str, samples), map(int, labels), map(str, patients), strict=True))
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def check_parts(name: str, parts: Mapping[str, Iterable[str]], patient_of: Mapping[str, str], protocol: str) -> None:
    """Check that no sample is in two parts, and no patient where the protocol keeps patients apart.

    Args:
        name: The split's name.
        parts: Samples of train, validation and test.
        patient_of: Patient of each sample.
        protocol: One of `split.PROTOCOLS`, or `apart`, which keeps the test part's patients out of the other parts.

    Raises:
        LeakageError: If one is.
    """
    sets = {part: set(parts[part]) for part in PARTS}
    people = {part: {patient_of[s] for s in ids} for part, ids in sets.items()}
    pairs = (("train", "test"), ("validation", "test"), ("train", "validation"))
    kept_apart = {"patient": pairs, "apart": pairs[:2]}.get(protocol, ())
    for unit, members, checked in (("sample", sets, pairs), ("patient", people, kept_apart)):
        for first, second in checked:
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
    check_parts(split.name, parts, patient_of, split.protocol)


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
    check_parts(name, parts, patient_of, protocol_of(name))


def fitted_digests(split: Split, label_of: Mapping[str, int], patient_of: Mapping[str, str]) -> dict[str, str]:
    """Return what a model of a split must have been fitted on, by part, see `digest_of`.

    Args:
        split: The split.
        label_of: Label of each sample.
        patient_of: Patient of each sample.
    """
    digests = {}
    for part in FITTED:
        ids = getattr(split, part)
        digests[part] = digest_of(ids, [label_of[s] for s in ids], [patient_of[s] for s in ids])
    return digests


def check_fitted_on(model: str, split: str, scores: Mapping[str, np.ndarray], expected: Mapping[str, str]) -> None:
    """Check that a model was fitted on the training and validation parts of its split and on nothing else.

    Args:
        model: Its name.
        split: The split's name.
        scores: Of the model, with the digests that its job recorded, `<split>/fitted_on` in the order of `FITTED`.
        expected: See `fitted_digests`.

    Raises:
        LeakageError: If a digest differs, or none was recorded.
    """
    recorded = dict(zip(FITTED, map(str, scores.get(f"{split}/fitted_on", ())), strict=False))
    for part, digest in expected.items():
        if recorded.get(part) != digest:
            raise LeakageError(
                "A model was fitted on other samples than its split says.",
                where=f"{model}, {split}, {part}",
                found=f"digest {recorded.get(part, 'not recorded')}",
                expected=f"{digest}, that of the part's samples, labels and patients",
                remedy="Train the model again on this split.",
            )


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
