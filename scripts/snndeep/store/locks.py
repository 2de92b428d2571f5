"""Locks between processes: one kind for all, which dies with its owner, however that ends.

A lock is a file beside what it guards, locked by the operating system (`filelock`). The file stays; its being there says
nothing. Runs of different checkouts may share a store at any time, see `snndeep.store.files`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from snndeep.errors import BusyError
from snndeep.store.files import explained, file_mode
from snndeep.store.owner import whoami

LOGGER = logging.getLogger(__name__)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process works on `path`, and keep others from it.

    The lock's file is `.x.lock` beside `x`.

    Raises:
        StorageError: If the folder may not be written to.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"), mode=file_mode(), thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            LOGGER.info("another run works on %s; waiting for it", path)
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


class CheckoutLock:
    """The lock of a checkout; held until it is released or the process ends.

    Snakemake's own lock outlives a killed run and then has to be removed by hand (`--unlock`); this one does not.

    Args:
        path: The file that is locked. Beside it, with the suffix `.json`, its holder writes who it is.
    """

    def __init__(self, path: Path):
        self._note = path.with_suffix(".json")
        self._lock = FileLock(path, mode=file_mode(), thread_local=False, fallback_to_soft=False)

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            BusyError: If another process holds it.
        """
        self._note.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise BusyError(
                "Another run is at work in this folder.",
                where=str(self._note.parent.absolute()),
                found=self._holder(),
                remedy="Wait until it ends, or run in a checkout of its own; both may use the same `store`.",
            ) from None
        except OSError:
            return  # Some network file systems know no locks. Two runs at once then cost time and nothing else.
        self._note.write_text(json.dumps({**whoami(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}), encoding="utf-8")

    def _holder(self) -> str:
        with contextlib.suppress(OSError):
            return self._note.read_text(encoding="utf-8").strip() or "a run that has just begun"
        return "a run that has just begun"

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()
