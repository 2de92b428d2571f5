"""Edits that change no number run nothing; what is lost, or asked for again, is made again."""

import shutil
from pathlib import Path

import numpy as np
from conftest import Project
from test_newcomers import add_toys

from snndeep.store.files import intact, provenance_path, read_npz, read_record, record_provenance

OUTCOME = {"evaluate": 1, "models": 1, "pictures": 1, "report": 1}


def edit(project: Project, file: str, old: str, new: str) -> None:
    """Replace a text of the library."""
    path = project.folder / "scripts/snndeep" / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_new_members_of_every_family_run_nothing(project):
    add_toys(project.folder / "scripts/snndeep")
    assert project.unmade() == {}


def test_a_new_default_runs_nothing_that_is_there(project):
    add_toys(project.folder / "scripts/snndeep")
    edit(project, "learning/registry.py", '"tempotron", "bal")', '"tempotron", "bal", "toy_rule")')
    project.config["models"] = {"rules": ["surrogate", "tempotron", "bal"]}
    assert project.unmade() == {}


def test_words_run_nothing(project):
    edit(project, "store/files.py", "An intermediate file is missing.", "A file of the store is missing.")
    edit(project, "errors.py", "Make space within the quota", "Make room within the quota")
    edit(project, "learning/surrogate.py", "from __future__", '"""Other words."""\nfrom __future__')
    edit(project, "registry.py", "This {kind} does not exist.", "No such {kind}.")
    assert project.unmade() == {}


def test_code_of_a_family_or_filter_that_is_off_runs_nothing(project):
    for file in (
        "radiomics/gldzm.py",
        "radiomics/filters/gabor.py",
        "spikes/encoders/population.py",
        "learning/eprop.py",
    ):
        edit(
            project,
            file,
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nREVISION = 2\n",
        )
        assert project.unmade() == {}, file


def test_a_renamed_local_variable_runs_nothing(project):
    edit(project, "training/fit.py", "shown", "examined")
    assert project.unmade() == {}


def test_another_version_runs_the_stages_that_use_the_package(project):
    assert project.unmade() == {}
    models = {"tune": 6, "train": 6}
    assert project.unmade(torch="99.0") == {**models, **OUTCOME}
    assert project.unmade(nir="99.0", tqdm="99.0", filelock="99.0") == {}
    assert project.unmade(matplotlib="99.0") == {"report": 1}
    assert project.unmade(optuna="99.0")["tune"] == 9
    everything = project.unmade(numpy="99.0")
    assert everything["data"] == everything["samples"] == everything["report"] == 1


def test_a_store_that_was_copied_without_its_times_runs_nothing(lean, tmp_path):
    shutil.copytree(lean.folder, tmp_path / "copy", copy_function=shutil.copy, symlinks=True)
    project = Project(tmp_path / "copy", lean.config)
    # The files of a copy have any order; here, results are older than what they were made of.
    for path in (project.folder / "work/data").rglob("*.*"):
        path.touch()
    assert project.planned() == {}


def test_a_forced_job_replaces_its_file(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    (scores,) = (project.folder / "work/train").rglob("*.scores.npz")
    right, record = read_npz(scores, "train"), read_record(scores)
    name = next(name for name, values in right.items() if name.endswith(".scores") and values.size)
    with scores.open("wb") as file:
        np.savez_compressed(file, **{**right, name: right[name] + 1})
    record_provenance(scores, record)
    target = str(scores.relative_to(project.folder))
    project.run("--quiet", "rules", "--", target)
    assert not np.array_equal(read_npz(scores, "train")[name], right[name]), "an intact file stays"
    project.run("--quiet", "rules", "--forcerun", "train", "--until", "train")
    np.testing.assert_array_equal(read_npz(scores, "train")[name], right[name])
    assert all(intact(path) for path in scores.parent.glob("*.npz"))


def test_a_forced_extraction_extracts_again(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    project.run("--quiet", "rules", "--forcerun", "features", "--until", "features")
    (log,) = (project.folder / "logs/features").glob("*.log")
    assert "extracted 12 cases, found 0 already there" in log.read_text(encoding="utf-8")


def test_scans_and_tables_that_are_gone_are_made_again_where_they_are_needed(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    scan = next((project.folder / "work/data").rglob("imagesTr/*.nii.gz"))
    table = next((project.folder / "work/features").rglob("slices.parquet"))
    for path in (scan, table):
        path.unlink()
        provenance_path(path).unlink()
    assert project.planned() == {}, "nothing needs them"
    said = project.fails("--quiet", "rules", "--", "verify")
    assert scan.name in said
    assert str(table.relative_to(project.folder / "work/features")) in said
    shutil.rmtree(project.folder / "work/samples")
    jobs = project.planned()
    assert (jobs["data_phantom"], jobs["features"], jobs["samples"]) == (1, 1, 1), jobs
    project.run("--quiet", "rules", "--until", "samples")
    assert scan.exists()
    assert table.exists()
    assert Path(project.folder / "work/samples").exists()
