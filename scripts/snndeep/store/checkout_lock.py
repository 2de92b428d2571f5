"""One run at a time in one checkout, by a lock that dies with its owner.

Snakemake's own lock outlives a killed run and then has to be taken off by hand (`--unlock`); a lock of the operating
system does not. Runs of different checkouts may share a store at any time, see `snndeep.store.files`.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import time
from pathlib import Path
from typing import IO

from snndeep.errors import BusyError


def whoami() -> dict[str, str | int]:
    """Return who runs this process and where, for those who find its lock or lease."""
    return {"user": getpass.getuser(), "host": socket.gethostname(), "pid": os.getpid()}


class CheckoutLock:
    """The lock of a checkout; held until it is released or the process ends, however it ends.

    Args:
        path: The file that is locked.
    """

    def __init__(self, path: Path):
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            BusyError: If another process holds it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip()
            self.release()
            raise BusyError(
                "Another run is at work in this folder.",
                where=str(self._path.absolute()),
                found=holder or "a run that has just begun",
                remedy="Wait until it ends, or run in a checkout of its own; both may use the same `store`.",
            ) from None
        except OSError:
            return  # Some network file systems know no locks. Two runs at once then cost time and nothing else.
        self._file.truncate(0)
        self._file.write(json.dumps({**whoami(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}))
        self._file.flush()

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None
