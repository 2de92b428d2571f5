"""The workflow as catalogs, snakedeploy and tagged repositories deliver it."""

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, checkout

SMALL = yaml.safe_load((ROOT / ".test/config/config.yaml").read_text(encoding="utf-8"))
SNAKEMAKE = (sys.executable, "-m", "snakemake", "--cores", "1")
run = partial(subprocess.run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def addresses(output: str) -> set[str]:
    """Return the addresses that a dry run names."""
    return set(re.findall(r"work/[a-z_]+/[0-9a-f]{12}", output))


def git(*arguments: str) -> None:
    """Run git as somebody, without the settings of this machine."""
    author = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **author, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = run(["git", *arguments], env=environment)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A repository with the present state of this one as its tag v1, whose path reads like an address of GitHub."""
    folder = tmp_path_factory.mktemp("hosts") / "github.com/owner/SNNDeep"
    checkout(folder, SMALL)
    shutil.copy(ROOT / "LICENSE", folder)
    git("init", "--quiet", str(folder))
    git("-C", str(folder), "add", "--all")
    git("-C", str(folder), "commit", "--quiet", "--message", "State")
    git("-C", str(folder), "tag", "v1")
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder in which the library is installed from its wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "scripts", source / "scripts", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    built = run([*pip, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(source)])
    assert built.returncode == 0, built.stdout
    (wheel,) = folder.glob("*.whl")
    done = run([*pip, "install", "--no-deps", "--target", str(folder / "lib"), str(wheel)])
    assert done.returncode == 0, done.stdout
    return folder / "lib"


def test_both_doors_lead_to_the_same_addresses(fresh):
    planned = [fresh.run("--dry-run", "--quiet", "host", *door) for door in ((), ("--snakefile", "workflow/Snakefile"))]
    assert addresses(planned[0]) == addresses(planned[1]) != set()


def test_the_workflow_brings_a_configuration(tmp_path):
    done = run([*SNAKEMAKE, "--snakefile", str(ROOT / "workflow/Snakefile"), "--dry-run"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert addresses(done.stdout)


def test_the_configuration_for_the_tests_of_the_catalog_is_complete(tmp_path):
    shutil.copytree(ROOT / ".test/config", tmp_path / "config")
    done = run([*SNAKEMAKE, "--snakefile", str(ROOT / "workflow/Snakefile"), "--dry-run"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "results/test/report.html" in done.stdout


def test_the_catalog_finds_what_it_looks_for():
    catalog = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))
    assert catalog["usage"]["software-stack-deployment"]["conda"] is True
    assert catalog["usage"]["report"] is True
    assert (ROOT / "workflow/Snakefile").is_file()
    assert (ROOT / "config/README.md").is_file()


def test_snakedeploy_from_a_bare_clone_then_a_run_from_its_tag(repository, installed, tmp_path):
    snakedeploy = shutil.which("snakedeploy", path=Path(sys.executable).parent)
    if snakedeploy is None:
        pytest.skip("snakedeploy is not installed; requirements.txt has it")
    bare = tmp_path / "github.com/owner/SNNDeep"
    git("clone", "--quiet", "--bare", str(repository), str(bare))
    study = tmp_path / "study"
    study.mkdir()
    done = run([snakedeploy, "deploy-workflow", str(bare), str(study), "--tag", "v1"])
    assert done.returncode == 0, done.stdout
    snakefile = study / "workflow/Snakefile"
    written = snakefile.read_text(encoding="utf-8")
    address = 'github("owner/SNNDeep", path="workflow/Snakefile", tag="v1")'
    assert address in written
    assert (study / "profiles/default/config.yaml").exists()
    # Instead of from the host that is not there, the tag is read from a repository on this disk.
    here = f'gitfile("{repository}", path="workflow/Snakefile", tag="v1")'
    snakefile.write_text(written.replace(address, here), encoding="utf-8")
    (study / "config/config.yaml").write_text(yaml.safe_dump(SMALL), encoding="utf-8")

    without = run([*SNAKEMAKE, "--dry-run"], cwd=study)
    assert without.returncode != 0
    assert "pip install git+ADDRESS@TAG" in without.stdout

    environment = {**os.environ, "PYTHONPATH": str(installed)}
    planned = run([*SNAKEMAKE, "--dry-run", "--quiet", "host"], cwd=study, env=environment)
    assert planned.returncode == 0, planned.stdout
    (tmp_path / "local").mkdir()
    shutil.copytree(study / "config", tmp_path / "local/config")
    local = run([*SNAKEMAKE, "--snakefile", str(ROOT / "workflow/Snakefile"), "--dry-run"], cwd=tmp_path / "local")
    assert addresses(planned.stdout) == addresses(local.stdout) != set()

    done = run([*SNAKEMAKE, "--quiet", "rules"], cwd=study, env=environment)
    assert done.returncode == 0, done.stdout[-4000:]
    assert (study / "results/test/report.html").exists()
    assert "Nothing to be done" in run([*SNAKEMAKE, "--dry-run"], cwd=study, env=environment).stdout


def test_a_library_of_another_version_is_refused(repository, installed, tmp_path):
    other = tmp_path / "lib"
    shutil.copytree(installed, other)
    (other / "snndeep/VERSION").write_text("99.0\n", encoding="utf-8")
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    (tmp_path / "Snakefile").write_text(
        'configfile: "config/config.yaml"\nmodule snndeep:\n    snakefile:\n'
        f'        gitfile("{repository}", path="workflow/Snakefile", tag="v1")\n    config:\n        config\n'
        "use rule * from snndeep\n",
        encoding="utf-8",
    )
    done = run([*SNAKEMAKE, "--dry-run"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(other)})
    assert done.returncode != 0
    assert "the installed library 99.0" in done.stdout


def test_a_run_without_a_shared_file_system_is_refused(fresh):
    said = fresh.fails("--dry-run", "--shared-fs-usage", "none")
    assert "needs a file system that all jobs share" in said
    assert "--default-storage-provider" in said
