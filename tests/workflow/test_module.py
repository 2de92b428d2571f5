"""SNNDeep as a module of another workflow, in a folder of its own."""

import json
import shutil
import subprocess
import sys
from functools import partial

import pytest
import yaml
from conftest import LEAN, ROOT

from snndeep.store.locks import CheckoutLock

CALLER = """
configfile: "study.yaml"


module snndeep:
    snakefile:
        "{checkout}/Snakefile"
    config:
        config


use rule * from snndeep{prefix}


rule study:
    default_target: True
    input:
        rules.{all}.input,
"""


@pytest.mark.parametrize(("prefix", "all_rule"), [("", "all"), (" as liver_*", "liver_all")])
def test_a_workflow_that_uses_this_one(prefix, all_rule, tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copytree(ROOT / "profiles/default", folder / "profiles/default")
    (folder / "Snakefile").write_text(CALLER.format(checkout=ROOT, prefix=prefix, all=all_rule), encoding="utf-8")
    config = {**LEAN, "tuning": {"n_trials": 1}}
    (folder / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    run = partial(subprocess.run, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    snakemake = [sys.executable, "-m", "snakemake", "--cores", "2"]
    done = run([*snakemake, "--quiet", "rules"])
    assert done.returncode == 0, done.stdout[-4000:]
    assert (folder / "results/lean/report.html").exists()
    assert "Nothing to be done" in run([*snakemake, "--dry-run"]).stdout
    (lease,) = (folder / "work/leases").glob("*.json")
    assert json.loads(lease.read_text(encoding="utf-8"))["over"] is True, "the run leaves its lease"

    (folder / "results/lean/metrics.json").unlink()
    lock = CheckoutLock(folder / ".snakemake/run.lock")
    lock.acquire()
    refused = run([*snakemake, "--quiet", "rules"])
    assert refused.returncode != 0
    assert "Another run" in refused.stdout, refused.stdout[-2000:]
