"""Progress and errors of a script: short lines to the terminal and to the log file, and one funnel for what goes wrong.

At the edge of a script there are three kinds of errors. What SNNDeep raises on purpose ends it with its message. What the
operating system refuses (a full disk, a stale file of a network, memory) is put into the same words. All others are bugs
and keep their traceback.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from snndeep.errors import SNNDeepError, out_of_memory, refusal
from snndeep.progress import RECORD, WARNING
from snndeep.redaction import masked_url

LOGGER = logging.getLogger("snndeep")
SHOWN_BY_RUN = "SNNDEEP_SCREEN"  # set by `snndeep.screen`, which shows what is in the log
ADDRESS = re.compile("[0-9a-f]{12}")


class _Masked(logging.Formatter):
    """Formats a line, traceback included, with the credentials of URLs masked."""

    def format(self, record: logging.LogRecord) -> str:
        line = masked_url(super().format(record))
        return RECORD.sub(lambda head: head[0] + WARNING, line, count=1) if record.levelno == logging.WARNING else line


@contextlib.contextmanager
def funnel() -> Iterator[None]:
    """Turn what the operating system refuses into an error of SNNDeep.

    Raises:
        SNNDeepError: As it is.
        StorageError: For an OSError.
        LimitError: For a MemoryError.
    """
    try:
        yield
    except OSError as error:
        # What others write, such as the journal of Optuna, meets full disks too.
        raise refusal(error) from error
    except MemoryError as error:
        raise out_of_memory(error) from error


@contextlib.contextmanager
def stage(log: str | Path) -> Iterator[logging.Logger]:
    """Run a script's body with its log open.

    Errors that SNNDeep raises on purpose, and what the operating system refuses, end the script with a message instead of
    a traceback; all others are bugs and keep theirs.

    Args:
        log: The log file, replaced.
    """
    path = Path(log)
    name = " ".join([path.parent.name, *(part for part in path.stem.split(".") if not ADDRESS.fullmatch(part))])
    handlers = _handlers(path)
    for handler in handlers:
        handler.setFormatter(_Masked(f"%(asctime)s  {name.removeprefix('logs '):<28} %(message)s", "%H:%M:%S"))
        LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        with funnel():
            yield LOGGER
    except SNNDeepError as error:
        LOGGER.error("%s", error)
        sys.exit(1)
    except Exception:
        LOGGER.exception("stopped by an error that SNNDeep did not foresee")
        raise
    finally:
        for handler in handlers:
            LOGGER.removeHandler(handler)
            with contextlib.suppress(OSError):  # the log's disk is full; the error itself is on the terminal
                handler.close()


def _handlers(log: Path) -> list[logging.Handler]:
    """Return where lines go: where it can be written, to the log file, and to the terminal unless the run shows progress."""
    terminal = logging.StreamHandler()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(log, mode="w", encoding="utf-8")
        return [file] if SHOWN_BY_RUN in os.environ else [file, terminal]
    except OSError as error:
        sys.stderr.write(f"{refusal(error, log)}\n")
        return [terminal]


@contextlib.contextmanager
def command() -> Iterator[None]:
    """Run the body of a command that a person types: errors end it with their message, see `stage`.

    What it prints may hold names that the terminal cannot show; these are written as escapes.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with funnel():
            yield
    except SNNDeepError as error:
        sys.exit(masked_url(str(error)))
