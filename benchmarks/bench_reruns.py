"""What runs again after a typical edit, and how long that takes against a full run.

A small study of a user's own scans (16 synthetic patients, the three models of the custom backend) is run once. Each
edit is then made in a copy of the finished study and run. Three more rows measure what Snakemake and the plan cost by
themselves: a run with nothing to do, and the reading and the dry run of a study of 1,000 patients.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from snndeep.phantom.generate import dataset_description, write_case  # noqa: E402
from snndeep.phantom.settings import PhantomSettings  # noqa: E402

PARTS = ("Snakefile", "workflow", "config", "scripts", "envs", "profiles")
PATIENTS = 16
RECIPE = {"shape": [64, 64, 24], "patients": PATIENTS, "seed": 7}
CONFIG = {
    "run": "bench",
    "dataset": {"source": "directory", "path": "scans", "cases_per_job": 4},
    "features": {"patient_features": False},
    "splits": {"folds": 2},
    "preprocessing": {"features": 16},
    "models": {"backends": ["custom"], "rules": ["surrogate", "tempotron", "bal"]},
    "learning": {
        "surrogate": {"hidden": 32, "epochs": 8},
        "tempotron": {"epochs": 10},
        "bal": {"hidden": 32, "epochs": 5, "rounds": 2},
    },
    "tuning": {"n_trials": 3},
    "evaluation": {"bootstrap": 200},
}


@dataclass
class Study:
    """A checkout with its configuration."""

    folder: Path
    config: dict[str, Any]

    def snakemake(self, *arguments: str) -> tuple[str, float]:
        """Run Snakemake and return its output and the seconds that it took."""
        (self.folder / "config/config.yaml").write_text(yaml.safe_dump(self.config))
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout + done.stderr, time.perf_counter() - start

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text in a file."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise RuntimeError(f"{old!r} is not in {file}; the benchmark has to follow the code")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def new_study(folder: Path) -> Study:
    """Copy the pipeline to a new folder and make the scans."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / part)
    settings = PhantomSettings.from_mapping(RECIPE)
    description = dataset_description(settings)
    for index, entry in enumerate(description["training"]):
        write_case(settings, index, folder / "scans" / entry["image"], folder / "scans" / entry["label"])
    (folder / "scans/dataset.json").write_text(json.dumps(description))
    return Study(folder, copy.deepcopy(CONFIG))


def setting(*keys: str, value: Any) -> Callable[[Study], None]:
    """Return an edit that sets a key of the configuration."""

    def edit(study: Study) -> None:
        section = study.config
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        section[keys[-1]] = value

    return edit


def replace_scan(study: Study) -> None:
    """Put a new patient's scan and mask in the place of the first."""
    settings = PhantomSettings.from_mapping({**RECIPE, "patients": PATIENTS + 1})
    image, label = (sorted((study.folder / "scans" / part).glob("*.nii.gz"))[0] for part in ("imagesTr", "labelsTr"))
    write_case(settings, PATIENTS, image, label)


def comment(study: Study) -> None:
    """Write a comment into a module that every model runs."""
    study.edit("scripts/snndeep/learning/optimiser.py", "from __future__", "# A comment.\nfrom __future__")


def learning_code(study: Study) -> None:
    """Change what one learning rule does."""
    study.edit("scripts/snndeep/learning/tempotron.py", "setting(0.3, ", "setting(0.4, ")


def feature_code(study: Study) -> None:
    """Change the code of a feature family."""
    old = "from __future__ import annotations\n"
    study.edit("scripts/snndeep/radiomics/glcm.py", old, f"{old}\nREVISION = 2\n")


