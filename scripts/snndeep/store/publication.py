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
from snndeep.store.files import PROVENANCE_SUFFIX, check, digest_of_json, read_record, replacing, sha256_of, write_json
from snndeep.store.place import place_of

LOGGER = logging.getLogger(__name__)
RECORD = "provenance.json"


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
    """

    path: Path
    live: tuple[str, ...]
    files: Mapping[str, str]
    stored: Mapping[str, Sequence[str]]


def write_publication(
    path: Path, store: Path, live: Sequence[str], published: Iterable[Path], stages: Mapping[str, str]
) -> list[dict[str, str]]:
    """Write what was published, and what the store holds of it; return the types of processor that computed it.

    Args:
        path: The record, in the run's folder.
        store: The store's folder.
        live: `stage/address` of everything that the run reaches.
        published: The copies.
        stages: By what the report calls them, the addresses that it shows.
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
        return Publication(path, tuple(record["live"]), record["files"], record["stored"])
    except UNREADABLE as error:
        raise DamagedFileError(
            "The record of a published run cannot be read, so it is not known what it reaches.",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            expected="the JSON that `publish` wrote",
            remedy="Publish it again: snakemake --cores 1 --force publish. If the run is no longer wanted, remove its folder.",
        ) from error


def publications(results: Path) -> list[Publication]:
    """Return the records of all published runs.

    Raises:
        DamagedFileError: See `read_publication`.
    """
    return [read_publication(path) for path in sorted(results.glob(f"*/{RECORD}"))]
