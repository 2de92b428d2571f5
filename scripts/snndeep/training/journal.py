"""The journal file of Optuna studies, made fit for use after a crash.

Optuna appends one JSON document a line. A process that is killed, or a disk that is full, can leave half a line, to
which the next writer would append; Optuna then refuses the journal for good. So the half line, which nobody was told
of, is cut off before use. The trial that it was about runs again.
"""

from __future__ import annotations

import json
from pathlib import Path

from filelock import FileLock
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from snndeep.errors import DamagedFileError
from snndeep.store.durability import sync
from snndeep.store.files import explained, file_mode, record_growing


class JournalLock(JournalFileOpenLock):
    """The lock of a journal, freed by the operating system when its owner ends, however that ends.

    Args:
        journal: The journal; the lock's file is hidden beside it.
    """

    def __init__(self, journal: Path):
        self._lock = FileLock(journal.with_name(f".{journal.name}.lock"), mode=file_mode(), thread_local=False)

    def acquire(self) -> bool:
        """Wait for the lock."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()


def journal_backend(path: Path) -> JournalFileBackend:
    """Return Optuna's view of a journal, which is made if it is not there and mended if its end is torn.

    Raises:
        DamagedFileError: If the journal holds something that no torn end explains.
        StorageError: If it cannot be read or written.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = JournalLock(path)
        backend = JournalFileBackend(str(path), lock)
        record_growing(path)
        _mend(path, lock)
    return backend


def _mend(path: Path, lock: JournalLock) -> None:
    lock.acquire()
    try:
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
            sync(path)
    finally:
        lock.release()
    for number, line in enumerate(content[:whole].split(b"\n")[:-1], start=1):
        try:
            json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DamagedFileError(
                "A journal of trials is damaged.",
                where=f"{path}, line {number}",
                found=f"{type(error).__name__}: {error}",
                expected="one JSON document a line",
                remedy=f"Delete the file and run the same command; the trials run again and come out the same: rm '{path}'",
            ) from error
