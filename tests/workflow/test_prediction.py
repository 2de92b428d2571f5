"""A case of a run, predicted from its model file, gets the scores that the run gave it."""

import json
import shutil
import subprocess
import sys

import nir
import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from snndeep.phantom.dicom import write_series

MODELS = [f"{b}.{r}" for b in ("custom", "snntorch", "spikingjelly") for r in ("surrogate", "tempotron", "bal")]


def command(project, script, *arguments):
    return subprocess.run(
        [sys.executable, f"scripts/{script}.py", *map(str, arguments)],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )


def scan(project, case):
    (data,) = (project.folder / "work/data").glob("*")
    return data / f"imagesTr/{case}.nii.gz", data / f"labelsTr/{case}.nii.gz"


@pytest.mark.parametrize("model", MODELS)
def test_a_test_case_gets_the_scores_of_the_run(finished, tmp_path, model):
    name = model.replace(".", "/")
    patients = pd.read_csv(finished.folder / "results/tiny/patients.csv")
    tested = patients[(patients["model"] == name) & (patients["protocol"] == "patient") & (patients["fold"] == 0)]
    (path,) = (finished.folder / "work/train").glob(f"*/{model}.scores.npz")
    with np.load(path, allow_pickle=False) as arrays:
        known = dict(zip(arrays["patient_0/test.samples"], arrays["patient_0/test.scores"], strict=True))
    row = tested.iloc[0]
    file = finished.folder / f"results/tiny/models/{model}.npz"
    done = command(
        finished, "predict", *scan(finished, row["patient"]), file, "--split", "patient_0", "--output", tmp_path
    )
    assert done.returncode == 0, done.stderr
    words = json.loads((tmp_path / "prediction.json").read_text(encoding="utf-8"))
    ours = {f"{row['patient']}:{s['slice']:04d}": s["score"] for s in words["slices"]}
    expected = {sample: score for sample, score in known.items() if sample.startswith(f"{row['patient']}:")}
    assert ours == pytest.approx(expected, abs=1e-6)
    if name.startswith("custom/"):  # products of matrices in torch round by the size of the batch
        assert ours == expected
    assert words["members"]["patient_0"]["score"] == pytest.approx(row["score"], abs=1e-6)
    assert words["margin"] == pytest.approx(row["margin"], abs=1e-5)


def test_the_page_stands_alone_and_shows_slices_for_and_against(finished, tmp_path):
    file = finished.folder / "results/tiny/models/custom.tempotron.npz"
    done = command(finished, "predict", *scan(finished, "phantom_000"), file, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "prediction.html").read_text(encoding="utf-8")
    assert page.count("Research software, not for diagnosis.") >= 2
    for forbidden in ('src="http', 'href="http', "<script", "@import"):
        assert forbidden not in page
    words = json.loads((tmp_path / "prediction.json").read_text(encoding="utf-8"))
    low, high = words["interval"]
    assert 0 <= low <= high <= 1
    assert 0 < words["probability"] < 1
    margins = {s["slice"]: s["margin"] for s in words["slices"]}
    speaking, against = words["most_for_disease"], words["most_against_disease"]
    assert speaking == sorted((k for k in margins if margins[k] > 0), key=lambda k: -margins[k])[:3]
    assert against == sorted((k for k in margins if margins[k] <= 0), key=lambda k: margins[k])[:3]
    assert page.count('src="data:image/png;base64,') == len(speaking) + len(against)
    assert words["verdict"] == ("undecided" if low <= words["decision"] <= high else words["verdict"])
    # phantom_000 is tested by one fold and trains the other.
    (known,) = [warned["text"] for warned in words["warnings"] if warned["kind"] == "known"]
    assert "1 of 2 fold models" in known
    assert "--split patient_" in known
    assert set(words["members"]) == {"patient_0", "patient_1"}


def test_bad_scans_and_models_end_with_a_message_and_write_nothing(finished, tmp_path):
    image, mask = scan(finished, "phantom_000")
    good = finished.folder / "results/tiny/models/custom.tempotron.npz"
    torn = tmp_path / "torn.npz"
    torn.write_bytes(good.read_bytes()[:500])
    for arguments, expected in (
        ((image, mask, torn), "model file"),
        ((tmp_path / "absent.nii.gz", mask, good), "absent.nii.gz"),
        ((image, image, good), "mask"),
        ((image, mask, good, "--split", "patient_9"), "no such split"),
    ):
        done = command(finished, "predict", *arguments, "--output", tmp_path / "out")
        assert done.returncode == 1
        assert expected in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()


def test_models_are_exported_fold_by_fold(finished, tmp_path):
    for model in ("custom.surrogate", "custom.tempotron"):
        file = finished.folder / f"results/tiny/models/{model}.npz"
        done = command(finished, "export", file, "--output", tmp_path)
        assert done.returncode == 0, done.stderr
        for fold in (0, 1):
            assert nir.read(tmp_path / f"{model}.patient_{fold}.nir").nodes["input"] is not None


def test_a_table_of_scans_in_several_formats(finished, tmp_path):
    model = finished.folder / "results/tiny/models/custom.surrogate.npz"
    (image, mask), (other, other_mask) = scan(finished, "phantom_000"), scan(finished, "phantom_001")
    write_series(tmp_path / "dicom", sitk.ReadImage(str(image)))
    (tmp_path / "masks").mkdir()
    shutil.copy(mask, tmp_path / "masks" / "liver.nii.gz")
    rows = [("dicom", "masks", "a"), (str(other), str(other_mask), "b"), (str(other), str(image), "c")]
    text = "image,mask,patient,series\n" + "".join(f"{i},{m},{p},\n" for i, m, p in rows[:2])
    (tmp_path / "table.csv").write_text(text + f"{image},{image},c,\n")
    labels = ("--organ", "1", "2", "liver", "--lesion", "--ignore", "others")
    done = command(finished, "predict", tmp_path / "table.csv", model, "--output", tmp_path / "out", *labels)
    assert done.returncode == 1, done.stderr
    assert "3 scans, 1 of them refused" in done.stdout
    table = pd.read_csv(tmp_path / "out/predictions.csv").set_index("case")
    assert table["error"].notna().sum() == 1
    assert (tmp_path / "out/dicom/prediction.html").exists()
    alone = command(
        finished, "predict", image, mask, model, "--output", tmp_path / "one", "--case", "dicom", *labels[:6]
    )
    assert alone.returncode == 0, alone.stderr
    words = json.loads((tmp_path / "one/prediction.json").read_text(encoding="utf-8"))
    assert table.loc["dicom", "probability"] == pytest.approx(words["probability"], abs=1e-6)


def test_an_unknown_label_names_the_options_of_the_command(finished, tmp_path):
    model = finished.folder / "results/tiny/models/custom.surrogate.npz"
    done = command(finished, "predict", *scan(finished, "phantom_000"), model, "--organ", "7", "--lesion")
    assert done.returncode == 1
    assert "--ignore" in done.stderr
    assert "dataset.labels" not in done.stderr
