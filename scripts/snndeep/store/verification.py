"""Checking what a configuration reaches: every file of the store, its provenance, its published copy, leases, journals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from snndeep.errors import UNREADABLE, DamagedFileError, SNNDeepError
from snndeep.store.files import (
    PROVENANCE_SUFFIX,
    check,
    provenance_path,
    read_json,
    read_record,
    rebuild_command,
    sha256_of,
)
from snndeep.store.lease import read_leases
from snndeep.store.place import place_of
from snndeep.store.pruning import unknown_files
from snndeep.store.publication import RECORD, Publication, read_publication


@dataclass
class Verification:
    """What was found.

    Attributes:
        intact: Number of files that are as they were written.
        damage: A message for each that is not.
    """

    intact: int = 0
    damage: list[str] = field(default_factory=list)

    def attempt(self, work: Callable[[], int]) -> None:
        """Count what a check found intact, or note what it says."""
        try:
            self.intact += work()
        except SNNDeepError as error:
            self.damage.append(str(error))


def verify(
    store: Path,
    live: Iterable[str],
    targets: Mapping[str, str],
    results: Path | None = None,
    run: str = "",
    growing: Callable[[Path], int] = lambda _: 0,
) -> int:
    """Check what is there, and that what must be there is, and return the number of intact files.

    Args:
        store: The store's folder.
        live: `stage/address` of what is to be checked. What was not made yet is passed over, unless the run was published.
        targets: By `stage/address`, the output of the workflow that makes its files, where they are none themselves.
        results: The folder of published runs, whose copies are checked.
        run: The name of the present run; what its record says was there must still be there.
        growing: Checks a file that is written again and again, such as a journal, and returns how many entries it has.

    Raises:
        DamagedFileError: Naming everything that is wrong, and how to make it again.
    """
    found, names = Verification(), set(live)
    for name in sorted(names):
        _verify_address(store, name, targets.get(name), found, growing)
    found.attempt(lambda: len(read_leases(store)))
    for record in sorted(results.glob(f"*/{RECORD}")) if results else []:
        found.attempt(partial(_verify_publication, record, found, store if record.parent.name == run else None))
    if found.damage:
        raise DamagedFileError(f"{len(found.damage)} faults in {store}:\n" + "\n".join(found.damage))
    return found.intact


def _verify_address(
    store: Path, name: str, target: str | None, found: Verification, growing: Callable[[Path], int]
) -> None:
    folder = store / name
    if not folder.is_dir():
        return
    maker = Path(target) if target else None
    for beside in sorted(folder.rglob(f"[!.]*{PROVENANCE_SUFFIX}")):
        path = beside.with_name(beside.name.removesuffix(PROVENANCE_SUFFIX))
        found.attempt(partial(_verify_file, path, maker, growing))
    # Where there is no provenance at all, the address was begun and not finished.
    for other in unknown_files(folder) or []:
        if other.endswith(PROVENANCE_SUFFIX) or provenance_path(folder / other).exists():
            continue  # named above
        found.damage.append(
            str(
                DamagedFileError(
                    "A file of the store has no provenance.",
                    where=str(folder / other),
                    expected=f"{other}{PROVENANCE_SUFFIX} beside it",
                    remedy=rebuild_command(maker or folder / other),
                )
            )
        )


def _verify_file(path: Path, target: Path | None, growing: Callable[[Path], int]) -> int:
    if read_record(path, target).get("grows"):
        return growing(path)
    stage = place_of(path).stage
    check(path, stage, target)
    if path.suffix == ".json" and stage == "data":
        return 1 + _verify_scans(path)
    if path.suffix == ".json" and stage == "features_batch":
        _verify_tables(path)
    return 1


def _verify_tables(manifest: Path) -> None:
    """Make sure that the tables that a batch lists are there; what they hold is compared where they are."""
    listed = (
        entry.get(kind) for entry in read_json(manifest, "features_batch").values() for kind in ("slices", "patient")
    )
    for path in (manifest.parent / name for name in listed if name):
        if not path.exists():
            raise DamagedFileError(
                "A table of features is gone.",
                where=str(path),
                expected="the table that the manifest of its batch lists",
                remedy=rebuild_command(manifest),
            )


def _verify_scans(manifest: Path) -> int:
    """Compare the scans that a manifest lists with the digests that it gives."""
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
        _verify_twin(manifest, entry)
    return 2 * len(entries)


def _verify_twin(manifest: Path, entry: Mapping[str, str]) -> None:
    """Compare a scan that was fetched by itself with the same one out of the checked archive, where that is there."""
    twin = manifest.parent / entry.get("twin", "")
    if not entry.get("twin") or not twin.is_file():
        return
    (checked,) = read_json(twin, "data").values()
    for kind in ("image", "label"):
        if entry[f"{kind}_sha256"] != checked[f"{kind}_sha256"]:
            raise DamagedFileError(
                "A scan that was fetched by itself is not the one in the published archive.",
                where=str(manifest.parent / entry[kind]),
                found=entry[f"{kind}_sha256"],
                expected=checked[f"{kind}_sha256"],
                remedy="Distrust the server that gave it, and remove what was made of it.",
            )


def _verify_publication(path: Path, found: Verification, store: Path | None) -> int:
    """Check the copies of a published run, and, given the store, that what it was made from is still there."""
    publication = read_publication(path)
    intact = 0
    for name, expected in publication.files.items():
        copy = path.parent / name
        try:
            said = sha256_of(copy)
        except UNREADABLE as error:
            said = f"{type(error).__name__}: {error}"
        if said == expected:
            intact += 1
            continue
        found.damage.append(
            str(
                DamagedFileError(
                    "A published file is not the one that was published.",
                    where=str(copy),
                    found=said[:80],
                    expected=expected,
                    remedy="Publish it again: snakemake --cores 1 --force publish",
                )
            )
        )
    if store is not None:
        _verify_stored(publication, store, found)
    return intact


def _verify_stored(publication: Publication, store: Path, found: Verification) -> None:
    for name, files in publication.stored.items():
        for file in files:
            path = store / name / file
            beside = path.with_name(path.name + PROVENANCE_SUFFIX)
            # With a provenance alone, the missing file was named already.
            if not path.exists() and not beside.exists():
                found.damage.append(
                    str(
                        DamagedFileError(
                            "A file that a published run was made from is gone, and its provenance with it.",
                            where=str(path),
                            remedy=rebuild_command(path),
                        )
                    )
                )
