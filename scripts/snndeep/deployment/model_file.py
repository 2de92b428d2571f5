"""Model files: everything that a prediction needs, in one file that nothing is unpickled from.

An npz archive. `header` is JSON: format, version, the settings of features, samples, encoder and learning rule, and for
every *member* (the model of one split) its fitted scaler and selection, its thresholds and the range of its training data;
then calibration, versions and provenance. All other arrays are parameters and matrices, `<split>/<name>`. The header holds
a SHA-256 of them and of itself, so that a damaged file is named instead of used.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from snndeep.deployment.reference import Reference
from snndeep.deployment.validation import (
    channels_of,
    check_backend,
    check_calibration,
    check_decision,
    check_member,
    plain_name,
    typed_settings,
)
from snndeep.errors import UNREADABLE, ModelFileError, SNNDeepError
from snndeep.evaluation.decision import Decision
from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.settings import SampleSettings
from snndeep.scans.settings import Plausibility
from snndeep.store.files import write_npz

FORMAT = "snndeep-model"
VERSION = 3
HEADER = "header"
LARGEST = 1 << 28
"""Bytes that a model file may unpack to; a network has some thousand parameters."""
MOST_ARRAYS = 10_000


@dataclass(frozen=True)
class FoldModel:
    """The model of one split.

    Attributes:
        split: Its name, such as `patient_0`.
        protocol: How patients or slices were dealt.
        settings: Of the learning rule, tuned.
        preprocessing: Scaler and selection.
        parameters: By name.
        slices: How slice scores are read.
        patients: How patient scores are read, and what share of its slices makes one.
        reference: The range of its training data.
    """

    split: str
    protocol: str
    settings: dict[str, Any]
    preprocessing: Preprocessing
    parameters: dict[str, np.ndarray]
    slices: Decision
    patients: Decision
    reference: Reference


@dataclass(frozen=True)
class ModelFile:
    """A backend and a learning rule, trained on every split of a run.

    Attributes:
        backend: That trained it.
        rule: Learning rule.
        features: How features are extracted.
        labels: The meaning of the masks' numbers.
        samples: Which slices count.
        encoder: Its name.
        encoder_settings: Its settings.
        seed: Of the configuration; rate coding draws from it and the sample's name.
        members: One per split.
        calibration: By protocol, `[1 + R, 2]`, see `snndeep.evaluation.calibration`.
        validated: By protocol, how many diseased and healthy validation patients it was fitted to.
        provenance: Of the stage that assembled it.
        versions: Of the packages that trained it.
        plausibility: Limits beyond which a scan is not a CT in HU, or its mask not one of the organ.
    """

    backend: str
    rule: str
    features: FeatureSettings
    labels: MaskLabels
    samples: SampleSettings
    encoder: str
    encoder_settings: dict[str, Any]
    seed: int
    members: tuple[FoldModel, ...]
    calibration: dict[str, np.ndarray]
    validated: dict[str, tuple[int, int]]
    provenance: dict[str, Any]
    versions: dict[str, str]
    plausibility: Plausibility = field(default_factory=Plausibility)

    @property
    def name(self) -> str:
        """`<backend>/<rule>`."""
        return f"{self.backend}/{self.rule}"


def write_model(path: Path, model: ModelFile) -> None:
    """Write a model file and, beside it, its provenance, see `snndeep.store.files.replacing`."""
    arrays: dict[str, np.ndarray] = {f"calibration/{name}": fit for name, fit in model.calibration.items()}
    members = []
    for member in model.members:
        arrays |= {f"{member.split}/parameters/{name}": values for name, values in member.parameters.items()}
        arrays[f"{member.split}/precision"] = member.reference.precision
        members.append(
            {
                "split": member.split,
                "protocol": member.protocol,
                "settings": member.settings,
                "preprocessing": member.preprocessing.to_json(),
                "slices": asdict(member.slices),
                "patients": asdict(member.patients),
                "reference": member.reference.to_json(),
            }
        )
    header = {
        "format": FORMAT,
        "version": VERSION,
        "backend": model.backend,
        "rule": model.rule,
        "features": asdict(model.features),
        "labels": asdict(model.labels),
        "plausibility": model.plausibility.to_mapping(),
        "samples": asdict(model.samples),
        "encoder": model.encoder,
        "encoder_settings": model.encoder_settings,
        "seed": model.seed,
        "members": members,
        "validated": {name: list(counts) for name, counts in model.validated.items()},
        "provenance": model.provenance,
        "versions": model.versions,
    }
    header["sha256"] = _digest(header, arrays)
    text = np.frombuffer(json.dumps(header, sort_keys=True, allow_nan=False).encode(), np.uint8)
    write_npz(path, {HEADER: text, **arrays}, model.provenance)


def _digest(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of a header, without its own, and of the arrays in the order of their names."""
    words = {name: value for name, value in header.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def read_model(path: Path) -> ModelFile:
    """Read a model file.

    Raises:
        ModelFileError: If it is missing, damaged, of another version, holds pickled objects or not what a model needs.
    """
    path = Path(path)
    arrays = _arrays(path)
    header = _header(path, arrays)
    if header.get("version") != VERSION:
        raise ModelFileError(
            "The model file is of another version.",
            where=str(path),
            found=f"version {header.get('version')!r}",
            expected=f"version {VERSION}",
            remedy="Use the SNNDeep that wrote it, or let this one write it again by running its configuration.",
        )
    try:
        intact = header["sha256"] == _digest(header, arrays)
        model = _rebuild(header, arrays) if intact else None
    except SNNDeepError as error:
        raise _damaged(
            path, "does not hold what a model needs", f"{error.where}: {error.found}", error.expected
        ) from error
    except UNREADABLE as error:
        raise _damaged(path, "does not hold what a model needs", f"{type(error).__name__}: {error}") from error
    if model is None:
        raise _damaged(path, "is damaged", "content that does not fit its SHA-256")
    return model


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise ModelFileError(
            "The model file does not exist.",
            where=str(path),
            expected="a file such as results/<run>/models/<backend>.<rule>.npz",
            remedy="Run the workflow, or give the path of a model file.",
        )
    try:
        if path.stat().st_size > LARGEST:
            raise _damaged(path, "is none", f"{path.stat().st_size} bytes")
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if size > LARGEST or len(entries) > MOST_ARRAYS:
                raise _damaged(path, "is none", f"{len(entries)} arrays of {size} bytes when unpacked")
            # Whole members are read, since only at its end a member's checksum is compared. No more is unpacked than a
            # member says that it has.
            return {entry.filename.removesuffix(".npy"): _array(archive.read(entry)) for entry in entries}
    except UNREADABLE as error:
        what = "holds what is never read" if "pickle" in str(error) else "is damaged or none"
        found = "pickled objects" if "pickle" in str(error) else f"{type(error).__name__}: {error}"
        raise _damaged(path, what, found) from error


def _array(content: bytes) -> np.ndarray:
    """Return an array in numpy's format after comparing the size that its header asks for with the bytes that are there.

    Raises:
        ValueError: If the sizes differ, or the array holds Python objects.
    """
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject:
        raise ValueError("pickled objects")
    asked, there = math.prod(shape) * dtype.itemsize, len(content) - file.tell()
    if asked != there or min(shape, default=0) < 0:
        raise ValueError(f"an array of {list(shape)} {dtype} in {there} bytes")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _header(path: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Take the header out of the arrays."""
    try:
        header: dict[str, Any] = json.loads(arrays.pop(HEADER).tobytes(), parse_constant=_refuse_constant)
        if header["format"] != FORMAT:
            raise ValueError(f"format {header['format']!r}")
    except UNREADABLE as error:
        raise _damaged(path, "is none", f"{type(error).__name__}: {error}") from error
    return header


def _refuse_constant(name: str) -> float:
    if name == "NaN":
        raise ValueError("NaN is no JSON")
    return float(name)


def _damaged(path: Path, what: str, found: str, expected: str = "") -> ModelFileError:
    return ModelFileError(
        f"The model file {what}.",
        where=str(path),
        found=found[:500],
        expected=expected or f"an npz archive of SNNDeep, {FORMAT} version {VERSION}",
        remedy="Copy it again, or let the workflow write it again: snakemake --cores 1 --force publish",
    )


def _rebuild(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> ModelFile:
    """Make a model of what a file holds, see `snndeep.deployment.validation`."""
    members = tuple(_member(header, values, arrays) for values in header["members"])
    splits = [member.split for member in members]
    if not members or len(set(splits)) < len(splits):
        raise ValueError(f"the members {splits}")
    validated = {plain_name(name, "protocol"): counts for name, counts in header["validated"].items()}
    missing = {member.protocol for member in members} - set(validated)
    if missing:
        raise ValueError(f"no calibration of {', '.join(sorted(missing))}")
    return ModelFile(
        backend=check_backend(header["backend"]),
        rule=header["rule"],
        features=typed_settings(FeatureSettings, header["features"], "features"),
        labels=typed_settings(MaskLabels, header["labels"], "labels"),
        plausibility=typed_settings(Plausibility, header.get("plausibility", {}), "plausibility"),
        samples=typed_settings(SampleSettings, header["samples"], "samples"),
        encoder=header["encoder"],
        encoder_settings=dict(header["encoder_settings"]),
        seed=int(header["seed"]),
        members=members,
        calibration={
            name: check_calibration(arrays[f"calibration/{name}"], f"calibration {name}") for name in validated
        },
        validated={name: (int(counts[0]), int(counts[1])) for name, counts in validated.items()},
        provenance=dict(header["provenance"]),
        versions={str(name): str(version) for name, version in header["versions"].items()},
    )


def _member(header: Mapping[str, Any], values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> FoldModel:
    split = plain_name(values["split"], "split")
    prefix = f"{split}/parameters/"
    member = FoldModel(
        split=split,
        protocol=plain_name(values["protocol"], "protocol"),
        settings=dict(values["settings"]),
        preprocessing=Preprocessing.from_json(values["preprocessing"]),
        parameters={name.removeprefix(prefix): own for name, own in arrays.items() if name.startswith(prefix)},
        slices=check_decision(values["slices"], f"{split}, slices"),
        patients=check_decision(values["patients"], f"{split}, patients"),
        reference=Reference.from_json(values["reference"], arrays[f"{split}/precision"]),
    )
    channels = channels_of(header["encoder"], header["encoder_settings"], len(member.preprocessing.features))
    check_member(
        header["rule"], member.settings, channels, member.preprocessing, member.parameters, member.reference, split
    )
    return member
