"""What a run shows while it works, after it, and when something goes wrong."""

import os
import pty
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from snndeep.console import stage
from snndeep.errors import SNNDeepError
from snndeep.progress import WARNING, RunningJob, RunProgress, in_words, seconds_of_earlier_runs, written

ROOT = Path(__file__).parents[2]


def line(text, level=""):
    return f"12:00:00  {'tune custom surrogate':<27}  {level}{text}\n"


def job(number, rule="tune", began=0.0, log=None, before=0):
    return RunningJob(number, rule, rule, log, began, before)


def test_a_job_says_what_it_logged_last(tmp_path):
    log = tmp_path / "x.log"
    assert job(1, log=log).last_words() == ""
    log.write_text(line("patient_0  trial 1 of 3, AUC 0.7") + line("Cannot.\n  where:  here\n  found:  a"))
    assert job(1, log=log).last_words() == "Cannot."
    assert job(1, log=log).said()[-1] == "Cannot.\n  where:  here\n  found:  a"
    assert job(1, log=log).said()[0] == "patient_0  trial 1 of 3, AUC 0.7"
    assert job(1, log=log, before=written(log)).said() == [], "what an earlier job wrote is not its own"
    log.write_text(line("x" * 50) * 5000 + line("the end"))
    assert job(1, log=log).last_words() == "the end"


LONG = f"a_patient_with_a_long_name.{'of_many_words.' * 4}log"


@pytest.mark.parametrize("name", ["a.log", "0123456789ab.custom.surrogate.log", LONG])
def test_a_job_is_understood_however_long_its_name_is(tmp_path, name):
    log = tmp_path / "tune_worker" / name
    with pytest.raises(SystemExit), stage(log) as logger:
        logger.warning("only  a few")
        raise SNNDeepError("It cannot be.", where="here")
    said = job(1, log=log).said()
    assert said[0] == f"{WARNING}only  a few"
    assert said[1].splitlines() == ["It cannot be.", "  where:       here"]
    assert job(1, log=log).last_words() == "It cannot be."


def test_the_time_left_follows_from_what_jobs_of_a_rule_took():
    progress = RunProgress({"tune": 4, "train": 2}, 1, {})
    assert progress.total == 6
    assert progress.seconds_left(0.0) is None
    progress.begin(job(1, "tune", 0.0))
    assert progress.end(1, 10.0).number == 1
    assert progress.seconds_left(10.0) == pytest.approx(3 * 10 + 2 * 10), "the average, where nothing better is known"
    progress.begin(job(2, "train", 10.0))
    progress.end(2, 12.0)
    progress.begin(job(3, "tune", 12.0))
    assert progress.seconds_left(16.0) == pytest.approx((10 - 4) + 2 * 10 + 2)
    assert RunProgress({"tune": 4}, 2, {"tune": 10.0}).seconds_left(0.0) == pytest.approx(20)
    assert RunProgress({"tune": 1}, 8, {"tune": 10.0}).seconds_left(0.0) == pytest.approx(10)
    assert progress.end(99, 0.0) is None


def test_a_job_that_is_tried_again_counts_once():
    progress = RunProgress({"tune": 1}, 1, {})
    progress.begin(job(1))
    progress.begin(job(1, began=5.0))
    assert progress.end(1, 6.0).began == 5.0
    assert (progress.done, progress.total) == (1, 1)


def test_earlier_runs_are_read_from_benchmarks(tmp_path):
    (tmp_path / "tune").mkdir()
    for name, seconds in (("tune/a.tsv", 2), ("tune/b.tsv", 4), ("report.tsv", 1)):
        (tmp_path / name).write_text(f"s\th:m:s\n{seconds}\t0\n")
    (tmp_path / "splits.tsv").write_text("")
    assert seconds_of_earlier_runs(tmp_path) == {"tune": 3.0, "report": 1.0}
    assert seconds_of_earlier_runs(tmp_path / "nowhere") == {}


def test_times_are_said_as_people_say_them():
    said = ["0.0 s", "9.9 s", "12 s", "2 min", "1 h 0 min", "1 h 20 min"]
    assert [in_words(seconds) for seconds in (0.04, 9.9, 12.4, 100, 3599, 4800)] == said


