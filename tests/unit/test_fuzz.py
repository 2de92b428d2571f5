"""Whatever is handed in ends with a result or with an error of SNNDeep, never with another; see also `make torture`."""

import io
import json
import struct

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from loopback import decathlon, tar_of
from optuna.distributions import FloatDistribution
from optuna.trial import create_trial
from test_model_file import rewrite, small_model

from snndeep.deployment.model_file import read_model, write_model
from snndeep.download.archive import index
from snndeep.errors import DamagedFileError, DatasetError, ModelFileError, ScanError, SNNDeepError
from snndeep.redaction import MASK, masked_url
from snndeep.scans.dataset import read_directory
from snndeep.scans.table import read_scan_table
from snndeep.store.files import read_json, write_json
from snndeep.training.trials import FinishedTrials, open_journal, study_name
from snndeep.volume.header import read_header
from snndeep.volume.reader import planes

pytestmark = pytest.mark.slow

FUZZ = settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
EDITS = st.lists(st.tuples(st.integers(0, 1 << 30), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4)
ADDRESS = "aaaaaaaaaaaa"


def edited(content: bytes, edits) -> bytes:
    """Return bytes with some of them written over."""
    data = bytearray(content)
    for place, written in edits:
        start = place % len(data)
        data[start : start + len(written)] = written
    return bytes(data)


@FUZZ
@given(edits=EDITS)
def test_bytes_of_a_stored_file(tmp_path, monkeypatch, edits):
    monkeypatch.setattr("snndeep.store.files.PAUSE_SECONDS", 0)
    for suffix in ("", ".provenance.json"):
        path = tmp_path / "train" / ADDRESS / "a.json"
        path.unlink(missing_ok=True)
        write_json(path, {"a": [1, 2.5]}, {"stage": "train", "address": ADDRESS})
        damaged = path.with_name(path.name + suffix)
        content = damaged.read_bytes()
        damaged.write_bytes(edited(content, edits))
        try:
            assert read_json(path, "train") == {"a": [1, 2.5]}
        except DamagedFileError as error:
            assert "a.json" in error.where


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "studies" / ADDRESS / "custom.surrogate.journal"
    finished = FinishedTrials(open_journal(path), study_name(path, "patient_0"))
    for number in range(3):
        trial = create_trial(params={"x": number / 7}, distributions={"x": FloatDistribution(0, 1)}, value=number / 3)
        trial.number = number
        finished.add(trial)
    return path


@FUZZ
@given(edits=EDITS)
def test_bytes_of_a_journal(journal, edits):
    content = journal.read_bytes()
    journal.write_bytes(edited(content, edits))
    try:
        found = FinishedTrials(open_journal(journal), study_name(journal, "patient_0")).read()
        # What is gone runs again; what is there is what was written.
        assert [(t.value, t.params["x"]) for t in found] == [(k / 3, k / 7) for k in range(len(found))]
    except DamagedFileError as error:
        assert "journal" in str(error)
    finally:
        journal.write_bytes(content)


@FUZZ
@given(place=st.integers(0, 10_000), value=JSON)
@example(place=0, value="../../escaped")
def test_values_of_a_model_file(tmp_path, place, value):
    path = tmp_path / "model.npz"
    write_model(path, small_model())

    def change(header, arrays):
        places = []

        def walk(document):
            for key in list(document) if isinstance(document, dict) else range(len(document)):
                if document is not header or key not in ("sha256", "format", "version"):
                    places.append((document, key))
                if isinstance(document[key], dict | list):
                    walk(document[key])

        walk(header)
        document, key = places[place % len(places)]
        document[key] = value

    try:
        rewrite(path, change)
        model = read_model(path)
    except (ModelFileError, ValueError) as error:
        # json.dumps of the test itself refuses lone surrogates and the like.
        assert isinstance(error, ModelFileError) or "surrogate" in str(error)
    else:
        assert all(member.split.replace("_", "").isalnum() for member in model.members)


@FUZZ
@given(
    shape=st.lists(st.integers(0, 6), max_size=3),
    kind=st.sampled_from(["f2", "f4", "f8", "i4", "c8", "?"]),
    name=st.integers(0, 9),
)
def test_arrays_of_a_model_file(tmp_path, shape, kind, name):
    path = tmp_path / "model.npz"
    write_model(path, small_model())

    def change(header, arrays):
        names = sorted(arrays)
        arrays[names[name % len(names)]] = np.ones(shape, kind)

    rewrite(path, change)
    try:
        (member,) = read_model(path).members
    except ModelFileError:
        return
    assert {key: (values.shape, values.dtype) for key, values in member.parameters.items()} == {
        "weight": ((2, 1), np.float32),
        "bias": ((1,), np.float32),
    }


SCAN = nibabel.Nifti1Image(np.arange(60, dtype=np.int16).reshape(5, 4, 3), np.diag([0.8, 0.8, 2.5, 1.0])).to_bytes()


@FUZZ
@given(edits=st.lists(st.tuples(st.integers(0, 347), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4))
@example(edits=[(108, struct.pack("<f", 0.0))])
@example(edits=[(108, struct.pack("<f", 350.0))])
@example(edits=[(252, struct.pack("<h", 368))])
def test_headers_of_scans(tmp_path, edits):
    path = tmp_path / "ct.nii"
    path.write_bytes(edited(SCAN, edits))
    try:
        header = read_header(path, "x")
        if np.prod(header.shape, dtype=float) < 1e7:
            read = sum(1 for _ in planes(header, "x"))
            assert read == header.shape[2]
    except ScanError as error:
        assert "ct.nii" in str(error)
    else:
        assert header.data_offset >= 352
        assert np.isfinite(header.affine).all()


TAR = tar_of(decathlon(range(2), size=1500))


@FUZZ
@given(edits=EDITS, seal=st.booleans())
def test_bytes_of_a_tar(edits, seal):
    data = bytearray(edited(TAR, [(place % 2048, written) for place, written in edits]))
    if seal:
        data[148:156] = b" " * 8
        data[148:156] = b"%06o\0 " % sum(data[:512])
    try:
        found = index(io.BytesIO(bytes(data)), len(data), "x.tar")
    except DatasetError as error:
        assert "x.tar" in error.where
    else:
        for member in found.values():
            assert 0 <= member.start <= member.stop <= len(data)
            assert not member.name.startswith("/")
            assert ".." not in member.name.split("/")


@FUZZ
@given(document=JSON, wrap=st.sampled_from(["all", "training", "entry", "image"]))
@example(document="[" * 50_000, wrap="raw")
def test_descriptions_of_data_sets(tmp_path, document, wrap):
    entry = {"image": document, "label": document} if wrap == "image" else document
    whole = {"all": document, "training": {"training": document}}.get(wrap, {"training": [entry]})
    text = document if wrap == "raw" else json.dumps(whole)
    (tmp_path / "dataset.json").write_text(text, encoding="utf-8")
    with pytest.raises(SNNDeepError):
        read_directory(tmp_path)


@FUZZ
@given(
    text=st.text(max_size=200)
    | st.lists(st.sampled_from(["image", "mask", "patient", "label", ",", "\n", '"', "a", "\t"])).map("".join)
)
def test_tables_of_scans(tmp_path, text):
    (tmp_path / "table.csv").write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(SNNDeepError):
        read_scan_table(tmp_path / "table.csv")


@FUZZ
@given(
    secret=st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-", min_size=30, max_size=60).filter(
        lambda text: any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    ),
    form=st.sampled_from(["https://u:{}@h/x", "https://h/x?a=1&t={}", "https://h/x;token={}", "https://h/x#access_token={}",
                          "https://h/{}/x.tar", "cannot reach https://h/d/{}", "postgresql://u:{}@h/d"]),
)  # fmt: skip
def test_no_secret_of_an_address_is_shown(secret, form):
    shown = masked_url(form.format(secret))
    assert secret not in shown
    assert MASK in shown
    assert masked_url(shown) == shown
