"""A tiny project that is run once; every test works on a copy of its own."""

from __future__ import annotations

import copy
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from snndeep.plan.addressing import CodeBase
from snndeep.plan.configuration import complete
from snndeep.plan.plan import Plan
from snndeep.plan.versions import Versions

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "workflow", "config", "scripts", "envs", "profiles")
TINY = {
    "run": "tiny",
    "dataset": {"source": "phantom", "cases_per_job": 4, "phantom": {"patients": 12, "shape": [48, 48, 12]}},
    "features": {"patient_features": False, "families": ["intensity_statistics", "intensity_histogram", "glcm"]},
    "splits": {"folds": 2},
    "preprocessing": {"features": 8, "within_patient": "both"},
    "encoders": {"rate": {"steps": 5}, "latency": {"steps": 5}},
    "learning": {
        "surrogate": {"encoder": "rate", "hidden": 8, "epochs": 2},
        "tempotron": {"encoder": "latency", "epochs": 2},
        "bal": {"encoder": "rate", "hidden": [8, 6], "epochs": 1, "rounds": 2},
    },
    "tuning": {"n_trials": 1},
    "evaluation": {"bootstrap": 20},
}
# One job of each rule.
LEAN = {
    **TINY,
    "run": "lean",
    "dataset": {**TINY["dataset"], "cases_per_job": 12},
    "splits": {"folds": 2, "protocols": ["patient"]},
    "models": {"backends": ["custom"], "rules": ["surrogate"]},
    "tuning": {"n_trials": 3},
}


@dataclass
class Project:
    """A checkout in a folder of its own, with its configuration."""

    folder: Path
    config: dict

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        """Start Snakemake, its output and errors going to `stdout`; options are those of Popen."""
        (self.folder / "config" / "config.yaml").write_text(yaml.safe_dump(self.config))
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **options.pop("env", {})}
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            **{"cwd": self.folder, **options},
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def snakemake(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Run Snakemake and return what came of it."""
        process = self.start(*arguments, **options)
        output, _ = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def run(self, *arguments: str, **options) -> str:
        """Run Snakemake, expecting success, and return its output."""
        done = self.snakemake(*arguments, **options)
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout

    def fails(self, *arguments: str) -> str:
        """Run Snakemake, expecting failure, and return its output."""
        done = self.snakemake(*arguments)
        assert done.returncode != 0, done.stdout[-4000:]
        return done.stdout

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule a dry run plans."""
        output = self.run("--dry-run", "--quiet", "rules", *arguments)
        jobs = dict(re.findall(r"^([a-z_]+) +(\d+)$", output, flags=re.MULTILINE))
        assert jobs or "Nothing to be done" in output, output
        return {rule: int(count) for rule, count in jobs.items() if rule not in ("all", "total")}

    def unmade(self, **versions: str) -> dict[str, int]:
        """Return how many addresses of each stage the plan of the present configuration and code finds without files.

        It is what Snakemake plans, without Snakemake: a job runs where its address holds nothing.

        Args:
            **versions: Of packages that are to count as installed.
        """
        config = complete({**self.config, "store": str(self.folder / self.config.get("store", "work"))})
        scripts = self.folder / "scripts"
        files = [path.relative_to(scripts).as_posix() for path in scripts.rglob("*.py")]
        code = CodeBase(scripts)
        pinned = Versions().of(code.packages(*files)) | versions
        stages = Plan(config, code, Versions(pinned)).stages()
        missing = Counter(stage.name for stage in stages if not Path(stage.folder).exists())
        return {name: count for name, count in missing.items() if name not in ("features", "studies")}

    def copy_to(self, folder: Path) -> Project:
        """Return an independent copy with all its results."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder, copy.deepcopy(self.config))


def checkout(folder: Path, config: dict) -> Project:
    """Copy the pipeline's sources to a new folder."""
    folder.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            shutil.copy(source, folder / part)
    return Project(folder, copy.deepcopy(config))


def timeless(path: Path) -> bytes:
    """Return the bytes of a file, of the metrics those that are not about time."""
    if path.name != "metrics.json":
        return path.read_bytes()
    metrics = json.loads(path.read_text(encoding="utf-8"))
    return json.dumps({key: value for key, value in metrics.items() if key not in ("cost", "claims")}).encode()


def own_data(finished, project) -> Path:
    """Turn the phantom's scans into a user's data set."""
    folder = project.folder / "scans"
    (data,) = (finished.folder / "work" / "data").glob("*")
    for part in ("imagesTr", "labelsTr"):
        shutil.copytree(data / part, folder / part, ignore=shutil.ignore_patterns("*.json"))
    names = sorted(path.name for path in (folder / "imagesTr").glob("*.nii.gz"))
    entries = ", ".join(f'{{"image": "./imagesTr/{n}", "label": "./labelsTr/{n}"}}' for n in names)
    (folder / "dataset.json").write_text(f'{{"training": [{entries}]}}')
    project.config["dataset"] = {"source": "directory", "path": "scans", "cases_per_job": 4}
    project.config["run"] = "own"
    return folder


def run_once(name: str, config: dict, tmp_path_factory) -> Project:
    """Return a project whose whole pipeline has run; all workers of a parallel test run share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "results").exists():
            return Project(folder, copy.deepcopy(config))
        shutil.rmtree(folder, ignore_errors=True)
        project = checkout(folder, config)
        project.run("--quiet", "rules")
        return project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """A project whose whole pipeline has run; not to be changed."""
    return run_once("finished", TINY, tmp_path_factory)


@pytest.fixture(scope="session")
def lean(tmp_path_factory) -> Project:
    """A project of one model whose whole pipeline has run; not to be changed."""
    return run_once("lean", LEAN, tmp_path_factory)


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished project."""
    return finished.copy_to(tmp_path / "copy")


@pytest.fixture
def fresh(tmp_path) -> Project:
    """A project in which nothing has run."""
    return checkout(tmp_path / "fresh", TINY)
