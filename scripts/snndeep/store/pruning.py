"""Removing from the store what nobody reaches, and nothing else."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from snndeep.errors import DamagedFileError
from snndeep.settings import Settings, setting
from snndeep.store.files import PROVENANCE_SUFFIX, TEMPORARY, read_record
from snndeep.store.folder import refuse_other_folders, require_marker
from snndeep.store.lease import read_leases, server_time
from snndeep.store.place import ADDRESS, Place, place_of

LOGGER = logging.getLogger(__name__)
DOOMED = ".doomed."
_DOOMED = re.compile(re.escape(DOOMED) + r"[0-9a-f]{12}\.[0-9a-f]{32}")
# Writers fill a temporary file in minutes; one that has not grown for this long has no writer any more.
LEFTOVER_SECONDS = 3600
# What is beside the files with provenance: locks, unfinished files and downloads, notes that only save time.
_AUXILIARY = re.compile(
    rf"\..*({re.escape(TEMPORARY)}.*|\.lock|\.part)|\.snakemake_timestamp|\.checked\.json|.*\.part(\.json)?"
)


@dataclass(frozen=True)
class PruneSettings(Settings):
    """What prune spares although nothing reaches it."""

    key: ClassVar[str] = "prune"

    min_age_hours: float = setting(1.0, "Addresses that changed within this many hours are left alone.", least=0)
    keep_days: float = setting(
        30.0,
        "For how many days the last run of another checkout keeps what it reaches; for as long as it took if that is longer.",
        least=0,
    )
    yes: bool = setting(False, "Remove without asking. Without it, and without a terminal to ask at, prune only lists.")


@dataclass(frozen=True)
class Unreached:
    """An address that nobody reaches: `stage/address`, and the bytes that it takes."""

    name: str
    size: int


@dataclass
class Pruned:
    """What prune did, or would do.

    Attributes:
        removed: The addresses that are gone.
        young: Number of unreached addresses that were left because they are young.
        forbidden: Names of unreached addresses that this user may not remove.
        mixed: By name of an unreached address that was left, files in it that SNNDeep did not write.
    """

    removed: list[Unreached] = field(default_factory=list)
    young: int = 0
    forbidden: list[str] = field(default_factory=list)
    mixed: dict[str, list[str]] = field(default_factory=dict)


def prune(
    store: Path,
    live: set[str],
    settings: PruneSettings,
    checkout: Path,
    owner: str,
    agree: Callable[[Sequence[Unreached]], bool],
) -> Pruned:
    """Remove the addresses that nobody reaches, if the caller agrees to the list.

    Reached is what is in `live`, what a run that is at work reaches, and what the last run of another checkout reached,
    unless that is too long ago. The leases are read again before each removal, so that a run which begins meanwhile is
    heard. Only a folder `stage/address` in which every file has the provenance of that stage and address is ever removed,
    and the temporary files of killed writers.

    Args:
        store: The store's folder.
        live: `stage/address` of what the caller reaches.
        settings: What else to spare.
        checkout: The folder of the run, which cannot be the store.
        owner: The caller's checkout, see `owner_of`; its runs that ended keep nothing beyond `live`.
        agree: Told what is about to be removed, returns whether it may be.

    Raises:
        ConfigError: If the folder is not known to be a store.
        DamagedFileError: If a lease cannot be read.
        StorageError: If the store cannot be written to.
    """
    refuse_other_folders(store, checkout)
    require_marker(store)
    outcome, candidates = Pruned(), []
    for folder in sorted(store.glob("*/*")):
        name = f"{folder.parent.name}/{folder.name}"
        if name in live or not ADDRESS.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
            continue
        candidates.append(name)
    elsewhere = reached_elsewhere(store, owner, settings.keep_days)
    doomed = [
        found for name in candidates if name not in elsewhere and (found := _doomed(store, name, settings, outcome))
    ]
    if not agree(doomed):
        return outcome
    for found in doomed:
        if found.name not in reached_elsewhere(store, owner, settings.keep_days):
            _remove(store, found, outcome)
    _remove_leftovers(store)
    return outcome


def _doomed(store: Path, name: str, settings: PruneSettings, outcome: Pruned) -> Unreached | None:
    """Return an unreached address if it may be removed; otherwise note why not."""
    folder = store / name
    others = unknown_files(folder)
    if others is None:
        return None  # nothing in it says that it is an address
    if others:
        outcome.mixed[name] = others
        return None
    if server_time(store) - _last_change(folder) < 3600 * settings.min_age_hours:
        outcome.young += 1
        return None
    size = 0
    for path in _files_below(folder):
        with contextlib.suppress(FileNotFoundError):
            size += path.lstat().st_size
    return Unreached(name, size)


def _remove(store: Path, found: Unreached, outcome: Pruned) -> None:
    folder = store / found.name
    try:
        # Renamed first, so that no half of an address is ever left under its name.
        doomed = folder.rename(folder.with_name(f"{DOOMED}{folder.name}.{uuid.uuid4().hex}"))
        shutil.rmtree(doomed)
    except FileNotFoundError:
        return  # somebody else prunes too
    except PermissionError:
        outcome.forbidden.append(found.name)
        return
    outcome.removed.append(found)


def unknown_files(folder: Path) -> list[str] | None:
    """Return the files of an address's folder that nothing says SNNDeep wrote; None if nothing says it wrote any.

    A file is known by a provenance of its own stage, address and name.
    """
    known: set[str] = set()
    others = []
    paths = sorted(_files_below(folder))
    for path in paths:
        if path.name.endswith(PROVENANCE_SUFFIX):
            written = path.with_name(path.name.removesuffix(PROVENANCE_SUFFIX))
            place = place_of(written)
            with contextlib.suppress(DamagedFileError):
                record = read_record(written)
                if place == Place(str(record.get("stage")), str(record.get("address")), str(record["file"])):
                    known |= {written.as_posix(), path.as_posix()}
    for path in paths:
        inner = path.relative_to(folder)
        if path.as_posix() not in known and not any(_AUXILIARY.fullmatch(part) for part in inner.parts):
            others.append(inner.as_posix())
    return others if known else None


def reached_elsewhere(store: Path, owner: str, keep_days: float) -> set[str]:
    """Return `stage/address` of everything that other runs reach: of other checkouts, and those at work in any.

    Raises:
        DamagedFileError: If a lease cannot be read.
    """
    leases = [lease for lease in read_leases(store) if lease.owner != owner or lease.at_work]
    return {name for lease in leases if lease.counts(keep_days) for name in lease.live}


def settle_times(store: Path, live: Iterable[str]) -> int:
    """Give files from the future the present time and return their number.

    They come from a clock that was wrong. Snakemake refuses a result that is older than what it was made from.
    """
    now, count = server_time(store), 0
    for name in live:
        for path in _files_below(store / name):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime > now:
                    os.utime(path)
                    count += 1
    return count


def _files_below(folder: Path) -> Iterator[Path]:
    # Not Path.rglob, which fails where another process removes a folder meanwhile.
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)


def _last_change(folder: Path) -> float:
    changes = [0.0]
    for path in (folder, *_files_below(folder)):
        with contextlib.suppress(FileNotFoundError):
            changes.append(path.lstat().st_mtime)
    return max(changes)


def _remove_leftovers(store: Path) -> None:
    """Remove what killed writers and killed prunes left."""
    oldest = server_time(store) - LEFTOVER_SECONDS
    for folder in store.glob(f"*/{DOOMED}*"):
        if _DOOMED.fullmatch(folder.name) and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
    for folder in (path for path in store.glob("*/*") if ADDRESS.fullmatch(path.name) and not path.is_symlink()):
        for path in _files_below(folder):
            if path.name.startswith(".") and TEMPORARY in path.name:
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    if path.lstat().st_mtime < oldest:
                        path.unlink()
