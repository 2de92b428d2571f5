"""Progress and errors of a stage: short lines to the terminal and to the stage's log file."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from snndeep.errors import REMEDIES, SNNDeepError, refusal
from snndeep.redaction import masked_url

LOGGER = logging.getLogger("snndeep")
ADDRESS = re.compile("[0-9a-f]{12}")


class _Masked(logging.Formatter):
    """Formats a line, traceback included, with the credentials of URLs masked."""

    def format(self, record: logging.LogRecord) -> str:
        return masked_url(super().format(record))


@contextlib.contextmanager
def stage(log: str | Path) -> Iterator[logging.Logger]:
    """Run a script's body with its log open.

    Errors that SNNDeep raises on purpose end the script with their message instead of a traceback; all others are
    bugs and keep theirs.

    Args:
        log: The log file, replaced.
    """
    path = Path(log)
    name = " ".join([path.parent.name, *(part for part in path.stem.split(".") if not ADDRESS.fullmatch(part))])
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [logging.FileHandler(path, mode="w", encoding="utf-8"), logging.StreamHandler()]
    for handler in handlers:
        handler.setFormatter(_Masked(f"%(asctime)s  {name.removeprefix('logs '):<28} %(message)s", "%H:%M:%S"))
        LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield LOGGER
    except SNNDeepError as error:
        LOGGER.error("%s", error)
        sys.exit(1)
    except OSError as error:
        if error.errno not in REMEDIES:
            LOGGER.exception("stopped by an error that SNNDeep did not foresee")
            raise
        # What others write, such as the journal of Optuna, meets full disks too.
        LOGGER.error("%s", refusal(error, error.filename or ""))
        sys.exit(1)
    except Exception:
        LOGGER.exception("stopped by an error that SNNDeep did not foresee")
        raise
    finally:
        for handler in handlers:
            LOGGER.removeHandler(handler)
            handler.close()


@contextlib.contextmanager
def command() -> Iterator[None]:
    """Run the body of a command that a person types: errors raised on purpose end it with their message."""
    try:
        yield
    except SNNDeepError as error:
        sys.exit(masked_url(str(error)))
