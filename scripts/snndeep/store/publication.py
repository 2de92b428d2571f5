"""From addresses to the names that people read, and a record by which both can be checked afterwards."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snndeep.errors import UNREADABLE, DamagedFileError
from snndeep.store.files import (
    PROVENANCE_SUFFIX,
    check,
    digest_of_json,
    explained,
    read_record,
    replacing,
    sha256_of,
    write_json,
)
from snndeep.store.origin import Origin
from snndeep.store.place import place_of

LOGGER = logging.getLogger(__name__)
RECORD = "provenance.json"
MARK = ".shows-"


def mark_of(live: Iterable[str]) -> str:
    """Return the name of the mark which says that a folder shows a run, and that all of it was published.

    The mark is a file of its own because Snakemake asks whether files exist: where the mark of the configuration is
    missing, it is published, whatever was published, killed, edited or forgotten before.

    Args:
        live: `stage/address` of everything that the run reaches.
    """
    return MARK + digest_of_json(sorted(live))[:12]


def withdraw_marks(folder: Path) -> None:
    """Remove every mark from a run's folder.

    Raises:
        StorageError: If a mark cannot be removed.
    """
    for mark in sorted(folder.glob(f"{MARK}*")):
        with explained(mark):
            mark.unlink(missing_ok=True)


def withdraw_false_marks(folder: Path) -> None:
    """Remove the marks of a run's folder if it does not hold what its record says, or its record says something else.

    Raises:
        StorageError: If a mark cannot be removed.
    """
    marks = {mark.name for mark in folder.glob(f"{MARK}*")}
    if not marks:
        return
    try:
        publication = read_publication(folder / RECORD)
    except DamagedFileError:
        withdraw_marks(folder)
        return
    if marks != {mark_of(publication.live)} or not publication.is_intact():
        withdraw_marks(folder)


def publish(copies: Mapping[Path, Path]) -> list[Path]:
    """Copy checked files, or all files of folders, each atomically, and return the paths of the copies.

    Args:
        copies: By file or folder of the store, the name that people read.

    Raises:
        DamagedFileError: If a file is damaged or missing.
        StorageError: If a copy cannot be written.
    """
    made = []
    for source, target in copies.items():
        if source.is_dir():
            names = [path.name for path in sorted(source.iterdir())]
            kept = [name for name in names if not name.startswith(".") and not name.endswith(PROVENANCE_SUFFIX)]
            made += publish({source / name: target / name for name in kept})
            continue
        expected = check(source, place_of(source).stage)["sha256"]
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
            if sha256_of(temporary) != expected:
                raise DamagedFileError(
                    "A file changed while it was being published.",
                    where=str(source),
                    expected=f"SHA-256 {expected[:16]}...",
                    remedy="Run the same command again.",
                )
        made.append(target)
    return made


@dataclass(frozen=True)
class Publication:
    """What a published run says of itself.

    Attributes:
        path: Of the record.
        live: `stage/address` of everything that it reaches.
        files: By path below the run's folder, SHA-256 of what was published.
        stored: By `stage/address`, the names of the files that were there when it was published.
        origin: Where its scans come from; None in records of earlier versions.
    """

    path: Path
    live: tuple[str, ...]
    files: Mapping[str, str]
    stored: Mapping[str, Sequence[str]]
    origin: Origin | None = None

    def is_intact(self) -> bool:
        """Return whether every file is there as it was published."""
        try:
            return all(sha256_of(self.path.parent / name) == expected for name, expected in self.files.items())
        except OSError:
            return False


def write_publication(
    path: Path,
    store: Path,
    live: Sequence[str],
    published: Iterable[Path],
    stages: Mapping[str, str],
    origin: Origin | None = None,
) -> list[dict[str, str]]:
    """Write what was published, and what the store holds of it; return the types of processor that computed it.

    Args:
        path: The record, in the run's folder.
        store: The store's folder.
        live: `stage/address` of everything that the run reaches.
        published: The copies.
        stages: By what the report calls them, the addresses that it shows.
        origin: Where the scans come from.
    """
    stored, processors = {}, {}
    for name in live:
        files = _kept(store / name)
        if files:
            stored[name] = [place_of(file).name for file in files]
        for file in files:
            with contextlib.suppress(DamagedFileError):
                if used := read_record(file).get("processor"):
                    processors[json.dumps(used, sort_keys=True)] = used
    record: dict[str, Any] = {
        "stages": dict(stages),
        "live": list(live),
        "files": {file.relative_to(path.parent).as_posix(): sha256_of(file) for file in published},
        "stored": stored,
        "processors": list(processors.values()),
        **({"origin": origin.to_json()} if origin else {}),
    }
    write_json(path, {**record, "sha256": digest_of_json(record)})
    return list(processors.values())


def _kept(folder: Path) -> list[Path]:
    """Return the files of an address that have a provenance."""
    besides = sorted(folder.rglob(f"[!.]*{PROVENANCE_SUFFIX}"))
    return [beside.with_name(beside.name.removesuffix(PROVENANCE_SUFFIX)) for beside in besides]


def read_publication(path: Path) -> Publication:
    """Return what a published run says of itself.

    Raises:
        DamagedFileError: If the record cannot be read or is not as it was written.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        said = record.pop("sha256")
        if said != digest_of_json(record):
            raise ValueError("content that does not fit its own SHA-256")
        origin = Origin.from_json(record["origin"]) if "origin" in record else None
        return Publication(path, tuple(record["live"]), record["files"], record["stored"], origin)
    except UNREADABLE as error:
        raise DamagedFileError(
            "The record of a published run cannot be read, so it is not known what it reaches.",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            expected="the JSON that `publish` wrote",
            remedy="Publish it again: snakemake --cores 1 --force publish. If the run is no longer wanted, remove its folder.",
        ) from error


def origin_of(path: Path) -> Origin | None:
    """Return where the scans of a published run come from, as far as its record can be read and says so."""
    try:
        return read_publication(path).origin
    except DamagedFileError:
        return None


def publications(results: Path) -> list[Publication]:
    """Return the records of all published runs.

    Raises:
        DamagedFileError: See `read_publication`.
    """
    return [read_publication(path) for path in sorted(results.glob(f"*/{RECORD}"))]
