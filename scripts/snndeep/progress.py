"""How far a run is: its jobs, what each of them last said, and how long the rest takes."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

RECORD = re.compile(r"^\d\d:\d\d:\d\d  \S+(?: \S+)* {2,}", flags=re.MULTILINE)
WARNING = "warning: "
_TAIL = 16384


def written(log: Path | None) -> int:
    """Return when a log was last written, in nanoseconds; 0 if there is none."""
    try:
        return log.stat().st_mtime_ns if log is not None else 0
    except OSError:
        return 0


@dataclass(frozen=True)
class RunningJob:
    """A job that was started.

    Attributes:
        number: Its number in the workflow.
        rule: Its rule.
        name: Rule and model, or whatever else tells it apart from others of its rule.
        log: Its log; None if it writes none.
        began: When it was started, seconds of any clock.
        before: When its log was last written before it was started, see `written`; what an earlier job wrote is not its own.
    """

    number: int
    rule: str
    name: str
    log: Path | None
    began: float
    before: int = 0

    def said(self) -> list[str]:
        """Return what it logged, one text for each record; only the end of a long log."""
        if self.log is None or written(self.log) == self.before:
            return []
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - _TAIL))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        return [part.rstrip() for part in RECORD.split(text)[1:]]

    def last_words(self) -> str:
        """Return the first line of what it logged last."""
        records = self.said()
        return " ".join(records[-1].splitlines()[0].split()) if records and records[-1] else ""


class RunProgress:
    """The jobs of a run.

    Args:
        planned: How many jobs of each rule will run.
        cores: How many may run at the same time.
        earlier: Seconds that jobs of each rule took in earlier runs.
    """

    def __init__(self, planned: Mapping[str, int], cores: int, earlier: Mapping[str, float]):
        self._planned, self._cores, self._earlier = dict(planned), max(1, cores), dict(earlier)
        self._took: dict[str, list[float]] = {}
        self.running: dict[int, RunningJob] = {}
        self.done = 0

    @property
    def total(self) -> int:
        """The number of jobs, those that turned out to be more than planned included."""
        return max(sum(self._planned.values()), self.done + len(self.running))

    def begin(self, job: RunningJob) -> None:
        """Note that a job was started; a job that is tried again takes its own place."""
        self.running[job.number] = job

    def end(self, number: int, now: float) -> RunningJob | None:
        """Note that a job is done and return it; None if it was never started."""
        job = self.running.pop(number, None)
        if job is not None:
            self.done += 1
            self._took.setdefault(job.rule, []).append(now - job.began)
        return job

    def seconds_left(self, now: float) -> float | None:
        """Estimate how long the rest takes; None while nothing is known.

        A job is expected to take as long as others of its rule in this run, else in earlier ones, else as the average of
        all. Jobs run side by side as far as there are cores and jobs.
        """
        known = {**self._earlier, **{rule: statistics.fmean(took) for rule, took in self._took.items()}}
        if not known:
            return None
        usual = statistics.fmean(known.values())
        started = Counter(job.rule for job in self.running.values())
        rest = [max(known.get(job.rule, usual) - (now - job.began), 0.0) for job in self.running.values()]
        for rule, count in self._planned.items():
            waiting = count - started[rule] - len(self._took.get(rule, ()))
            rest += [known.get(rule, usual)] * max(waiting, 0)
        return max([sum(rest) / min(self._cores, max(len(rest), 1)), *rest]) if rest else 0.0


def seconds_of_earlier_runs(logs: Path) -> dict[str, float]:
    """Return the mean seconds of each rule from the benchmarks that Snakemake wrote: `RULE.tsv` and `RULE/*.tsv`."""
    seconds: dict[str, list[float]] = {}
    for path in sorted(logs.glob("**/*.tsv")):
        rule = path.relative_to(logs).parts[0].removesuffix(".tsv")
        try:
            seconds.setdefault(rule, []).append(float(path.read_text(encoding="utf-8").splitlines()[1].split("\t")[0]))
        except (OSError, ValueError, IndexError):
            continue
    return {rule: statistics.fmean(values) for rule, values in seconds.items() if values}


def in_words(seconds: float) -> str:
    """Return a time as people say it: `0.4 s`, `12 s`, `3 min`, `1 h 20 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