EDITS: dict[str, Callable[[Study], None]] = {
    "nothing": lambda study: None,
    "a comment in the code": comment,
    "colours of the report": setting("report", "palette", value="deep"),
    "3 trials to 4": setting("tuning", "n_trials", value=4),
    "code of one learning rule": learning_code,
    "settings of one learning rule": setting("learning", "bal", "rounds", value=3),
    "time steps of the encoder": setting("encoders", "population", "steps", value=10),
    "another encoder for one rule": setting("learning", "tempotron", "encoder", value="latency"),
    "features kept, 16 to 12": setting("preprocessing", "features", value=12),
    "one fold more": setting("splits", "folds", value=3),
    "the seed": setting("seed", value=8),
    "one scan replaced": replace_scan,
    "a feature family off": setting(
        "features", "families", value=["intensity_statistics", "intensity_histogram", "glcm", "glrlm", "glszm", "ngtdm"]
    ),
    "code of a feature family": feature_code,
}


def jobs_of(output: str) -> dict[str, int]:
    """Return the number of jobs by rule from the table that Snakemake prints."""
    found = re.findall(r"^([a-z_]+) +(\d+)$", output, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in found if rule not in ("all", "total")}


def told(jobs: dict[str, int]) -> str:
    """Return the jobs in words."""
    return ", ".join(rule if count == 1 else f"{count} {rule}" for rule, count in jobs.items()) or "none"


def measure_edits(base: Study, names: list[str]) -> list[dict[str, Any]]:
    """Run the study, then each edit in a copy of its own."""
    planned, _ = base.snakemake("--dry-run", "--quiet", "rules")
    everything = jobs_of(planned)
    _, full = base.snakemake("--quiet", "rules")
    print("| edit | what runs | seconds | share of a full run |\n| --- | --- | --- | --- |")
    print(f"| (full run) | {sum(everything.values())} jobs | {full:.0f} | |", flush=True)
    rows = []
    for name in names:
        study = Study(base.folder.with_name("edited"), copy.deepcopy(base.config))
        shutil.copytree(base.folder, study.folder, symlinks=True)
        EDITS[name](study)
        jobs = jobs_of(study.snakemake("--dry-run", "--quiet", "rules")[0])
        _, seconds = study.snakemake("--quiet", "rules")
        shutil.rmtree(study.folder)
        rows.append(
            {"work": name, "ours_s": seconds, "peer": "full run", "peer_s": full, "ratio": full / seconds, "jobs": jobs}
        )
        print(f"| {name} | {told(jobs)} | {seconds:.1f} | {seconds / full:.0%} |", flush=True)
    return rows


def measure_overhead(base: Study) -> list[dict[str, Any]]:
    """Measure a run with nothing to do and the dry run of 1,000 patients, each the best of three."""
    large = Study(base.folder, {"dataset": {"phantom": {"patients": 1000}, "cases_per_job": 1}})
    measured = {
        "a run with nothing to do": (lambda: base.snakemake("--quiet", "rules"), "<= 4 s after Python's start"),
        "reading the workflow, 1,000 patients": (lambda: large.snakemake("--list-rules"), "<= 2 s"),
        "dry run, 1,000 patients in 1,000 jobs": (lambda: large.snakemake("--dry-run", "--quiet", "rules"), "<= 15 s"),
    }
    rows = []
    for work, (run, goal) in measured.items():
        seconds, processor = min(timed(run) for _ in range(3))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        rows.append({"work": work, "ours_s": seconds, "processor_s": processor, "goal": goal, "peak_mb": peak})
        print(
            f"{work}: {seconds:.2f} s, {processor:.2f} s of processor time, goal {goal}; so far at most {peak:.0f} MB"
        )
    return rows


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds and the seconds of processor time that what a function starts takes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=list(EDITS), default=list(EDITS), help="these edits alone")
    parser.add_argument(
        "--overhead", action="store_true", help="measure what Snakemake and the plan cost, and no edits"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = new_study(Path(folder) / "study")
        if options.overhead:
            base.config["dataset"] = {"source": "phantom", "phantom": {"patients": 12, "shape": [48, 48, 12]}}
            base.config["models"] = {"backends": ["custom"], "rules": ["tempotron"]}
            base.snakemake("--quiet", "rules")
        rows = [] if options.overhead else measure_edits(base, options.only)
        rows += measure_overhead(base)
    path = ROOT / "benchmarks/results/reruns.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
