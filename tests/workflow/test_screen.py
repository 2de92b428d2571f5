"""What a terminal shows of a real run: its jobs, its end, a failure, and a run that the user stops."""

import os
import signal
import subprocess
import time

PROFILE = "Using workflow specific profile profiles/default for setting default command line arguments."


def test_a_run_shows_its_jobs_a_failure_and_what_a_stop_keeps(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    assert project.run().splitlines()[1:] == [
        "Nothing to be done: all results are there and as the configuration asks for."
    ]

    project.config["report"] = {"title": "Another title"}
    shown = project.run().splitlines()
    lines = [line for line in shown[2:] if not line.startswith("    ")]
    assert shown[:2] == [PROFILE, "2 jobs"]
    assert [line.split()[1] for line in lines[:2]] == ["report", "publish"]
    assert lines[1].endswith("the report is results/lean/report.html")
    assert lines[2].startswith("Done in ")
    assert len(lines) == 3

    project.config["report"] = {"title": "A third title"}
    (metrics,) = (project.folder / "work/evaluate").glob("*/metrics.json")
    intact = metrics.read_bytes()
    metrics.write_bytes(intact + b" ")
    shown = project.fails().rstrip().splitlines()
    assert shown[-5] == "An intermediate file is damaged: its bytes are not those that were written."
    assert [line.split(":")[0].strip() for line in shown[-4:]] == ["where", "found", "expected", "what to do"]
    assert not [line for line in shown if "RuleException" in line or "Error in rule" in line or "Traceback" in line]
    metrics.write_bytes(intact)

    project.config["tuning"]["n_trials"] = 100000
    process = project.start(start_new_session=True)
    tuning = project.folder / "logs/tune"
    before = {path: path.stat().st_mtime_ns for path in tuning.glob("*.log")}
    while not any(
        before.get(path) != path.stat().st_mtime_ns and "trial" in path.read_text() for path in tuning.glob("*")
    ):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    stopped = process.communicate()[0].rstrip().splitlines()
    assert process.returncode != 0
    assert stopped[-1] == "Stopped. 0 of 8 jobs are done and kept; the same command resumes."
    assert "Traceback" not in "\n".join(stopped)
    jobs = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(project.folder) not in jobs, "no job is left"
