"""The jobs that a typical edit re-runs, and the time that they take compared with a full run.

A small study of a user's own scans (16 synthetic patients, the three models of the custom backend) is run once. Each
edit is then made in a copy of the finished study, which is run again. Three more rows measure the overhead of Snakemake
and the plan: a run with nothing to do, and reading and dry-running a study of 1,000 patients.
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

TOYS = ROOT / "tests/toys"
PARTS = ("Snakefile", "workflow", "config", "scripts", "envs", "profiles")
IMPORTS = "from __future__ import annotations\n"
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
    """A checkout with its configuration.

    Attributes:
        folder: The checkout.
        config: The configuration, written before each run.
        arguments: Of Snakemake, beyond those that every run has.
    """

    folder: Path
    config: dict[str, Any]
    arguments: tuple[str, ...] = ()

    def snakemake(self, *arguments: str) -> tuple[str, float]:
        """Run Snakemake and return its output and its duration in seconds."""
        (self.folder / "config/config.yaml").write_text(yaml.safe_dump(self.config))
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, *self.arguments],
            cwd=self.folder,
            # A folder of packages that count as installed, see `another_version`.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(self.folder / "packages")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout + done.stderr, time.perf_counter() - start

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the first occurrence of a text in a file."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise RuntimeError(f"{old!r} is not in {file}; adapt the benchmark to the code")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def new_study(folder: Path) -> Study:
    """Return a study in a new folder, with a copy of the pipeline and new scans."""
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
    """Replace the first scan and mask by those of a new patient."""
    settings = PhantomSettings.from_mapping({**RECIPE, "patients": PATIENTS + 1})
    image, label = (sorted((study.folder / "scans" / part).glob("*.nii.gz"))[0] for part in ("imagesTr", "labelsTr"))
    write_case(settings, PATIENTS, image, label)


def comment(study: Study) -> None:
    """Add a comment to a module that every model uses."""
    study.edit("scripts/snndeep/learning/optimiser.py", "from __future__", "# A comment.\nfrom __future__")


def learning_code(study: Study) -> None:
    """Change the code of one learning rule."""
    study.edit("scripts/snndeep/learning/tempotron.py", IMPORTS, f"{IMPORTS}\nREVISION = 2\n")


def feature_code(study: Study) -> None:
    """Change the code of a feature family."""
    study.edit("scripts/snndeep/radiomics/glcm.py", IMPORTS, f"{IMPORTS}\nREVISION = 2\n")


def replace_text(file: str, old: str, new: str) -> Callable[[Study], None]:
    """Return an edit that replaces a text in a file of the library."""
    return lambda study: study.edit(f"scripts/snndeep/{file}", old, new)


def new_member(toy: str, module: str, registry: str, family: str) -> Callable[[Study], None]:
    """Return an edit that adds a member to a family: its module and its line in the registry."""

    def edit(study: Study) -> None:
        shutil.copy(TOYS / toy, study.folder / "scripts/snndeep" / f"{module.replace('.', '/')}.py")
        line = f'    "{module.rpartition(".")[2]}": "snndeep.{module}",\n'
        study.edit(f"scripts/snndeep/{registry}", f"{family} = {{\n", f"{family} = {{\n{line}")

    return edit


def another_version(package: str) -> Callable[[Study], None]:
    """Return an edit after which a package says that it has another version; its code stays."""

    def edit(study: Study) -> None:
        folder = study.folder / f"packages/{package}-99.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 99.0\n")

    return edit


def rename_local(study: Study) -> None:
    """Rename a local variable of the code that trains."""
    path = study.folder / "scripts/snndeep/training/fit.py"
    path.write_text(re.sub(r"\bscoring_seconds\b(?!\")", "took", path.read_text(encoding="utf-8")), encoding="utf-8")


def copied_without_times(study: Study) -> None:
    """Give all files of the store the present time, those that were made first last."""
    for path in sorted((study.folder / "work").rglob("*"), key=lambda path: path.stat().st_mtime, reverse=True):
        path.touch()


def lost_table(study: Study) -> None:
    """Remove the table of all samples, and the features of one patient with their provenance."""
    shutil.rmtree(study.folder / "work/samples")
    shutil.rmtree(next((study.folder / "work/features").iterdir()))


def forced(*rules: str) -> Callable[[Study], None]:
    """Return an edit that asks for rules to run again."""

    def edit(study: Study) -> None:
        study.arguments = ("--forcerun", *rules)

    return edit


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
    "another version of numpy": another_version("numpy"),
    "another version of scikit-learn": another_version("scikit-learn"),
    "another version of matplotlib": another_version("matplotlib"),
    "another version of torch (no model uses it)": another_version("torch"),
    "a new backend": new_member("backend.py", "backends.toy_backend", "backends/registry.py", "BACKENDS"),
    "a new learning rule": new_member("learning_rule.py", "learning.toy_rule", "learning/registry.py", "RULES"),
    "a new encoder": new_member("encoder.py", "spikes.encoders.toy_encoder", "spikes/encoders/registry.py", "ENCODERS"),
    "a new feature family": new_member(
        "feature_family.py", "radiomics.toy_family", "radiomics/families.py", "FAMILIES"
    ),
    "wording of an error of the store": replace_text(
        "store/files.py", "An intermediate file is missing.", "A file of the store is missing."
    ),
    "wording of a line of the log": replace_text("samples/features.py", "skipping %s: %s", "leaving out %s: %s"),
    "code of a feature family that is off": replace_text("radiomics/gldzm.py", IMPORTS, f"{IMPORTS}\nREVISION = 2\n"),
    "code of a filter that is off": replace_text("radiomics/filters/gabor.py", IMPORTS, f"{IMPORTS}\nREVISION = 2\n"),
    "a local variable renamed": rename_local,
    "store copied without times": copied_without_times,
    "a table and one patient's features lost": lost_table,
    "another sampler of the search": setting("tuning", "sampler", value="random"),
    "`--forcerun train`": forced("train"),
}


def jobs_of(output: str) -> dict[str, int]:
    """Return the number of jobs by rule, from the table that Snakemake prints."""
    found = re.findall(r"^([a-z_]+) +(\d+)$", output, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in found if rule not in ("all", "total")}


def as_text(jobs: dict[str, int]) -> str:
    """Return the jobs as text, for instance `3 tune, report`."""
    return ", ".join(rule if count == 1 else f"{count} {rule}" for rule, count in jobs.items()) or "none"


def measure_edits(base: Study, names: list[str]) -> list[dict[str, Any]]:
    """Run the study, then each edit in a separate copy, and return one row per edit."""
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
        print(f"| {name} | {as_text(jobs)} | {seconds:.1f} | {seconds / full:.0%} |", flush=True)
    return rows


def measure_overhead(base: Study) -> list[dict[str, Any]]:
    """Measure a run with nothing to do, and reading and dry-running 1,000 patients, each the best of three."""
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
    """Return the elapsed time and the processor time, in seconds, of the processes that a function starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=list(EDITS), default=list(EDITS), help="only these edits")
    parser.add_argument("--overhead", action="store_true", help="measure only the overhead of Snakemake and the plan")
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
