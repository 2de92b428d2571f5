import json

import pytest

from snndeep.errors import DatasetError
from snndeep.scans.dataset import read_directory


def folder_with(tmp_path, entries, files=()):
    (tmp_path / "dataset.json").write_text(json.dumps({"training": entries}))
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


def entry(name):
    return {"image": f"./imagesTr/{name}.nii.gz", "label": f"./labelsTr/{name}.nii.gz"}


def test_cases_in_the_order_of_the_description(tmp_path):
    files = [f"{part}/{n}.nii.gz" for part in ("imagesTr", "labelsTr") for n in "ab"]
    scans = read_directory(folder_with(tmp_path, [entry("b"), entry("a")], files))
    assert [scan.name for scan in scans] == ["b", "a"]
    assert (scans[0].image, scans[0].mask) == (tmp_path / "imagesTr/b.nii.gz", tmp_path / "labelsTr/b.nii.gz")


@pytest.mark.parametrize(
    ("entries", "files", "text"),
    [
        ([entry("a")], [], "not there"),
        ([entry("../a")], [], "outside its folder"),
        ([{"image": "/etc/passwd", "label": "x"}], [], "outside its folder"),
        ([entry("a"), entry("a")], ["imagesTr/a.nii.gz", "labelsTr/a.nii.gz"], "one name"),
        ([entry("a;rm")], ["imagesTr/a;rm.nii.gz", "labelsTr/a;rm.nii.gz"], "cannot be used"),
        ([], [], "no cases"),
        ([{"image": "x"}], [], "cannot be read"),
    ],
)
def test_descriptions_that_cannot_be_used(tmp_path, entries, files, text):
    with pytest.raises(DatasetError, match=text):
        read_directory(folder_with(tmp_path, entries, files))


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        read_directory(tmp_path / "x")
