"""Snakemake's messages on the screen of SNNDeep: the only module that knows both."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import TracebackType

import psutil
from snakemake.settings.types import OutputSettings

from snndeep.progress import seconds_of_earlier_runs
from snndeep.screen import Screen

# These talk and ask on the terminal themselves.
TALKING = {"prune", "verify"}
# What Snakemake says of every run, and what the screen says in its own words.
NOISE = (
    "--keep-incomplete mode is set",
    "Assuming unrestricted shared filesystem",
    "At least one job did not complete",
    "Building DAG of jobs",
    "Complete log(s)",
    "Conda environments: ignored",
    "Cannot restore ",
    "Config file ",
    "Elapsed time",
    "Execute ",
    "Exiting because a job execution failed",
    "Finished jobid",
    "Provided cores",
    "RuleException:\nCalledProcessError",
    "Rules claiming more threads",
    "Rules with ",
    "SLURM run ID",
    "Select jobs to execute",
    "Shutting down",
    "Some jobs were triggered",
    "Terminating processes on user request",
    "Using shell",
    "WorkflowError:\nAt least one job did not complete",
)
STOPPED = "Terminating processes on user request"
UNCHANGED = "Nothing to be done"
SUBMITTED = "has been submitted with"


def name_of(rule: str, wildcards: dict[str, str]) -> str:
    """Return rule and model of a job, or whatever else tells it apart from others of its rule."""
    model = "/".join(wildcards[key] for key in ("backend", "rule") if key in wildcards)
    others = [value for key, value in wildcards.items() if key not in ("backend", "rule", "address")]
    return " ".join([rule, *([model] if model else []), *others])


class ScreenHandler(logging.Handler):
    """Takes Snakemake's log records in place of its own handler."""

    def __init__(self, screen: Screen, cores: int):
        super().__init__()
        self._screen, self._cores = screen, cores
        self._talks = False

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record, or drop it if the screen says it in its own words."""
        event = str(getattr(record, "event", "") or "")
        if event == "run_info":
            self._begin({rule: count for rule, count in record.stats.items() if rule not in ("all", "total")})
        elif event == "job_info" and record.rule_name != "all":
            log = Path(record.log[0]) if record.log else None
            name = name_of(record.rule_name, dict(record.wildcards or {}))
            self._screen.job_begins(record.jobid, record.rule_name, name, log)
        elif event == "job_finished":
            self._screen.job_ends(record.job_id)
        elif event == "job_error":
            self._screen.job_fails(record.jobid)
        elif not event or event == "error":
            self._message(record)

    def _begin(self, planned: dict[str, int]) -> None:
        if self._talks or TALKING & set(planned):
            self._talks = True
        else:
            self._screen.begin(planned, self._cores, seconds_of_earlier_runs(Path("logs")))

    def _message(self, record: logging.LogRecord) -> None:
        text = str(record.msg or "").strip()
        if text.startswith(STOPPED):
            self._screen.interrupt()
            _end_jobs()
        elif text.startswith(UNCHANGED):
            self._screen.say("Nothing to be done: all results are there and as the configuration asks for.")
        elif text and not self._screen.interrupted and not text.startswith(NOISE) and SUBMITTED not in text:
            self._screen.say(text)

    def close(self) -> None:
        """End the screen; Snakemake closes its handlers when a run is over, also when the user stops it."""
        if sys.exc_info()[0] is KeyboardInterrupt:
            self._screen.interrupt()
        self._screen.close()
        super().close()


def _end_jobs() -> None:
    """End the jobs on this machine at once. Their files are written atomically, so nothing is left half done."""
    for process in psutil.Process().children(recursive=True):
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue


def install(output: OutputSettings, cores: int) -> None:
    """Put the screen in the place of Snakemake's messages, unless somebody asked for more of them.

    Args:
        output: The output settings of the run.
        cores: How many cores it may use.
    """
    logger = logging.getLogger("snakemake.logging")
    own = [handler for handler in logger.handlers if handler.name == "DefaultStreamHandler"]
    asked = ("dryrun", "verbose", "debug_dag", "printshellcmds")
    if not own or any(getattr(output, name) for name in asked):
        return
    for handler in own:
        logger.removeHandler(handler)
    screen = Screen(sys.stderr, quiet="all" in {str(word).lower() for word in output.quiet or ()})
    output.quiet = None  # it is quiet about what the screen needs to know; its log file gets everything
    logger.addHandler(ScreenHandler(screen, cores))
    unforeseen = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """End with one line when the user stops the run before its jobs."""
        if issubclass(kind, KeyboardInterrupt):
            screen.interrupt()
            screen.close()
        else:
            unforeseen(kind, error, trace)

    sys.excepthook = hook
