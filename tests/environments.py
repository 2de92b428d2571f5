"""Make every environment under envs/ anew from its pip list, import what its rules import, and run each stage with it.

    python tests/environments.py [NAME ...]

It takes minutes and fetches packages, so it is no part of `make test`. Conda is not needed: the conda part of an
environment is Python and pip alone, and pip installs the rest as it would below conda.

Every script of a tiny project is replaced by `HAND_OVER`, which gives the job to the Python of its environment. There
nothing of Snakemake is installed, so that a package which is missing is missed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / part) for part in ("tests/workflow", "tests/unit", "scripts")]

from conftest import TINY, checkout  # noqa: E402
from test_environments import ENVIRONMENTS, RULES, dependencies, environments, reached  # noqa: E402

from snndeep.backends.registry import BACKENDS, load_backend  # noqa: E402

HAND_OVER = """
import json, subprocess
from pathlib import Path
environment = {environment!r}
if "{{" in environment:
    environment = snakemake.wildcards.get("backend", "custom")
parts = ("input", "output", "params", "wildcards", "log")
job = {{part: [list(getattr(snakemake, part)), dict(getattr(snakemake, part).items())] for part in parts}}
job["threads"] = snakemake.threads
file = Path(snakemake.log[0]).with_suffix(".job.json")
file.parent.mkdir(parents=True, exist_ok=True)
file.write_text(json.dumps(job, default=str))
python = json.loads(Path({pythons!r}).read_text(encoding="utf-8"))[environment]
subprocess.run([python, {runner!r}, str(file), {script!r}], check=True)
"""
RUNNER = """
import json, runpy, sys
from types import SimpleNamespace
class Items(list):
    def __init__(self, values, named):
        super().__init__(values)
        self.named = named
    def __getattr__(self, name):
        return self.named[name]
    def __getitem__(self, key):
        return self.named[key] if isinstance(key, str) else super().__getitem__(key)
    def get(self, name, default=None):
        return self.named.get(name, default)
job = json.load(open(sys.argv[1]))
parts = {part: Items(*value) if part != "threads" else value for part, value in job.items()}
runpy.run_path(sys.argv[2], {"snakemake": SimpleNamespace(**parts)})
"""


def make(name: str, folder: Path) -> str:
    """Make an environment and return its Python."""
    venv.create(folder / name, with_pip=True)
    python = str(folder / name / "bin/python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *dependencies(name)[1]], check=True)
    return python


def import_all(name: str, python: str) -> None:
    """Import every module of the library that the environment's scripts reach."""
    scripts = {script for _, environment, script in RULES if name in environments(environment)}
    files = {file for script in scripts for file in reached(script, name) if "/" in file and file.endswith(".py")}
    modules = {file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in files}
    code = "\n".join(f"import {module}" for module in sorted(modules))
    subprocess.run([python, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")})
    print(f"{name}: {len(modules)} modules imported", flush=True)


def run_stages(pythons: dict[str, str], folder: Path) -> None:
    """Run a tiny project, each script with the Python of its environment; models of absent backends are left out."""
    project = checkout(folder / "project", TINY)
    project.config["models"] = {"backends": [name for name in BACKENDS if load_backend(name).environment in pythons]}
    real = folder / "scripts"
    (project.folder / "scripts").rename(real)
    (project.folder / "scripts").mkdir()
    (project.folder / "scripts/snndeep").symlink_to(real / "snndeep")
    (folder / "pythons.json").write_text(json.dumps(pythons))
    (folder / "runner.py").write_text(RUNNER)
    for _, environment, script in RULES:
        given = {
            "pythons": str(folder / "pythons.json"),
            "runner": str(folder / "runner.py"),
            "script": str(real / script),
        }
        (project.folder / "scripts" / script).write_text(HAND_OVER.format(environment=environment, **given))
    os.environ["PYTHONPATH"] = str(real)
    project.run("--quiet", "rules")
    ran = sorted(path.name for path in (project.folder / "logs").iterdir())
    print(f"stages run: {', '.join(name for name in ran if not name.endswith(('.tsv', '.json')))}")


def main(names: list[str]) -> None:
    """Check the environments of these names, all by default; stages run where all that they need are there."""
    with tempfile.TemporaryDirectory(prefix="snndeep-environments-") as temporary:
        folder = Path(temporary)
        pythons = {}
        for name in names or ENVIRONMENTS:
            pythons[name] = make(name, folder)
            import_all(name, pythons[name])
        if {"imaging", "analysis", "report", "custom"} <= set(pythons):
            run_stages(pythons, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
