"""What runs again after an edit, and what does not."""

import ast
import base64
import json
import os
import shutil
from pathlib import Path

import nibabel
import numpy as np
from conftest import own_data

from snndeep.plan.addressing import address

MODELS = {"tune": 3, "train": 9, "third_arm": 3}
# Which networks the report looks into is known after the evaluation, so this follows it. A network not shown costs nothing.
LOOKED_INTO = {"insight": 9}
OUTCOME = {"evaluate": 1, "models": 1, "pictures": 1, "report": 1}
PUBLISHED = {**OUTCOME, "publish": 1}


def add_code(path: Path) -> None:
    """Add a statement to a module."""
    path.write_text(path.read_text(encoding="utf-8") + "\n\nADDED_BY_A_TEST = 1\n", encoding="utf-8")


def test_the_plan_searches_once_per_rule_and_trains_nine_models(fresh):
    jobs = fresh.planned()
    assert {rule: jobs[rule] for rule in MODELS} == MODELS
    assert jobs == {
        "data_phantom": 3, "features": 3, "samples": 1, "splits": 1, "preprocessing": 1, "spikes": 2, "baselines": 1,
        **MODELS, **LOOKED_INTO, **PUBLISHED,
    }  # fmt: skip


def test_the_plan_of_the_study_has_all_cases(fresh):
    jobs = fresh.planned("--configfile", "config/msd.yaml")
    assert (jobs["archive_msd"], jobs["data_msd"]) == (1, 131)
    assert jobs["features"] == 17
    assert {rule: jobs[rule] for rule in MODELS} == MODELS


def test_a_script_is_told_what_its_address_says_and_nothing_else(finished):
    """Snakemake's own records of all jobs: one parameter each, the stage's record, which makes the address."""
    seen = set()
    for file in (finished.folder / ".snakemake/metadata").rglob("*"):
        if not file.is_file():
            continue
        job = json.loads(file.read_text(encoding="utf-8"))
        output = base64.b64decode(file.name, altchars=b"-_").decode()
        if not output.startswith("work/"):
            continue
        (text,) = job["params"]
        record = ast.literal_eval(text)
        made = address(*(record[key] for key in ("stage", "config", "code", "versions", "inputs")))
        assert made == record["address"] == Path(output).parts[2]
        seen.add(job["rule"])
    assert seen == {
        "data_phantom", "features", "samples", "splits", "preprocessing", "spikes", "baselines", "tune", "train",
        "third_arm", "evaluate", "models", "insight", "pictures", "report",
    }  # fmt: skip


def test_nothing_runs_twice(project):
    assert project.planned() == {}


def test_a_report_setting_runs_the_report_alone(project):
    project.config["report"] = {"title": "Another title"}
    assert project.planned() == {"report": 1, "publish": 1}


def test_the_page_template_runs_the_report_alone(project):
    page = project.folder / "scripts/snndeep/reporting/page.html.jinja"
    page.write_text(page.read_text(encoding="utf-8") + "<!-- edited -->", encoding="utf-8")
    assert project.unmade() == {"report": 1}


def test_an_evaluation_setting_trains_nothing(project):
    project.config["evaluation"] = {"bootstrap": 30}
    assert project.unmade() == {**LOOKED_INTO, **OUTCOME}


def test_an_encoder_setting_runs_from_its_encoding_on(project):
    project.config["encoders"]["latency"]["steps"] = 6
    assert project.unmade() == {"spikes": 1, "tune": 1, "train": 3, "third_arm": 1, **LOOKED_INTO, **OUTCOME}


def test_preprocessing_runs_from_encoding_on(project):
    project.config["preprocessing"]["features"] = 6
    assert project.unmade() == {"preprocessing": 1, "spikes": 2, "baselines": 1, **MODELS, **LOOKED_INTO, **OUTCOME}


def test_importance_runs_again_without_any_training(project):
    project.config["insight"] = {"repeats": 3}
    assert project.unmade() == {"insight": 9, "report": 1}


def test_an_edit_taken_back_runs_nothing(project):
    project.config["encoders"]["latency"]["steps"] = 6
    assert project.unmade()
    project.config["encoders"]["latency"]["steps"] = 5
    assert project.unmade() == {}


def test_an_edit_that_was_run_and_taken_back_only_publishes(project):
    project.config["report"] = {"title": "Another title"}
    project.run("--quiet", "rules")
    assert "Another title" in (project.folder / "results/tiny/report.html").read_text(encoding="utf-8")
    shutil.rmtree(project.folder / ".snakemake")
    del project.config["report"]
    assert project.planned() == {"publish": 1}, "what Snakemake remembers of earlier runs does not matter"
    shutil.rmtree(project.folder / "work/pictures")
    assert project.planned()["publish"] == 1, "nor does it matter what has to be made before"