RUN = """
import json, logging, subprocess, sys, time
sys.path[:0] = [{scripts!r}, {workflow!r}]
import snndeep.screen as screen
from screen_handler import ScreenHandler
screen.SILENCE, screen.REDRAWN = 0.2, 0.05
logger = logging.getLogger("run")
logger.setLevel(logging.INFO)
handler = ScreenHandler(screen.Screen(sys.stderr), 2)
logger.addHandler(handler)

def say(event, text="", **fields):
    logger.log(logging.INFO, text, extra=dict(event=event, **fields))

def begin(number, name, log, **wildcards):
    say("job_info", jobid=number, rule_name=name, log=[log] if log else [], wildcards=wildcards)

def job(code):
    subprocess.run([sys.executable, "-c", code])

{body}
handler.close()
"""


def played(tmp_path, body, terminal=False, **environment):
    """Return what a played run shows, without a terminal or on one."""
    code = RUN.format(scripts=str(ROOT / "scripts"), workflow=str(ROOT / "workflow"), body=textwrap.dedent(body))
    env = {**os.environ, "COLUMNS": "100", "TERM": "xterm", **environment}
    arguments = [sys.executable, "-c", code]
    if not terminal:
        done = subprocess.run(arguments, cwd=tmp_path, env=env, capture_output=True, check=False)
        return done.stdout.decode() + done.stderr.decode()
    mine, other = pty.openpty()
    process = subprocess.Popen(arguments, cwd=tmp_path, env=env, stdin=other, stdout=other, stderr=other)
    os.close(other)
    shown = b""
    while True:
        try:
            part = os.read(mine, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    process.wait()
    os.close(mine)
    return shown.decode()


def written_by(name, *lines):
    """Return code that writes a log."""
    return f"open({name!r}, 'w').write({''.join(lines)!r})"


def test_a_line_for_each_job_and_nothing_of_snakemake(tmp_path):
    shown = played(
        tmp_path,
        f"""
        for noise in ("Building DAG of jobs...", "Using shell: /usr/bin/bash", "Select jobs to execute..."):
            say(None, noise)
        say("run_info", stats={{"tune": 1, "report": 1, "all": 1, "total": 3}})
        begin(1, "tune", "t.log", backend="custom", rule="bal", address="0123456789ab")
        {written_by("t.log", line("patient_0  trial 1 of 2, AUC 0.7"), line("only a few", "warning: "), line("best"))}
        job("import sys; print('chatter'); print('UserWarning: the same again', file=sys.stderr)")
        say("job_finished", job_id=1)
        begin(2, "report", None)
        say("job_finished", job_id=2)
        begin(3, "all", None)
        say("job_finished", job_id=3)
        say(None, "Complete log(s): x")
        """,
    ).splitlines()
    assert shown[:2] == ["2 jobs", "warning: only a few"]
    assert shown[2].startswith("[1/2] tune custom/bal")
    assert shown[2].endswith("s  best")
    assert shown[3].startswith("[2/2] report")
    assert shown[4].startswith("Done in ")
    assert len(shown) == 5


def test_no_long_silence_while_a_job_works(tmp_path):
    shown = played(
        tmp_path,
        """
        time.sleep(0.5)
        say("run_info", stats={"tune": 1})
        begin(1, "tune", "t.log", backend="custom", rule="bal")
        for number in range(1, 4):
            open("t.log", "w").write(LINE.replace("NUMBER", str(number)))
            time.sleep(0.8)
        say("job_finished", job_id=1)
        """.replace("LINE", repr(line("patient_0  trial NUMBER of 3"))),
    )
    assert "reading the data set and making the plan" in shown
    for number in range(1, 4):
        assert f"patient_0 trial {number} of 3; 0 of 1 jobs" in shown


def test_a_terminal_shows_trials_as_they_finish_and_a_bar(tmp_path):
    shown = played(
        tmp_path,
        """
        say("run_info", stats={"tune": 1, "train": 1})
        begin(1, "tune", "t.log", backend="custom", rule="bal")
        for number in range(1, 4):
            open("t.log", "w").write(LINE.replace("NUMBER", str(number)))
            time.sleep(0.3)
        say("job_finished", job_id=1)
        time.sleep(0.2)
        """.replace("LINE", repr(line("patient_0  trial NUMBER of 3"))),
        terminal=True,
    )
    for number in range(1, 4):
        assert f"patient_0 trial {number} of 3" in shown
    assert "[........................] 0/2" in shown
    assert "[############............] 1/2, about" in shown
    assert "\x1b[J" in shown
    assert max(len(part) for part in shown.replace("\r", "").split("\n")) < 110


def test_the_reason_of_a_failure_is_the_last_thing_on_the_screen(tmp_path):
    message = "A scan cannot be read.\n  where:       病人 $1.nii.gz\n  what to do:  Replace it."
    shown = played(
        tmp_path,
        f"""
        say("run_info", stats={{"tune": 1, "train": 2}})
        begin(1, "tune", None)
        say("job_finished", job_id=1)
        begin(2, "train", "t.log", backend="custom", rule="bal")
        {written_by("t.log", line("patient_0  trial 1"), line(message))}
        say("job_error", jobid=2, text="Error in rule train")
        say(None, "Exiting because a job execution failed. Look below for error messages")
        say(None, "WorkflowError:\\nAt least one job did not complete successfully.")
        """,
        PYTHONIOENCODING="utf-8",
    )
    assert shown.rstrip().endswith(message)
    assert "train custom/bal failed after" in shown
    assert "1 of 3 jobs are done and kept; the same command resumes." in shown
    assert "Error in rule" not in shown
    assert "WorkflowError" not in shown


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("raise ImportError('no module named x')", "ImportError: no module named x"),
        ("raise OSError('https://reader:s3cr3t@host/x')", "OSError: https://***@host/x"),
        ("pass", "It ended without a message: it was killed, or the machine ran out of memory."),
    ],
)
def test_a_job_that_logged_nothing_is_explained_by_what_it_wrote(tmp_path, code, last):
    shown = played(
        tmp_path,
        f"""
        say("run_info", stats={{"train": 1}})
        begin(2, "train", "t.log")
        job({code!r})
        time.sleep(0.2)
        say("job_error", jobid=2)
        """,
    )
    assert shown.rstrip().endswith(last)


