"""The store of intermediates as a whole: publish from it, check it, remove from it what nobody reaches."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from snndeep.errors import DamagedFileError
from snndeep.settings import Settings, setting
from snndeep.store.files import PROVENANCE_SUFFIX, check, rebuild_command, replacing, sha256_of
from snndeep.store.lease import read_leases, server_time

LOGGER = logging.getLogger(__name__)
ADDRESS = re.compile(r"[0-9a-f]{12}")
DOOMED = ".doomed."
# Writers fill a temporary file in minutes; one that has not grown for this long has no writer any more.
LEFTOVER_SECONDS = 3600


def publish(copies: Mapping[Path, Path]) -> None:
    """Copy checked files, or all files of folders, to the names that people read, each atomically."""
    for source, target in copies.items():
        if source.is_dir():
            names = [path.name for path in sorted(source.iterdir())]
            kept = [name for name in names if not name.startswith(".") and not name.endswith(PROVENANCE_SUFFIX)]
            publish({source / name: target / name for name in kept})
            continue
        check(source)
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)


def verify(store: Path, live: Iterable[str], targets: Mapping[str, str]) -> int:
    """Check every live file against its digest and return their number.

    Scans that this pipeline made are listed with their digests in a manifest and checked from there.

    Args:
        store: The store's folder.
        live: `stage/address` of what is to be checked; what was not made yet is passed over.
        targets: By `stage/address`, the output of the workflow that makes its files, where they are none themselves.

    Raises:
        DamagedFileError: Naming every damaged file and how to rebuild it.
    """
    count, damage = 0, []
    for name in live:
        folder = store / name
        for beside in sorted(folder.rglob(f"[!.]*{PROVENANCE_SUFFIX}")):
            path = beside.with_name(beside.name.removesuffix(PROVENANCE_SUFFIX))
            try:
                check(path, targets.get(name))
                count += 1
                if folder.parent.name == "data":
                    count += _verify_scans(path)
            except DamagedFileError as error:
                damage.append(str(error))
    if damage:
        raise DamagedFileError(f"{len(damage)} damaged files in {store}:\n" + "\n".join(damage))
    return count


def _verify_scans(manifest: Path) -> int:
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    for entry in entries.values():
        for kind in ("image", "label"):
            path, expected = manifest.parent / entry[kind], entry[f"{kind}_sha256"]
            found = sha256_of(path) if path.is_file() else "no file"
            if found != expected:
                raise DamagedFileError(
                    "A scan is damaged.",
                    where=str(path),
                    found=found,
                    expected=expected,
                    remedy=rebuild_command(manifest),
                )
    return 2 * len(entries)


def published(results: Path) -> set[str]:
    """Return `stage/address` of everything that the published runs reach."""
    return {
        name
        for record in results.glob("*/provenance.json")
        for name in json.loads(record.read_text(encoding="utf-8"))["live"]
    }


@dataclass(frozen=True)
class PruneSettings(Settings):
    """What prune spares although nothing reaches it."""

    key: ClassVar[str] = "prune"

    min_age_hours: float = setting(1.0, "Addresses that changed within this many hours are left alone.", least=0)
    keep_days: float = setting(
        30.0, "For how many days the last run of another checkout keeps what it reaches.", least=0
    )


@dataclass
class Pruned:
    """What prune did.

    Attributes:
        removed: Names of the addresses that are gone.
        size: Bytes that they took.
        young: Number of unreached addresses that were left because they are young.
        foreign: Names of unreached addresses that this user may not remove.
    """

    removed: list[str] = field(default_factory=list)
    size: int = 0
    young: int = 0
    foreign: list[str] = field(default_factory=list)


def settle_times(store: Path, live: Iterable[str]) -> int:
    """Give files from the future the present time and return their number.

    They come from a clock that was wrong. Snakemake refuses a result that is older than what it was made from.
    """
    now, count = time.time(), 0
    for name in live:
        for path in (store / name).rglob("*"):
            if path.stat().st_mtime > now:
                os.utime(path)
                count += 1
    return count


def prune(store: Path, live: set[str], settings: PruneSettings, own_lease: Path) -> Pruned:
    """Remove the addresses that nobody reaches.

    Reached is what is in `live`, what a run that is at work reaches, and what the last run of another checkout reached,
    unless that is too long ago. The leases are read again before each removal, so that a run which begins meanwhile is
    heard. Only folders of the form `stage/address` are ever touched, and the temporary files that killed writers left.

    Args:
        store: The store's folder.
        live: `stage/address` of what the caller reaches.
        settings: What else to spare.
        own_lease: The caller's lease; those of the same checkout say nothing beyond `live`.

    Raises:
        StorageError: If the store cannot be written to.
    """
    outcome = Pruned()
    _remove_leftovers(store)
    for folder in sorted(store.glob("*/*")):
        name = f"{folder.parent.name}/{folder.name}"
        if not folder.is_dir() or folder.is_symlink() or not ADDRESS.fullmatch(folder.name) or name in live:
            continue
        if name in reached_elsewhere(store, own_lease, settings.keep_days):
            continue
        if server_time(store) - _last_change(folder) < 3600 * settings.min_age_hours:
            outcome.young += 1
            continue
        try:
            # Renamed first, so that no half of an address ever stands under its name.
            doomed = folder.rename(folder.with_name(f"{DOOMED}{folder.name}.{uuid.uuid4().hex}"))
            size = sum(path.stat().st_size for path in _files_below(doomed))
            shutil.rmtree(doomed)
        except FileNotFoundError:
            continue  # somebody else prunes too
        except PermissionError:
            outcome.foreign.append(name)
            continue
        outcome.removed.append(name)
        outcome.size += size
    return outcome


def reached_elsewhere(store: Path, own_lease: Path, keep_days: float) -> set[str]:
    """Return `stage/address` of everything that runs of other checkouts reach."""
    owner = own_lease.name.partition(".")[0]
    leases = [lease for lease in read_leases(store) if lease.path.name.partition(".")[0] != owner]
    return {name for lease in leases if lease.at_work or lease.age < 86400 * keep_days for name in lease.live}


def _files_below(folder: Path) -> Iterator[Path]:
    # Not Path.rglob, which fails where another process removes a folder meanwhile.
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)


def _last_change(folder: Path) -> float:
    changes = [0.0]
    for path in (folder, *_files_below(folder)):
        with contextlib.suppress(FileNotFoundError):
            changes.append(path.stat().st_mtime)
    return max(changes)


def _remove_leftovers(store: Path) -> None:
    """Remove what killed writers and killed prunes left."""
    oldest = server_time(store) - LEFTOVER_SECONDS
    for folder in store.glob(f"*/{DOOMED}*"):
        shutil.rmtree(folder, ignore_errors=True)
    for path in _files_below(store):
        if path.name.startswith(".") and ".tmp" in path.name:
            with contextlib.suppress(FileNotFoundError, PermissionError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
