"""Bad input ends with one clear message before any work."""

import json

import pytest
from conftest import own_data


def message(project) -> str:
    output = project.fails("--quiet", "rules")
    assert "Traceback" not in output
    assert not (project.folder / "work").exists() or not list((project.folder / "work").glob("features/*"))
    return output


PROFILE = "Using workflow specific profile profiles/default for setting default command line arguments."


def test_a_mistake_in_the_configuration_is_the_whole_answer(fresh):
    """tests/unit/test_bad_configuration.py has the mistakes; here is what a terminal shows of one of each kind."""
    mine = fresh.folder / "mine.yaml"
    mine.write_text("splits:\n  folds: 3\n  folds: 4\n")
    twice = fresh.fails("--configfile", "mine.yaml").splitlines()
    assert twice[:3] == [PROFILE, "The key splits.folds is there twice.", "  where:       mine.yaml, lines 2 and 3"]
    assert len(twice) == 5
    mine.write_text("splits:\n  folds: three\n")
    words = fresh.fails("--configfile", "mine.yaml").splitlines()
    assert words == [
        PROFILE,
        "A value in the configuration is invalid.",
        "  where:       splits.folds (mine.yaml, line 2)",
        '  found:       the text "three"',
        "  expected:    a whole number",
        "  what to do:  Test folds of each protocol.",
    ]
    option = fresh.fails("--config", "run=mine", "--config", "seed=3").splitlines()
    assert option[:2] == [PROFILE, "--config is there twice, and Snakemake would drop what the first one says."]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c["splits"].update(folds=13), ["fewer patients than folds", "12 patients, 13 folds"]),
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
