"""What a person sees while a run works: a line for each job that is done, and what happens at the moment.

On a terminal the last lines are drawn again and again: the running jobs with what they said last, and a bar with the time
left. Elsewhere, such as in a file, a line is added when nothing was written for a while. What jobs write beside their logs
(warnings of libraries, the end of a job that was killed) is collected and shown only where it explains a failure.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from snndeep.console import SHOWN_BY_RUN
from snndeep.progress import WARNING, RunningJob, RunProgress, in_words, written

SILENCE = 8.0  # seconds without a line after which one is written
REDRAWN = 0.5
MOST_SHOWN = 4
_BAR = 24


class Terminal:
    """Where lines go. Characters that it cannot show are written as escapes.

    Args:
        stream: A text stream with a file descriptor.
    """

    def __init__(self, stream: TextIO):
        self._fd = os.dup(stream.fileno())
        self._encoding = stream.encoding or "ascii"
        self.redraws = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._drawn = 0

    def write(self, lines: list[str], live: list[str] | None = None) -> None:
        """Write lines that stay, and below them lines that the next call replaces."""
        width = shutil.get_terminal_size().columns - 1
        below = [line[:width] for line in live or []] if self.redraws else []
        before = f"\x1b[{self._drawn}A\r\x1b[J" if self._drawn else ""
        self._drawn = len(below)
        text = before + "".join(f"{line}\n" for line in [*lines, *below])
        try:
            os.write(self._fd, text.encode(self._encoding, "backslashreplace"))
        except OSError:
            self.redraws = False  # the terminal is gone; the run is not

    def stream(self) -> TextIO:
        """Return a text stream to the same place."""
        return os.fdopen(os.dup(self._fd), "w", buffering=1, encoding=self._encoding, errors="backslashreplace")

    def take_back(self, descriptor: int) -> None:
        """Let a descriptor write to this terminal again."""
        os.dup2(self._fd, descriptor)


class StrayOutput:
    """What this process's jobs write to their standard output and error, kept in memory from `begin` to `end`."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal
        self._lines: deque[str] = deque(maxlen=2000)
        self._saved = (sys.stdout, sys.stderr)
        self._began = False

    def begin(self) -> None:
        """Collect what jobs write. What this process itself writes still goes to the terminal."""
        read, written = os.pipe()
        sys.stdout, sys.stderr = self._terminal.stream(), self._terminal.stream()
        for descriptor in (1, 2):
            os.dup2(written, descriptor)
        os.close(written)
        threading.Thread(target=self._collect, args=(read,), daemon=True).start()
        self._began = True

    def _collect(self, descriptor: int) -> None:
        with os.fdopen(descriptor, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self._lines.append(line.rstrip())

    def end(self) -> None:
        """Let everything go to the terminal again."""
        if self._began:
            self._began = False
            for descriptor in (1, 2):
                self._terminal.take_back(descriptor)
            sys.stdout, sys.stderr = self._saved

    def last(self, count: int) -> list[str]:
        """Return the last lines."""
        return list(self._lines)[-count:]


class Screen:
    """The screen of one run. Its methods may be called from any thread.

    Args:
        stream: Where lines go.
        quiet: Whether only warnings and errors are shown.
    """

    def __init__(self, stream: TextIO, quiet: bool = False):
        self._terminal = Terminal(stream)
        self._quiet = quiet
        self._lock = threading.RLock()
        self._stray = StrayOutput(self._terminal)
        self._progress: RunProgress | None = None
        self._failed: dict[int, str] = {}
        self._warned: set[str] = set()
        self._began = self._written = time.monotonic()
        self._interrupted = False
        self._over = threading.Event()
        threading.Thread(target=self._tick, daemon=True).start()

    def begin(self, planned: Mapping[str, int], cores: int, earlier: Mapping[str, float]) -> None:
        """Begin with the jobs; see `snndeep.progress.RunProgress` for the arguments."""
        with self._lock:
            self._progress = RunProgress(planned, cores, earlier)
            os.environ[SHOWN_BY_RUN] = "1"
            self._stray.begin()
            self._show([f"{self._progress.total} jobs"])

    def job_begins(self, number: int, rule: str, name: str, log: Path | None) -> None:
        """Show that a job runs."""
        with self._lock:
            if self._progress is not None:
                self._failed.pop(number, None)
                self._progress.begin(RunningJob(number, rule, name, log, time.monotonic(), written(log)))

    def job_ends(self, number: int) -> None:
        """Show that a job is done, what it said last and what it warned of."""
        now = time.monotonic()
        with self._lock:
            job = self._progress.end(number, now) if self._progress is not None else None
            if job is None or self._progress is None:
                return
            width = len(str(self._progress.total))
            head = (
                f"[{self._progress.done:{width}}/{self._progress.total}] {job.name:<28} {in_words(now - job.began):>8}"
            )
            warnings = [words for words in job.said() if words.startswith(WARNING) and words not in self._warned]
            self._warned.update(warnings)
            words = "" if job.last_words().startswith(WARNING) else job.last_words()
            self._show([*warnings, f"{head}  {words}".rstrip()] if not self._quiet else warnings)

    def job_fails(self, number: int) -> None:
        """Note why a job failed; it is shown when the run is over, so that it is the last thing on the screen."""
        with self._lock:
            job = self._progress.running.pop(number, None) if self._progress is not None else None
            if job is None or self._interrupted:
                return
            said = job.said()
            reason = said[-1] if said else "\n".join(_explaining(self._stray.last(40)))
            where = f" Its log: {job.log}." if job.log is not None else ""
            took = in_words(time.monotonic() - job.began)
            self._failed[number] = f"\n{job.name} failed after {took}.{where}\n{reason or _KILLED}"

    def say(self, text: str) -> None:
        """Show a text."""
        with self._lock:
            self._show(text.splitlines())

    def interrupt(self) -> None:
        """Note that the user stopped the run."""
        with self._lock:
            self._interrupted = True

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped the run."""
        return self._interrupted

    def close(self) -> None:
        """Show how the run ended, once."""
        with self._lock:
            if self._over.is_set():
                return
            self._over.set()
            self._stray.end()
            os.environ.pop(SHOWN_BY_RUN, None)
            self._terminal.write(self._last_lines())

    def _last_lines(self) -> list[str]:
        if self._progress is None:
            return ["Stopped before any job began."] if self._interrupted else []
        kept = f"{self._progress.done} of {self._progress.total} jobs are done and kept; the same command resumes."
        if self._interrupted:
            return [f"Stopped. {kept}"]
        if self._failed or self._progress.done < self._progress.total:
            return [f"Not complete: {kept}", *"\n".join(self._failed.values()).splitlines()]
        return [] if self._quiet else [f"Done in {in_words(time.monotonic() - self._began)}."]

    def _show(self, lines: list[str]) -> None:
        if lines:
            self._written = time.monotonic()
        if not self._over.is_set():
            self._terminal.write(lines, [] if self._quiet else self._live())

    def _live(self) -> list[str]:
        """Return the running jobs and the bar."""
        if self._progress is None:
            return []
        now = time.monotonic()
        jobs = list(self._progress.running.values())
        lines = [f"  {job.name:<26} {in_words(now - job.began):>8}  {job.last_words()}" for job in jobs[:MOST_SHOWN]]
        lines += [f"  and {len(jobs) - MOST_SHOWN} more"] if len(jobs) > MOST_SHOWN else []
        filled = round(_BAR * self._progress.done / max(self._progress.total, 1))
        return [
            *lines,
            f"[{'#' * filled}{'.' * (_BAR - filled)}] {self._progress.done}/{self._progress.total}{self._left()}",
        ]

    def _left(self) -> str:
        if self._progress is None or self._progress.done == self._progress.total:
            return ""
        left = self._progress.seconds_left(time.monotonic())
        return "" if left is None else f", about {in_words(max(left, 1.0))} left"

    def _tick(self) -> None:
        while not self._over.wait(REDRAWN):
            with self._lock:
                if self._over.is_set() or self._quiet:
                    continue
                now = time.monotonic()
                if self._progress is None:
                    if now - self._written > SILENCE:
                        self._show([f"reading the data set and making the plan, {in_words(now - self._began)}"])
                elif self._terminal.redraws:
                    self._show([])
                elif now - self._written > SILENCE:
                    self._show(self._heartbeat(now))

    def _heartbeat(self, now: float) -> list[str]:
        if self._progress is None:
            return []
        jobs = list(self._progress.running.values())
        latest = [
            f"{job.name} {in_words(now - job.began)}: {job.last_words() or 'at work'}" for job in jobs[:MOST_SHOWN]
        ]
        count = f"{self._progress.done} of {self._progress.total} jobs{self._left()}"
        return [f"    {'; '.join([*latest, count])}"]


_KILLED = "It ended without a message: it was killed, or the machine ran out of memory."
_OF_SNAKEMAKE = ("RuleException", "CalledProcessError", "Command ", "  File ", "Removing output", "Exiting", "[")


def _explaining(lines: list[str]) -> list[str]:
    """Return the lines that may explain a failure: without those of Snakemake."""
    return [line for line in lines if line.strip() and not line.lstrip().startswith(_OF_SNAKEMAKE)][-15:]
