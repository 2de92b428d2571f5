"""Fetching Task03_Liver, from a small archive of the same layout served on loopback."""

import hashlib
import http.server
import io
import tarfile
import threading
from functools import partial

import pytest

from snndeep.errors import DatasetError
from snndeep.msd import fetch


@pytest.fixture
def served(tmp_path):
    """Serve a folder and return it with its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/Task03_Liver.tar"
    server.shutdown()
    server.server_close()


def archive(folder, names) -> str:
    with tarfile.open(folder / "Task03_Liver.tar", "w") as tar:
        for name in names:
            content = name.encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return hashlib.md5((folder / "Task03_Liver.tar").read_bytes()).hexdigest()


def wanted(target, *cases):
    return {
        case: [str(target / f"Task03_Liver/{part}/{case}.nii.gz") for part in ("imagesTr", "labelsTr")]
        for case in cases
    }


MEMBERS = [
    f"{prefix}Task03_Liver/{part}/{name}"
    for part in ("imagesTr", "labelsTr")
    for prefix, name in (("", "liver_0.nii.gz"), ("./", "liver_1.nii.gz"), ("", "._liver_0.nii.gz"))
]


def test_the_named_cases_are_unpacked_and_nothing_else(served, tmp_path):
    folder, url = served
    md5 = archive(folder, [*MEMBERS, "../../escaped.nii.gz"])
    target = tmp_path / "store"
    manifest = fetch(url, md5, target, wanted(target, "liver_0", "liver_1"))
    assert set(manifest) == {"liver_0", "liver_1"}
    image = target / "Task03_Liver/imagesTr/liver_0.nii.gz"
    assert image.read_text() == "Task03_Liver/imagesTr/liver_0.nii.gz"
    assert manifest["liver_0"]["image_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()
    assert len(list(target.rglob("*.nii.gz"))) == 4
    assert not list(tmp_path.glob("escaped*"))


def test_another_archive_is_refused(served, tmp_path):
    folder, url = served
    archive(folder, MEMBERS)
    with pytest.raises(DatasetError, match="could not be fetched"):
        fetch(url, "0" * 32, tmp_path / "store", wanted(tmp_path / "store", "liver_0"))
    assert not list((tmp_path / "store").rglob("*.nii.gz"))


def test_an_address_without_archive(served, tmp_path):
    with pytest.raises(DatasetError, match="could not be fetched"):
        fetch(served[1] + "x", "0" * 32, tmp_path / "store", wanted(tmp_path / "store", "liver_0"))


def test_a_missing_case_is_named(served, tmp_path):
    folder, url = served
    md5 = archive(folder, MEMBERS)
    with pytest.raises(DatasetError, match="liver_7"):
        fetch(url, md5, tmp_path / "store", wanted(tmp_path / "store", "liver_0", "liver_7"))