def test_a_stopped_run_says_what_is_kept(tmp_path):
    shown = played(
        tmp_path,
        """
        say("run_info", stats={"train": 2})
        begin(1, "train", None)
        say("job_finished", job_id=1)
        begin(2, "train", None)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        began = time.monotonic()
        say(None, "Terminating processes on user request, this might take some time.")
        child.wait()
        assert time.monotonic() - began < 60
        say("job_error", jobid=2)
        say(None, "a complaint of Snakemake")
        """,
    ).splitlines()
    assert shown[-1] == "Stopped. 1 of 2 jobs are done and kept; the same command resumes."
    assert len(shown) == 3


def test_a_screen_without_unicode_is_no_reason_to_fail(tmp_path):
    shown = played(
        tmp_path,
        """
        say("run_info", stats={"features": 1})
        begin(1, "features", None, batch="病人")
        say("job_finished", job_id=1)
        """,
        PYTHONIOENCODING="ascii",
    )
    assert "features \\u75c5\\u4eba" in shown


def test_commands_that_ask_keep_the_terminal(tmp_path):
    shown = played(
        tmp_path,
        """
        say("run_info", stats={"prune": 1})
        begin(1, "prune", "p.log")
        job("import sys; sys.stderr.write('Remove these 3 folders?\\\\n')")
        say("job_finished", job_id=1)
        """,
    )
    assert shown.strip() == "Remove these 3 folders?"


def test_records_of_snakemake_have_the_fields_that_the_screen_reads():
    """Another version of Snakemake may call them otherwise; then this fails, not the run."""
    from snakemake_interface_logger_plugins.common import LogEvent

    for event in ("RUN_INFO", "JOB_INFO", "JOB_FINISHED", "JOB_ERROR"):
        assert str(LogEvent[event]) == event.lower()
