"""Tuning spread over several jobs: the same outcome as one job's, and no reason to run anything again."""

from test_reruns import MODELS

DATABASE = "sqlite:///trials.db?password=hunter2"


def test_workers_and_the_kind_of_storage_run_nothing_again(project):
    project.config["tuning"] |= {"workers": 3, "storage": DATABASE}
    assert project.planned() == {}


def test_new_trials_are_shared_between_the_workers(project):
    project.config["tuning"] |= {"workers": 9, "n_trials": 2}
    jobs = project.planned()
    assert jobs["tune_worker"] == 3 * 4, "no more workers than splits"
    assert {rule: jobs[rule] for rule in MODELS} == MODELS


def test_workers_with_a_database_give_the_same_models_and_keep_the_secret(finished, fresh):
    fresh.config["models"] = {"backends": ["custom"], "rules": ["tempotron"]}
    fresh.config["tuning"] |= {"workers": 3, "storage": DATABASE}
    output = fresh.run("--printshellcmds")
    assert (fresh.folder / "trials.db").is_file()
    logs = sorted((fresh.folder / "logs/tune_worker").glob("*.log"))
    assert len(logs) == 3
    assert sum(path.read_text(encoding="utf-8").count("1 trials (1 new)") for path in logs) == 4, (
        "each split was one worker's"
    )
    assert all("(0 new)" in path.read_text(encoding="utf-8") for path in (fresh.folder / "logs/tune").glob("*.log"))
    models = sorted((fresh.folder / "work/train").glob("*/*.npz"))
    assert len(models) >= 3
    for path in models:
        assert path.read_bytes() == (finished.folder / path.relative_to(fresh.folder)).read_bytes(), path.name
    assert "hunter2" not in output
    for folder in ("work", "results", "logs", ".snakemake"):
        for path in (fresh.folder / folder).rglob("*"):
            assert not path.is_file() or b"hunter2" not in path.read_bytes(), path