def test_fewer_models_and_all_again(project):
    models = project.folder / "results/tiny/models"
    project.config["models"] = {"backends": ["custom"], "rules": ["surrogate", "tempotron"]}
    assert project.planned() == {"insight": 2, **PUBLISHED}
    project.run("--quiet", "rules")
    assert sorted(path.name for path in models.glob("[!.]*")) == ["custom.surrogate.npz", "custom.tempotron.npz"]
    del project.config["models"]
    assert project.planned() == {"publish": 1}
    project.run("--quiet", "rules")
    assert len(list(models.glob("[!.]*"))) == 9


def test_a_report_that_another_checkout_wrote_again_is_not_published_again(project):
    for path in (project.folder / "work/report").rglob("*"):
        path.touch()
    assert project.planned() == {}


def test_a_published_file_that_is_gone_is_published_again(project):
    (project.folder / "results/tiny/metrics.json").unlink()
    assert project.planned() == {"publish": 1}


def test_a_comment_runs_nothing(project):
    module = project.folder / "scripts/snndeep/learning/optimiser.py"
    text = module.read_text(encoding="utf-8")
    module.write_text("# A comment.\n" + text.replace('"""', '"""Another docstring. ', 1), encoding="utf-8")
    assert project.unmade() == {}


def test_code_runs_its_stage_and_what_follows(project):
    add_code(project.folder / "scripts/snndeep/learning/optimiser.py")
    assert project.unmade() == {**MODELS, **LOOKED_INTO, **OUTCOME}


def test_one_learning_rule_edited_runs_its_three_models(project):
    add_code(project.folder / "scripts/snndeep/learning/tempotron.py")
    assert project.unmade() == {"tune": 1, "train": 3, "third_arm": 1, **LOOKED_INTO, **OUTCOME}


def test_one_backend_edited_runs_its_three_models(project):
    add_code(project.folder / "scripts/snndeep/backends/snntorch.py")
    assert project.unmade() == {"train": 3, **LOOKED_INTO, **OUTCOME}


def test_more_trials_run_only_the_new_ones(project):
    project.config["tuning"]["n_trials"] = 2
    assert project.planned() == {**MODELS, **LOOKED_INTO, **PUBLISHED}
    project.run()
    logs = [path.read_text(encoding="utf-8") for path in (project.folder / "logs/tune").glob("*.log")]
    assert sum(text.count("2 trials (1 new)") for text in logs) == MODELS["tune"] * 4


def test_more_patients_keep_those_already_made(project):
    project.config["dataset"]["phantom"]["patients"] = 16
    jobs = project.unmade()
    assert (jobs["features_batch"], jobs["samples"]) == (1, 1)
    assert "data" not in jobs


def test_jobs_may_be_cut_differently_without_any_change(project):
    project.config["dataset"]["cases_per_job"] = 6
    assert set(project.planned()) <= {"data_phantom", "features", "publish"}


def test_a_bad_scan_ends_the_run_or_is_left_out_and_listed(finished, fresh):
    folder = own_data(finished, fresh)
    fresh.config["models"] = {"backends": ["custom"], "rules": ["tempotron"]}
    scan = sorted((folder / "imagesTr").glob("*"))[-1]
    scan.write_bytes(scan.read_bytes()[:5000])
    output = fresh.fails("--quiet", "rules")
    assert scan.name in output
    fresh.config["dataset"]["on_bad_case"] = "skip"
    fresh.run("--quiet", "rules")
    report = (fresh.folder / "results/own/report.html").read_text(encoding="utf-8")
    assert "Cases left out" in report
    assert scan.name in report


def test_a_users_own_scans(finished, fresh):
    folder = own_data(finished, fresh)
    fresh.config["models"] = {"backends": ["custom"], "rules": ["tempotron"]}
    fresh.run("--quiet", "rules")
    report = (fresh.folder / "results/own/report.html").read_text(encoding="utf-8")
    assert "Synthetic" not in report
    assert fresh.planned() == {}

    first = min((folder / "imagesTr").glob("*"))
    os.utime(first, (1, 1))
    assert fresh.planned() == {}, "touching a scan runs nothing"

    scan = nibabel.load(first)
    nibabel.save(nibabel.Nifti1Image(np.asarray(scan.dataobj) + np.int16(1), scan.affine), first)
    jobs = fresh.planned()
    assert (jobs["survey"], jobs["features"]) == (1, 1)
    fresh.run("--quiet", "rules")
    logs = [path.read_text(encoding="utf-8") for path in (fresh.folder / "logs/features").glob("*.log")]
    assert sum("extracted 1 cases, found 3 already there" in text for text in logs) == 1, logs
