"""A case of a run, predicted from its model file, gets the scores that the run gave it."""

import json
import subprocess
import sys

import nir
import numpy as np
import pandas as pd
import pytest

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
    assert words["members"]["patient_0"]["score"] == pytest.approx(row["score"], abs=1e-6)
    assert words["margin"] == pytest.approx(row["margin"], abs=1e-5)


def test_the_page_stands_alone_and_shows_six_slices(finished, tmp_path):
    file = finished.folder / "results/tiny/models/custom.tempotron.npz"
    done = command(finished, "predict", *scan(finished, "phantom_000"), file, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "prediction.html").read_text(encoding="utf-8")
    assert page.count('src="data:image/png;base64,') == 6
    assert page.count("Research software, not for diagnosis.") >= 2
    for forbidden in ('src="http', 'href="http', "<script", "@import"):
        assert forbidden not in page
    words = json.loads((tmp_path / "prediction.json").read_text(encoding="utf-8"))
    low, high = words["interval"]
    assert 0 <= low <= high <= 1
    assert 0 < words["probability"] < 1
    margins = {s["slice"]: s["margin"] for s in words["slices"]}
    assert margins[words["most_for_disease"][0]] == max(margins.values())
    assert margins[words["most_against_disease"][0]] == min(margins.values())
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
