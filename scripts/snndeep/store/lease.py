"""Leases: what the runs that share a store reach, written in the store for those who prune it.

Each run of each checkout keeps one lease, a JSON file that names the addresses it reaches. While the run is at work the
file is touched every minute; afterwards it stays, as the word of that checkout's last run. Ages are differences between
times of files in the store, given by the file server alone, so that clocks that differ between machines do no harm.
Nothing is locked: it works the same on a network file system.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from snndeep.store.checkout_lock import whoami
from snndeep.store.files import replacing, write_json

LOGGER = logging.getLogger(__name__)
FOLDER = "leases"
BEAT_SECONDS = 60
# A run that has been silent for ten beats is over, or so far gone that only its last word counts.
SILENT_SECONDS = 10 * BEAT_SECONDS


@dataclass(frozen=True)
class Lease:
    """One lease as it is found.

    Attributes:
        path: Its file.
        holder: Who took it: user, host, folder, run.
        live: `stage/address` of what it reaches.
        age: Seconds since it was last touched.
    """

    path: Path
    holder: str
    live: frozenset[str]
    age: float

    @property
    def at_work(self) -> bool:
        """Whether its run is going on."""
        return self.age < SILENT_SECONDS


def lease_path(store: Path, checkout: Path, run: str) -> Path:
    """Return the file of the lease that the runs of one name in one checkout take in turn."""
    owner = hashlib.sha256(f"{whoami()['host']}:{checkout.absolute()}".encode()).hexdigest()[:12]
    return store / FOLDER / f"{owner}.{run}.json"


def take_lease(path: Path, checkout: Path, run: str, live: list[str]) -> None:
    """Write a lease and keep touching it until the process ends.

    Raises:
        StorageError: If the store cannot be written to.
    """
    write_json(path, {**whoami(), "folder": str(checkout.absolute()), "run": run, "live": live})
    threading.Thread(target=_keep_touching, args=(path,), daemon=True, name="lease").start()


def _keep_touching(path: Path) -> None:
    pause = threading.Event()
    while not pause.wait(BEAT_SECONDS):
        # A beat that is missed, for instance because the server is away for a moment, is made up for by the next.
        with contextlib.suppress(OSError):
            path.touch(exist_ok=True)


def read_leases(store: Path) -> list[Lease]:
    """Return all leases of a store.

    Raises:
        StorageError: If the store cannot be written to, which tells its time.
    """
    now = server_time(store)
    leases = []
    for path in sorted((store / FOLDER).glob("*.json")):
        if path.name.startswith("."):
            continue
        try:
            age = now - path.stat().st_mtime
            content = json.loads(path.read_text(encoding="utf-8"))
            holder = ", ".join(f"{key} {content[key]}" for key in ("user", "host", "folder", "run"))
            leases.append(Lease(path, holder, frozenset(content["live"]), age))
        except (OSError, ValueError, KeyError, TypeError) as error:
            LOGGER.warning("passing over the lease %s: %s", path, error)
    return leases


def server_time(store: Path) -> float:
    """Return the present time as the store's file system counts it."""
    with replacing(store / FOLDER / "now") as temporary:
        temporary.touch()
    return (store / FOLDER / "now").stat().st_mtime
