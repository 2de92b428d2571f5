"""One process at a time at one download; several runs may share a store."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from snndeep.store.files import explained

LOGGER = logging.getLogger(__name__)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process is at `path`, and keep others from it.

    The lock is one of the operating system: it dies with its owner. Its file, `.x.lock` beside `x`, stays.

    Raises:
        StorageError: If the folder may not be written to.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"), mode=0o664)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            LOGGER.info("another run is at %s; waiting for it", path)
            lock.acquire()
    try:
        yield
    finally:
        lock.release()
