"""An external test set: scored with the models of a run, never seen in training."""

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from conftest import Project, own_data

from snndeep.evaluation.metrics import METRICS


@pytest.fixture
def with_outside(lean, tmp_path) -> Project:
    """The lean run, and beside it its own scans as an external set."""
    project = lean.copy_to(tmp_path / "copy")
    config = dict(project.config)
    own_data(lean, project).rename(project.folder / "outside")
    project.config = config
    project.config["dataset"] = {**config["dataset"], "external": {"path": "outside"}}
    return project


def measure_again(folder: Path) -> None:
    """Add the noise of another acquisition to all scans of a folder."""
    rng = np.random.default_rng(5)
    for path in (folder / "imagesTr").iterdir():
        image = nibabel.load(path)
        voxels = np.rint(image.get_fdata() + rng.normal(0, 3, image.shape)).astype(np.int16)
        nibabel.save(nibabel.Nifti1Image(voxels, image.affine), path)


def test_scans_of_the_run_are_refused(with_outside):
    output = with_outside.fails("--quiet", "rules")
    assert "holds scans of the run's own data set" in output
    assert "dataset.external" in output


def test_an_external_set_is_scored_and_trains_nothing(with_outside):
    measure_again(with_outside.folder / "outside")
    assert set(with_outside.planned()) == {"features", "external", "report", "publish"}
    with_outside.run("--quiet", "rules")
    results = with_outside.folder / "results/lean"
    found = json.loads((results / "external.json").read_text(encoding="utf-8"))
    assert found["scans"] == 12
    (model,) = found["models"].values()
    for unit in ("slice", "patient"):
        low, high = model[unit]["interval"]["roc_auc"]
        assert low <= model[unit]["roc_auc"] <= high
    assert set(METRICS) <= set(model["patient"])
    patients = (results / "external_patients.csv").read_text(encoding="utf-8").splitlines()
    assert len(patients) == 1 + model["patient"]["n"] == 13
    assert "External test set" in (results / "report.html").read_text(encoding="utf-8")
    assert with_outside.planned() == {}
    assert "files are as they were written" in with_outside.run("verify", "--quiet", "rules")
