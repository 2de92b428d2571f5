"""The journal file of Optuna studies, made fit for use after a crash.

Optuna appends one JSON document a line. A process that is killed, or a disk that is full, can leave half a line, to
which the next writer would append; Optuna then refuses the journal for good. So the half line, which nobody was told
of, is cut off before use. What it spoke of runs again.
"""

from __future__ import annotations

import json
from pathlib import Path

from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from snndeep.errors import DamagedFileError


def journal_backend(path: Path) -> JournalFileBackend:
    """Return Optuna's view of a journal, which is made if it is not there and mended if its end is torn.

    Raises:
        DamagedFileError: If the journal holds something that no torn end explains.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The lock of an open file is freed half a minute after its owner was killed; Optuna's default, a symbolic link,
    # is never freed where the path of the journal is a relative one.
    lock = JournalFileOpenLock(str(path))
    backend = JournalFileBackend(str(path), lock)
    _mend(path, lock)
    return backend


def _mend(path: Path, lock: JournalFileOpenLock) -> None:
    lock.acquire()
    try:
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
    finally:
        lock.release()
    for number, line in enumerate(content[:whole].splitlines(), start=1):
        try:
            json.loads(line)
        except ValueError as error:
            raise DamagedFileError(
                "A journal of trials is damaged.",
                where=f"{path}, line {number}",
                found=f"{type(error).__name__}: {error}",
                expected="one JSON document a line",
                remedy=f"Delete the file and run the same command; the trials run again and come out the same: rm '{path}'",
            ) from error
