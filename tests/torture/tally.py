"""One try in a process of its own, so that a crash, a hang and a claim for memory are outcomes like any other."""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from snndeep.console import funnel
from snndeep.errors import SNNDeepError

SECONDS = 30
MEMORY = 3 << 30
"""Bytes that a try may allocate beyond what the process had before."""

RIGHT, REFUSED, SILENT, LOST, TRACEBACK, HANG, CRASH = OUTCOMES = (
    "right", "refused", "silent wrong", "lost", "traceback", "hang", "crash",
)  # fmt: skip


@dataclass
class Tally:
    """What came of the tries of one class.

    Attributes:
        name: Of the class.
        counts: By outcome.
        examples: One line for the first of each bad outcome.
    """

    name: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def tries(self) -> int:
        """Their number."""
        return sum(self.counts.values())

    @property
    def failures(self) -> int:
        """How many ended neither right nor refused."""
        return self.tries - self.counts[RIGHT] - self.counts[REFUSED]

    def attempt(self, what: str, work: Callable[[], str]) -> str:
        """Run one try and count its outcome.

        Args:
            what: The try in words.
            work: Returns an outcome; an error of SNNDeep is a refusal, any other a traceback.
        """
        outcome, _, detail = isolated(work).partition("\n")
        self.counts[outcome] += 1
        if outcome not in (RIGHT, REFUSED):
            self.examples.setdefault(outcome, f"{what}: {detail}" if detail else what)
        return outcome


def isolated(work: Callable[[], str]) -> str:
    """Return what a piece of work returns in a child process, and a line on why it failed."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.write(writer, _outcome(work).encode()[:4000])
        os._exit(0)
    os.close(writer)
    ready, _, _ = select.select([reader], [], [], SECONDS)
    if not ready:
        os.kill(child, signal.SIGKILL)
    said = os.read(reader, 4000).decode(errors="replace") if ready else HANG
    os.close(reader)
    _, status = os.waitpid(child, 0)
    return said or f"{CRASH}\nsignal {os.WTERMSIG(status)}"


def _outcome(work: Callable[[], str]) -> str:
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    pages = int(open("/proc/self/statm", encoding="ascii").read().split()[0])  # noqa: PTH123, SIM115
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        with funnel():  # as at the edge of every script
            return work()
    except SNNDeepError:
        return REFUSED
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{TRACEBACK}\n{type(error).__name__}: {str(error)[:120]} ({os.path.basename(place.filename)}:{place.lineno})"  # noqa: PTH119
