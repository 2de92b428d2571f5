"""The pipeline on a real Slurm: the results of a local run to the bit, a failed job told with its log, a killed one retried."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from conftest import ROOT, TINY, Project, checkout, timeless

SMALL = TINY | {"dataset": {**TINY["dataset"], "cases_per_job": 12}}
HERE = Path(__file__).parent
SITE = Path("/etc/slurm/slurm.conf")
PROFILE = (
    "--profile", "profiles/slurm", "--slurm-status-command", "squeue", "--slurm-no-account",
    "--seconds-between-status-checks", "1", "--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "20",
)  # fmt: skip


def why_not() -> str:
    """Return why Slurm cannot be started here, or nothing."""
    if os.geteuid() != 0:
        return "only root can start a Slurm"
    missing = [name for name in ("slurmctld", "slurmd", "munged", "sbatch") if shutil.which(name) is None]
    if missing:
        return f"Slurm is not installed (no {', '.join(missing)}); apt-get install slurm-wlm munge"
    return "this machine has a Slurm of its own" if SITE.exists() else ""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A Slurm of one node, ended afterwards."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    subprocess.run([HERE / "up.sh", folder], check=True)
    # Jobs look for the configuration here: what the environment says of Slurm does not reach them.
    SITE.parent.mkdir(exist_ok=True)
    SITE.unlink(missing_ok=True)
    SITE.symlink_to(folder / "slurm.conf")
    try:
        yield folder
    finally:
        SITE.unlink()
        subprocess.run([HERE / "down.sh", folder], check=True)


def jobs(cluster: Path, state: str) -> list[str]:
    """Return the ids of the jobs that ended in a state, from Slurm's own record."""
    record = (cluster / "log/jobs.txt").read_text(encoding="utf-8")
    return re.findall(rf"JobId=(\d+) .*JobState={state}", record)


def cancel_one(comment: str, seconds: float) -> list[str]:
    """Wait for a running job whose comment matches, cancel it, and return its id."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        queue = subprocess.run(["squeue", "-h", "-t", "R", "-o", "%i %k"], capture_output=True, text=True, check=True)
        for line in queue.stdout.splitlines():
            job, _, said = line.partition(" ")
            if comment in said:
                subprocess.run(["scancel", job], check=True)
                return [job]
        time.sleep(0.2)
    return []


@pytest.fixture(scope="module")
def done(cluster, tmp_path_factory) -> tuple[Project, str, list[str]]:
    """A project that ran on the cluster while one of its jobs was cancelled, its output, and the cancelled job."""
    project = checkout(tmp_path_factory.mktemp("cluster") / "project", SMALL)
    cancelled: list[str] = []
    killer = threading.Thread(target=lambda: cancelled.extend(cancel_one("rule_tune", 300)))
    killer.start()
    output = project.run(*PROFILE, "--printshellcmds")  # Snakemake's own words, among them the jobs that it submits
    killer.join()
    return project, output, cancelled


def test_jobs_go_to_the_cluster_small_ones_together(done, cluster):
    _, output, _ = done
    submitted = re.findall(r"submitted with SLURM jobid \d+ \(log: \S+/slurm_logs/([a-z_.]+?)/", output)
    assert submitted.count("rule_train") == 9
    assert submitted.count("rule_tune") == 3 + 1, "one was cancelled and submitted again"
    assert submitted.count("group_scans_data_phantom_features") == 1
    assert submitted.count("group_tables_baselines_preprocessing_samples_spikes_splits") == 1
    assert submitted.count("rule_third_arm") == 3
    assert submitted.count("rule_insight") == 9
    assert len(submitted) == 9 + 4 + 3 + 9 + 1 + 1 + 3, (
        "evaluate, models and what is left after insight are one job each"
    )
    assert len(jobs(cluster, "COMPLETED")) == len(submitted) - 1


def test_a_cancelled_job_is_tried_again(done, cluster):
    _, output, cancelled = done
    assert len(cancelled) == 1
    assert jobs(cluster, "CANCELLED") == cancelled
    assert "Trying to restart job" in output


def test_the_results_are_those_of_a_local_run_to_the_bit(done, tmp_path):
    remote, _, _ = done
    local = checkout(tmp_path / "local", SMALL)
    local.run("--quiet", "rules")
    found = {path.relative_to(remote.folder) for path in (remote.folder / "work").glob("*/*/*.npz")}
    models = [path for path in found if path.name.endswith(".model.npz")]
    assert len(models) == 9
    for path in sorted(found) + sorted(Path("results/tiny") / name for name in ("metrics.json", "models.csv")):
        assert timeless(remote.folder / path) == timeless(local.folder / path), path
    trials = [
        [
            [(t["state"], t["value"], t["params"]) for t in study["trials"]]
            for study in json.loads(path.read_text(encoding="utf-8")).values()
        ]
        for folder in (remote.folder, local.folder)
        for path in sorted((folder / "work/tune").glob("*/custom.surrogate.json"))
    ]
    assert trials[0] == trials[1]


def test_a_failed_job_is_reported_with_its_log(done, cluster, tmp_path):
    project = done[0].copy_to(tmp_path / "copy")
    project.config["models"] = {"backends": ["custom"], "rules": ["tempotron"]}
    project.config["tuning"] |= {"n_trials": 2, "workers": 2}
    (spikes,) = (project.folder / "work/spikes").glob("*/latency.patient_0.npz")
    spikes.write_bytes(spikes.read_bytes()[:-1])
    output = project.fails(*PROFILE, "--retries", "0")
    assert "An intermediate file is damaged" in output
    assert spikes.relative_to(project.folder).as_posix() in output
    assert re.search(r"logs/tune_worker/\S+custom\.tempotron", output)
    assert jobs(cluster, "FAILED")


def test_resources_reach_the_scheduler_and_grow(cluster, done):
    record = (cluster / "log/jobs.txt").read_text(encoding="utf-8")
    limits = set(re.findall(r"JobState=\w+ .*?TimeLimit=(\d+)", record))
    assert {"1440", "2880"} <= limits, "a search has a day, and a second day when it is tried again"


def test_the_scripts_need_no_shell_magic():
    for script in (HERE / "up.sh", HERE / "down.sh", *(ROOT / "profiles/generic").glob("*.sh")):
        subprocess.run(["bash", "-n", script], check=True)
        assert os.access(script, os.X_OK), script
