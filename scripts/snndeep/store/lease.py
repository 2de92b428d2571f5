"""Leases: what the runs that share a store reach, written in the store for those who prune it.

Each run writes one lease, a JSON file that names the addresses it reaches, before it looks at what is there. While the run
is at work the file is written again every minute. When the run ends by itself it says so, and the file stays as the word
of that checkout's last run; of a run that was killed, the last word is the last one it wrote. Ages are differences between
times of files in the store, given by the file server alone, so that clocks that differ between machines do no harm.
Nothing is locked: it works the same on a network file system.

A lease that cannot be read keeps everything: who prunes is told, and removes nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import shlex
import tempfile
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from snndeep.errors import UNREADABLE, DamagedFileError, SNNDeepError
from snndeep.store.files import digest_of_json, explained, write_json
from snndeep.store.owner import owner_of, whoami

LOGGER = logging.getLogger(__name__)
FOLDER = "leases"
BEAT_SECONDS = 60
# A run that has been silent for ten beats is over, or so far gone that only its last word counts.
SILENT_SECONDS = 10 * BEAT_SECONDS
DAY = 86400


@dataclass(frozen=True)
class Lease:
    """One lease as it is found.

    Attributes:
        path: Its file.
        owner: The checkout that it belongs to, see `owner_of`.
        holder: Who took it: user, host, folder, run.
        live: `stage/address` of what it reaches.
        age: Seconds since it was last written.
        began: When its run began, in seconds as the store's file system counts them.
        lasted: Seconds that its run had been at work by then.
        over: Whether its run said that it ended.
    """

    path: Path
    owner: str
    holder: str
    live: frozenset[str]
    age: float
    began: float
    lasted: float
    over: bool

    @property
    def at_work(self) -> bool:
        """Whether its run is going on."""
        return not self.over and self.age < SILENT_SECONDS

    def counts(self, keep_days: float) -> bool:
        """Whether it is to be heeded: at work, or ended less than `keep_days` ago, or than it took itself if that is longer."""
        return self.at_work or self.age < max(DAY * keep_days, self.lasted)


class RunLease:
    """The lease of this process, which is one run of one checkout.

    Args:
        store: The store's folder.
        checkout: The folder of the run.
        run: The run's name.
    """

    def __init__(self, store: Path, checkout: Path, run: str):
        self._store, self._checkout, self._run = store, checkout, run
        self._live: list[str] = []
        self._began = 0.0
        self._works = False
        self._end = threading.Event()
        self.owner = owner_of(checkout)
        self.path = store / FOLDER / f"{self.owner}.{run}.{uuid.uuid4().hex[:8]}.json"

    @property
    def began(self) -> float:
        """When the run began, in seconds as the store's file system counts them; 0 before the lease is taken."""
        return self._began

    def take(self, live: list[str]) -> None:
        """Write the lease, unless that was done, and keep writing it until the process ends.

        The lease of a run that does no work then vanishes.

        Raises:
            StorageError: If the store cannot be written to.
        """
        if self._began:
            return
        self._live, began = live, server_time(self._store)
        self._write(began, over=False)
        self._began = began
        atexit.register(self.release)
        threading.Thread(target=self._keep_writing, daemon=True, name="lease").start()

    def begin_work(self) -> None:
        """Say that the run does work: its lease takes the place of those that earlier runs of its name left."""
        self._works = True
        try:
            leases = read_leases(self._store)
        except DamagedFileError as error:
            LOGGER.warning("%s", error)  # it stops `prune`, and no other run
            return
        for lease in leases:
            if lease.owner == self.owner and f".{self._run}." in lease.path.name and not lease.at_work:
                lease.path.unlink(missing_ok=True)

    def release(self) -> None:
        """End the lease."""
        if self._end.is_set():
            return
        self._end.set()
        with contextlib.suppress(SNNDeepError, OSError):
            if self._works:
                self._write(self._began, over=True)
            else:
                self.path.unlink(missing_ok=True)

    def _write(self, began: float, over: bool) -> None:
        words = {
            **whoami(),
            "folder": str(self._checkout.absolute()),
            "run": self._run,
            "owner": self.owner,
            "began": began,
            "over": over,
            "live": self._live,
        }
        write_json(self.path, {**words, "sha256": digest_of_json(words)})

    def _keep_writing(self) -> None:
        while not self._end.wait(BEAT_SECONDS):
            # A beat that is missed, for instance because the server is away for a moment, is made up for by the next.
            with contextlib.suppress(SNNDeepError, OSError):
                self._write(self._began, over=False)


def read_leases(store: Path) -> list[Lease]:
    """Return all leases of a store.

    Raises:
        DamagedFileError: If a lease cannot be read: what its run reaches is not known.
        StorageError: If the store cannot be written to, which tells its time.
    """
    now = server_time(store)
    leases = []
    for path in sorted((store / FOLDER).glob("*.json")):
        if path.name.startswith("."):
            continue
        try:
            leases.append(_read_lease(path, now))
        except UNREADABLE as error:
            if isinstance(error, FileNotFoundError) and not path.is_symlink():
                continue  # its run ended meanwhile
            raise DamagedFileError(
                "A lease cannot be read, so it is not known what its run reaches.",
                where=str(path),
                found=f"{type(error).__name__}: {error}",
                expected="the JSON that a run writes every minute",
                remedy=f"If no run of another checkout is at work on this store: rm {shlex.quote(str(path))}",
            ) from error
    return leases


def _read_lease(path: Path, now: float) -> Lease:
    written = path.stat().st_mtime
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.pop("sha256") != digest_of_json(content):
        raise ValueError("content that does not fit its own SHA-256")
    holder = ", ".join(f"{key} {content[key]}" for key in ("user", "host", "folder", "run"))
    began, over = float(content["began"]), content["over"] is True
    live = frozenset(content["live"])
    return Lease(path, str(content["owner"]), holder, live, now - written, began, written - began, over)


def begun(store: Path, owner: str) -> float:
    """Return when the run of a checkout that is at work began, for one of its jobs; 0 if it is not known.

    Args:
        store: The store's folder.
        owner: The checkout, see `owner_of`.
    """
    with contextlib.suppress(SNNDeepError):
        return max((lease.began for lease in read_leases(store) if lease.owner == owner and lease.at_work), default=0.0)
    return 0.0


def server_time(store: Path) -> float:
    """Return the present time as the store's file system counts it.

    Raises:
        StorageError: If the store cannot be written to.
    """
    folder = store / FOLDER
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".now.") as file:
            return Path(file.name).stat().st_mtime
