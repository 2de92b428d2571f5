"""Bad input ends with one clear message before any work."""

import json

import pytest
from conftest import own_data


def message(project) -> str:
    output = project.fails("--quiet", "rules")
    assert "Traceback" not in output
    assert not (project.folder / "work").exists() or not list((project.folder / "work").glob("features/*"))
    return output


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.update(sead=1), ["unknown key", "sead", "Did you mean 'seed'"]),
        (lambda c: c["splits"].update(fold=3), ["splits.fold", "Did you mean 'folds'"]),
        (lambda c: c["splits"].update(folds=1), ["splits.folds", "at least 2"]),
        (lambda c: c["splits"].update(folds=13), ["fewer patients than folds", "12 patients, 13 folds"]),
        (lambda c: c["splits"].update(protocols=["scan"]), ["splits.protocols", "patient, slice"]),
        (lambda c: c.update(seed="seven"), ["seed", "'seven'", "integer"]),
        (lambda c: c["dataset"].update(source="dicom"), ["dataset.source", "phantom, directory, msd"]),
        (lambda c: c["dataset"].update(labels={"organ": [1], "lesion": [1]}), ["dataset.labels", "different labels"]),
        (lambda c: c["dataset"]["phantom"].update(diseased_fraction=2), ["diseased_fraction", "at most 1"]),
        (lambda c: c["dataset"]["phantom"].update(shape=[16, 16, 8]), ["shape"]),
        (lambda c: c.update(models={"backends": ["brian"]}), ["models.backends", "custom"]),
        (
            lambda c: c["tuning"].update(search_space={"tempotron": {"taum": {"low": 1, "high": 2}}}),
            ["tuning.search_space.tempotron.taum", "tau_m"],
        ),
        (
            lambda c: c["tuning"].update(search_space={"bal": {"beta": {"low": 0.9, "high": 0.2}}}),
            ["tuning.search_space.bal.beta", "low < high"],
        ),
        (
            lambda c: c.update(dataset={"source": "directory", "path": "nowhere"}),
            ["folder does not exist", "nowhere"],
        ),
    ],
)
def test_configuration(fresh, change, expected):
    change(fresh.config)
    output = message(fresh)
    for text in expected:
        assert text in output


def test_absent_files_of_a_description(fresh):
    folder = fresh.folder / "scans"
    folder.mkdir()
    entry = {"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}
    (folder / "dataset.json").write_text(json.dumps({"training": [entry]}))
    fresh.config["dataset"] = {"source": "directory", "path": "scans"}
    output = message(fresh)
    assert "names files that are not there" in output
    assert "imagesTr/a.nii.gz" in output


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"training": [{"image": 1}]}', '{"training": []}'])
def test_descriptions_without_sense(fresh, text):
    folder = fresh.folder / "scans"
    folder.mkdir()
    (folder / "dataset.json").write_text(text)
    fresh.config["dataset"] = {"source": "directory", "path": "scans"}
    assert "dataset.json" in message(fresh)


def test_one_class_only(finished, fresh):
    folder = own_data(finished, fresh)
    fresh.config["dataset"]["labels"] = {"organ": [1, 2], "lesion": [3]}
    assert folder.is_dir()
    assert "one class only" in message(fresh)
