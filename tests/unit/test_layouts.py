"""Data sets as they are published: what a look at the folder finds, and the configuration that comes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from snndeep.errors import DatasetError
from snndeep.labels import MaskLabels
from snndeep.plan.addressing import FileDigests
from snndeep.plan.configuration import complete
from snndeep.plan.own_cases import find_own_cases
from snndeep.plan.stages import Stage
from snndeep.scans.layouts import LAYOUTS
from snndeep.scans.layouts.find import find_layout
from snndeep.scans.settings import DicomSettings
from snndeep.scans.table import read_scan_table

ROOT = Path(__file__).parents[2]


def files(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the bytes of {name}")


def described(folder: Path, **content) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.json").write_text(json.dumps(content))


def nnunet(folder: Path) -> None:
    described(
        folder, channel_names={"0": "CT"}, file_ending=".nii.gz",
        labels={"background": 0, "spleen": 1, "liver": 2, "liver tumor": [3]},
    )  # fmt: skip
    files(folder, "imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz", "imagesTr/b_0000.nii.gz", "imagesTr/c_0000.nii.gz")
    files(folder, "labelsTr/b.nii.gz")


def decathlon(folder: Path) -> None:
    pairs = [{"image": f"./imagesTr/{n}.nii.gz", "label": f"./labelsTr/{n}.nii.gz"} for n in "ab"]
    described(folder / "Task03_Liver", labels={"0": "background", "1": "liver", "2": "cancer"}, training=pairs)
    files(folder / "Task03_Liver", *(f"{part}/{n}.nii.gz" for part in ("imagesTr", "labelsTr") for n in "ab"))


def lits(folder: Path) -> None:
    files(folder, "batch 1/volume-10.nii", "batch 1/segmentation-10.nii", "batch 2/volume-9.nii")
    files(folder, "batch 2/segmentation-9.nii", "batch 2/volume-11.nii")


def ircadb(folder: Path) -> None:
    for number in (1, 10):
        files(
            folder,
            f"3Dircadb1.{number}/PATIENT_DICOM/PATIENT_DICOM/image_0",
            f"3Dircadb1.{number}/MASKS_DICOM/liver/image_0",
        )


def chaos(folder: Path) -> None:
    for number in (1, 10):
        files(folder, f"Train_Sets/CT/{number}/DICOM_anon/i0.dcm", f"Train_Sets/CT/{number}/Ground/liver_GT_000.png")
    files(folder, "Train_Sets/MR/1/T1DUAL/DICOM_anon/InPhase/i0.dcm", "Train_Sets/MR/1/T1DUAL/Ground/i0.png")


def totalsegmentator(folder: Path) -> None:
    for name in ("s0000", "s0001"):
        files(folder, f"{name}/ct.nii.gz", f"{name}/segmentations/liver.nii.gz", f"{name}/segmentations/spleen.nii.gz")
    files(folder, "s0002/ct.nii.gz", "s0002/segmentations/spleen.nii.gz")


def pairs(folder: Path) -> None:
    files(folder, "Images/a.nrrd", "Masks/a.nii.gz", "Images/b.nii.gz", "Masks/b.nii.gz", "Images/c.nii.gz")


SETS = {
    "nnU-Net": (nnunet, ["a", "b"], MaskLabels((2,), (3,), (1,)), ["for want of a mask: 1", "2 liver"]),
    "Medical Segmentation Decathlon": (decathlon, ["a", "b"], MaskLabels(), ["2 cancer"]),
    "LiTS": (lits, ["9", "10"], MaskLabels(), ["for want of a mask: 1"]),
    "3D-IRCADb": (ircadb, ["3Dircadb1.1", "3Dircadb1.10"], MaskLabels(("liver",), ("livertumor*", "livertumour*")), []),
    "CHAOS": (chaos, ["1", "10"], MaskLabels((1,), ()), ["healthy donors"]),
    "TotalSegmentator": (
        totalsegmentator,
        ["s0000", "s0001"],
        MaskLabels(("liver",), (), ("others",)),
        ["column label"],
    ),
    "images and masks": (pairs, ["a", "b"], MaskLabels(), ["for want of a mask: 1"]),
}


def test_every_layout_is_tried_here():
    assert list(SETS) == list(LAYOUTS)


@pytest.mark.parametrize("name", SETS)
def test_a_layout_is_told_by_its_folder(tmp_path, name):
    make, patients, labels, notes = SETS[name]
    make(tmp_path / "set")
    layout, found = find_layout(tmp_path / "set")
    assert layout == name
    assert [scan.patient for scan in found.scans] == patients
    assert all(scan.image.exists() and scan.mask.exists() for scan in found.scans)
    assert found.labels == labels
    for note in notes:
        assert note in " ".join(found.notes)


@pytest.mark.parametrize("name", SETS)
def test_init_writes_a_configuration_that_plans(tmp_path, name):
    SETS[name][0](tmp_path / "set")
    command = [
        sys.executable,
        str(ROOT / "scripts/init.py"),
        str(tmp_path / "set"),
        "--output",
        str(tmp_path / "config"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"layout {name}, 2 scans of 2 patients" in done.stdout
    config = complete(yaml.safe_load((tmp_path / "config/set.yaml").read_text(encoding="utf-8")))
    dataset = config["dataset"]
    assert (config["run"], dataset["source"]) == ("set", "directory")
    labels = MaskLabels.from_mapping(dataset["labels"])
    assert labels == SETS[name][2]
    stage = lambda config, inputs: Stage("convert", config, "code", tuple(inputs), tmp_path)  # noqa: E731
    cases, _ = find_own_cases(Path(dataset["path"]), FileDigests(tmp_path / "d.json"), labels, DicomSettings(), stage)
    assert sorted(case.patient for case in cases) == sorted(SETS[name][1])
    healthy = [case.diseased for case in cases]
    assert healthy == ([False, False] if name == "CHAOS" else [None, None])
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "there already" in again.stderr


def test_a_folder_of_no_layout(tmp_path):
    files(tmp_path, "readme.txt")
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DatasetError, match="none of the known layouts") as error:
            find_layout(folder)
        assert "TotalSegmentator" in str(error.value)


def test_paths_of_the_table_lead_back_to_the_scans(tmp_path):
    lits(tmp_path / "set")
    subprocess.run(
        [sys.executable, str(ROOT / "scripts/init.py"), str(tmp_path / "set"), "--output", str(tmp_path), "--name", "x"],
        check=True, capture_output=True,
    )  # fmt: skip
    scans = read_scan_table(tmp_path / "x.csv")
    assert {scan.image.name for scan in scans} == {"volume-9.nii", "volume-10.nii"}


@pytest.mark.parametrize("place", [".", "Task03_Liver"])
def test_a_description_that_is_no_json_is_named(tmp_path, place):
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / "dataset.json").write_text("{oops", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"cannot be read(.|\n)*dataset\.json"):
        find_layout(tmp_path)


@pytest.mark.parametrize("key", ["channel_names", "modality"])
def test_a_data_set_that_is_not_of_ct_is_refused(tmp_path, key):
    make = nnunet if key == "channel_names" else decathlon
    make(tmp_path)
    (description,) = tmp_path.rglob("dataset.json")
    content = json.loads(description.read_text(encoding="utf-8"))
    described(description.parent, **content | {key: {"0": "MRI"}})
    with pytest.raises(DatasetError, match="first channel is MRI"):
        find_layout(tmp_path)
    described(description.parent, **content | {key: {"0": "noNorm"}})
    assert "called noNorm" in " ".join(find_layout(tmp_path)[1].notes)


@pytest.mark.parametrize("name", ["../x", "my run", "-x", "lebér"])
def test_init_takes_names_of_runs_alone(tmp_path, name):
    lits(tmp_path / "set")
    command = [sys.executable, str(ROOT / "scripts/init.py"), str(tmp_path / "set"), f"--name={name}"]
    command += ["--output", str(tmp_path / "config")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert "where:       --name" in done.stderr
    assert not list(tmp_path.glob("*.yaml")) + list(tmp_path.glob("config/*"))
