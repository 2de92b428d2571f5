"""The profile for other schedulers, with stand-ins for the commands of PBS that check how they are called."""

import os
import re
from pathlib import Path

import pytest

QSUB = r"""#!/usr/bin/env bash
# Take the arguments that PBS takes, run the script in the background, and print its id.
set -euo pipefail
folder={folder}
while [ $# -gt 1 ]; do
  case $1 in
    -V) shift ;;
    -d | -N | -j | -o) shift 2 ;;
    -l) resources=$2; shift 2 ;;
    *) echo "qsub: unknown option $1" >&2; exit 2 ;;
  esac
done
[ -f "$1" ]
id=$(mktemp "$folder/job.XXXXXX")
echo "$resources" >> "$folder/resources"
( state=0; bash "$1" > "$id.out" 2>&1 || state=$?; echo "$state" > "$id.exit" ) > /dev/null 2>&1 &
basename "$id"
"""
QSTAT = r"""#!/usr/bin/env bash
# Print the record of a job, as `qstat -f` does.
set -euo pipefail
[ "$1" = -f ]
[ -f "{folder}/$2" ] || exit 153
if [ -f "{folder}/$2.exit" ]; then
  printf 'Job Id: %s\n    job_state = C\n    exit_status = %s\n' "$2" "$(cat "{folder}/$2.exit")"
else
  printf 'Job Id: %s\n    job_state = R\n' "$2"
fi
"""
PROFILE = ("--profile", "profiles/generic", "--latency-wait", "10", "--seconds-between-status-checks", "1")


@pytest.fixture
def scheduler(tmp_path) -> Path:
    """A folder with the stand-ins in `bin`."""
    folder = tmp_path / "pbs"
    (folder / "bin").mkdir(parents=True)
    for name, text in (("qsub", QSUB), ("qstat", QSTAT), ("qdel", "#!/bin/sh\n")):
        path = folder / "bin" / name
        path.write_text(text.replace("{folder}", str(folder)), encoding="utf-8")
        path.chmod(0o755)
    return folder


def test_jobs_go_through_the_commands_of_the_profile(fresh, scheduler):
    path = {"PATH": f"{scheduler / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    fresh.config["dataset"]["cases_per_job"] = 12
    fresh.run("--quiet", "rules", *PROFILE, "--until", "splits", env=path)
    assert list((fresh.folder / "work/splits").glob("*/splits.json"))
    asked = (scheduler / "resources").read_text(encoding="utf-8").splitlines()
    assert len(asked) == 4
    assert "nodes=1:ppn=1,mem=1500mb,walltime=0:30:00" in asked
    assert all(re.fullmatch(r"nodes=1:ppn=1,mem=\d+mb,walltime=\d+:\d\d:00", line) for line in asked)


def test_a_job_that_fails_is_seen_and_tried_again_with_more(fresh, scheduler):
    path = {"PATH": f"{scheduler / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    script = fresh.folder / "scripts/data_phantom.py"
    script.write_text(script.read_text(encoding="utf-8") + "\nraise SystemExit(3)\n", encoding="utf-8")
    fresh.config["dataset"]["cases_per_job"] = 12
    done = fresh.snakemake("--quiet", "rules", *PROFILE, "--until", "data_phantom", env=path)
    assert done.returncode != 0
    asked = (scheduler / "resources").read_text(encoding="utf-8").splitlines()
    assert [re.search(r"mem=(\d+)mb", line)[1] for line in asked] == ["1500", "3000", "4500"]
