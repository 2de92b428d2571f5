"""Model files come back as they were written; whatever else is offered ends with one clear message."""

import json
from dataclasses import replace

import numpy as np
import pytest

from snndeep.deployment.model_file import HEADER, ModelFile, _digest, read_model, write_model
from snndeep.deployment.model_file import FoldModel as MemberOf
from snndeep.deployment.reference import Reference
from snndeep.errors import ModelFileError
from snndeep.evaluation.decision import Decision
from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.settings import SampleSettings


def small_model() -> ModelFile:
    numbers = np.array([0.1, 1 / 3])
    member = MemberOf(
        split="patient_0",
        protocol="patient",
        settings={"tau_m": 8.0},
        preprocessing=Preprocessing(("a", "b"), numbers, numbers, numbers),
        parameters={"weight": np.ones((2, 1), np.float32), "bias": np.zeros(1, np.float32)},
        slices=Decision(None, 0.1, 0.2),
        patients=Decision(0.1, 0.3, 0.4),
        reference=Reference(5, np.ones((2, 3)), (40.0, 60.0), np.zeros((2, 2)), numbers, np.eye(2), 2.5),
    )
    return ModelFile(
        backend="custom",
        rule="tempotron",
        features=FeatureSettings(),
        labels=MaskLabels(),
        samples=SampleSettings(),
        encoder="latency",
        encoder_settings={"steps": 5},
        seed=7,
        members=(member,),
        calibration={"patient": np.ones((3, 2))},
        validated={"patient": (2, 3)},
        provenance={"stage": "models", "address": "0" * 12, "target": ""},
        versions={"numpy": "2"},
    )


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "model.npz"
    write_model(file, small_model())
    return file


def rewrite(path, change, seal=True):
    """Change the header or the arrays of a model file; sealed, its digest fits again."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    header = json.loads(arrays.pop(HEADER).tobytes())
    change(header, arrays)
    if seal:
        header["sha256"] = _digest(header, arrays)
    np.savez_compressed(path, **{HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8)}, **arrays)


def test_a_model_comes_back_as_it_was_written(path):
    written, read = small_model(), read_model(path)
    assert replace(read, members=(), calibration={}) == replace(written, members=(), calibration={})
    (ours,), (theirs,) = written.members, read.members
    assert (theirs.split, theirs.settings, theirs.slices, theirs.patients) == (
        ours.split, ours.settings, ours.slices, ours.patients,
    )  # fmt: skip
    assert theirs.preprocessing.to_json() == ours.preprocessing.to_json()
    assert theirs.reference.to_json() == ours.reference.to_json()
    for name, values in ours.parameters.items():
        np.testing.assert_array_equal(theirs.parameters[name], values)
        assert theirs.parameters[name].dtype == values.dtype


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelFileError, match="does not exist") as caught:
        read_model(tmp_path / "nowhere.npz")
    assert "nowhere.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 torn"])
def test_what_is_no_archive_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="damaged or none"):
        read_model(path)


def test_a_truncated_file_is_refused(path):
    content = path.read_bytes()
    for share in (0.2, 0.5, 0.99):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(ModelFileError, match="model file"):
            read_model(path)


def test_no_flipped_byte_changes_a_model_unseen(path):
    content = path.read_bytes()
    intact = read_model(path)
    refused = 0
    for position in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            read = read_model(path)
        except ModelFileError:
            refused += 1
        else:  # a byte that means nothing, such as a time stamp
            assert read.members[0].parameters["weight"].tolist() == intact.members[0].parameters["weight"].tolist()
            assert read.provenance == intact.provenance
    assert refused > 0.5 * len(range(0, len(content), 7))


def test_another_version_is_named(path):
    rewrite(path, lambda header, arrays: header.update(version=1))
    with pytest.raises(ModelFileError, match="another version") as caught:
        read_model(path)
    assert "found:       version 1" in str(caught.value)
    assert "expected:    version 3" in str(caught.value)


def test_pickled_arrays_are_never_loaded(path, tmp_path):
    touched = tmp_path / "touched"

    class Trap:
        def __reduce__(self):
            return touched.touch, ()

    np.savez(path, header=np.array([Trap()], object))
    with pytest.raises(ModelFileError, match="never read") as caught:
        read_model(path)
    assert "pickled objects" in str(caught.value)
    assert not touched.exists()


def test_another_archive_is_no_model(path):
    np.savez(path, weights=np.ones(3))
    with pytest.raises(ModelFileError, match="is none"):
        read_model(path)
    rewrite_as = np.frombuffer(json.dumps({"format": "other"}).encode(), np.uint8)
    np.savez(path, header=rewrite_as)
    with pytest.raises(ModelFileError, match="is none"):
        read_model(path)


def test_changed_weights_are_found(path):
    def change(header, arrays):
        arrays["patient_0/parameters/weight"][0] += 1

    rewrite(path, change, seal=False)
    with pytest.raises(ModelFileError, match="damaged"):
        read_model(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: header.pop("encoder"),
        lambda header, arrays: header["members"].clear(),
        lambda header, arrays: header["features"].update(bin_width=-1),
        lambda header, arrays: header["features"].update(unheard_of=1),
        lambda header, arrays: header["members"][0].pop("slices"),
        lambda header, arrays: header["members"][0]["preprocessing"].pop("scale"),
        lambda header, arrays: arrays.pop("patient_0/precision"),
        lambda header, arrays: arrays.pop("calibration/patient"),
        lambda header, arrays: header["members"][0]["settings"].update(tau_m="8"),
        lambda header, arrays: header["members"][0]["slices"].update(spread=0.0),
        lambda header, arrays: header["members"][0]["patients"].update(top_slices=0),
        lambda header, arrays: header["members"][0]["preprocessing"].update(scale=[1.0, 0.0]),
        lambda header, arrays: header["members"][0]["preprocessing"].update(fill=[1.0]),
        lambda header, arrays: header["members"][0].update(split="../../escaped"),
        lambda header, arrays: header["members"][0].update(split="/etc/escaped"),
        lambda header, arrays: header["members"].append(header["members"][0]),
        lambda header, arrays: header.update(rule="../tempotron"),
        lambda header, arrays: header.update(backend="os"),
        lambda header, arrays: header.update(encoder="numpy"),
        lambda header, arrays: header["encoder_settings"].update(steps=10**12),
        lambda header, arrays: header["features"].update(bin_width="25"),
        lambda header, arrays: header["validated"].clear(),
        lambda header, arrays: arrays.update({"patient_0/parameters/bias": np.zeros(10_000, np.float32)}),
        lambda header, arrays: arrays.update({"patient_0/parameters/weight": np.zeros((3, 1), np.float32)}),
        lambda header, arrays: arrays.update({"patient_0/parameters/weight": np.ones((2, 1))}),
        lambda header, arrays: arrays.update({"patient_0/parameters/weight": np.full((2, 1), np.nan, np.float32)}),
        lambda header, arrays: arrays.update({"patient_0/parameters/other": np.ones(1, np.float32)}),
        lambda header, arrays: arrays.update({"patient_0/precision": np.eye(3)}),
        lambda header, arrays: arrays.update({"calibration/patient": np.full((3, 2), np.inf)}),
    ],
)
def test_wrong_keys_are_refused(path, change):
    rewrite(path, change)
    with pytest.raises(ModelFileError, match="does not hold what a model needs"):
        read_model(path)
