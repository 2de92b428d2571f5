"""The store of intermediates as a whole: publish from it, check it, remove from it what nobody reaches."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from snndeep.errors import DamagedFileError
from snndeep.storage import PROVENANCE_SUFFIX, check, replacing, sha256_of

LOGGER = logging.getLogger(__name__)
ADDRESS = re.compile(r"[0-9a-f]{12}")


def publish(copies: Mapping[Path, Path]) -> None:
    """Copy checked files to the names that people read, each atomically."""
    for source, target in copies.items():
        check(source)
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)


def verify(store: Path, live: Iterable[str]) -> int:
    """Check every live file against its digest and return their number.

    Scans that this pipeline made are listed with their digests in a manifest and checked from there.

    Args:
        store: The store's folder.
        live: `stage/address` of what is to be checked; what was not made yet is passed over.

    Raises:
        DamagedFileError: Naming every damaged file and how to rebuild it.
    """
    count, damage = 0, []
    for folder in (store / name for name in live):
        for beside in sorted(folder.glob(f"*{PROVENANCE_SUFFIX}")):
            path = beside.with_name(beside.name.removesuffix(PROVENANCE_SUFFIX))
            try:
                check(path)
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
            path, expected = Path(entry[kind]), entry[f"{kind}_sha256"]
            found = sha256_of(path) if path.is_file() else "no file"
            if found != expected:
                raise DamagedFileError(
                    "A scan is damaged.",
                    where=str(path),
                    found=found,
                    expected=expected,
                    remedy=f"Rebuild it with: snakemake --cores 1 --force '{manifest}'",
                )
    return 2 * len(entries)


def published(results: Path) -> set[str]:
    """Return `stage/address` of everything that the published runs reach."""
    return {
        name
        for record in results.glob("*/provenance.json")
        for name in json.loads(record.read_text(encoding="utf-8"))["live"]
    }


def prune(store: Path, live: set[str]) -> tuple[list[str], int]:
    """Remove the addresses that are not live; return their names and how many bytes they took.

    Only folders of the form `stage/address` are ever touched.
    """
    removed, size = [], 0
    for folder in sorted(store.glob("*/*")):
        name = f"{folder.parent.name}/{folder.name}"
        if folder.is_dir() and not folder.is_symlink() and ADDRESS.fullmatch(folder.name) and name not in live:
            size += sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            shutil.rmtree(folder)
            removed.append(name)
    return removed, size
