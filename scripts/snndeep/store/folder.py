"""Which folders are stores, and which may never be taken for one."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

from snndeep.errors import ConfigError
from snndeep.store.files import explained, write_json

LOGGER = logging.getLogger(__name__)
MARKER = ".snndeep-store"
# What a plan writes before the first result.
_EARLY = frozenset({"leases", "digests.json"})


def refuse_other_folders(store: Path, checkout: Path) -> None:
    """Refuse a folder that holds a person's files by its nature: the root, a home, a checkout or what encloses one.

    Raises:
        ConfigError: If the store is such a folder.
    """
    folder = store.resolve()
    reason = ""
    if folder == Path(folder.anchor):
        reason = "the root of the file system"
    elif folder == Path.home().resolve() or folder in Path.home().resolve().parents:
        reason = "a home folder, or a folder of homes"
    elif folder == checkout.resolve() or folder in checkout.resolve().parents:
        reason = "the folder of this checkout, or one that encloses it"
    elif any((folder / name).exists() for name in (".git", "Snakefile", ".snakemake")):
        reason = "a folder with a checkout in it"
    if reason:
        raise ConfigError(
            "This folder cannot be the store.",
            where=f"store = {store}",
            found=reason,
            expected="a folder of its own, such as `work`",
            remedy="Set `store` to a folder that holds nothing else.",
        )


def mark_store(store: Path) -> None:
    """Mark a new store as one. A folder that holds other files is not marked, so that `prune` leaves it alone.

    Raises:
        StorageError: If the folder cannot be written to.
    """
    marker = store / MARKER
    if marker.exists():
        return
    with explained(store):
        store.mkdir(parents=True, exist_ok=True)
        others = sorted(
            path.name for path in store.iterdir() if path.name not in _EARLY and not path.name.startswith(".")
        )
    if others:
        LOGGER.warning("%s held other files before (%s), so `prune` will not touch it", store, ", ".join(others[:3]))
        return
    write_json(marker, {"format": 1, "of": "SNNDeep"})


def require_marker(store: Path) -> None:
    """Refuse a folder that is not marked as a store.

    Raises:
        ConfigError: If it has no marker.
    """
    if not (store / MARKER).is_file():
        raise ConfigError(
            "This folder is not known to be a store of SNNDeep, so nothing is removed from it.",
            where=f"store = {store}",
            found=f"no file {MARKER}",
            expected="the marker that a run writes into a new, empty store",
            remedy=f"If it holds nothing but results of SNNDeep: touch {shlex.quote(str(store / MARKER))}",
        )
