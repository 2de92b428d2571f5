"""What a file or a folder holds, and whether it is still what it was when the work was planned.

A scan that is replaced between plan and job would put the new bytes' features under the old bytes' address for good. So a
job compares the digest of what it is about to read, and after the reading makes sure that the file was not touched
meanwhile, before it writes anything.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from snndeep.errors import DatasetError
from snndeep.store.files import check, sha256_of


def files_of(path: Path) -> list[Path]:
    """Return a file itself; of a folder, its files by name, without hidden ones and folders within."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))


def state_of(path: Path) -> list[list[int]]:
    """Return what changes whenever a file, or one of a folder, is written to: size, both times and inode of each.

    The time of the last change of the inode (ctime) cannot be set back, unlike that of the content.
    """
    states = []
    for file in files_of(path):
        stat = file.stat()
        states.append([stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino])
    return states


def content_digest(path: Path, digest_of: Callable[[Path], str] = sha256_of) -> str:
    """Return the SHA-256 of a file's bytes; of a folder, that of its files' digests in the order of their names.

    Args:
        path: The file or folder.
        digest_of: Returns the SHA-256 of a file.
    """
    if not path.is_dir():
        return digest_of(path)
    return hashlib.sha256("\n".join(digest_of(file) for file in files_of(path)).encode()).hexdigest()


@contextlib.contextmanager
def as_planned(source: Path, planned: str = "") -> Iterator[None]:
    """Make sure that what is read within the block is what was planned.

    Args:
        source: A file or folder of the user, or a file of the store.
        planned: The digest that the plan found, see `content_digest`. Without one, `source` is a file of the store, which
            must be what its own provenance says.

    Raises:
        DatasetError: If the bytes are others, or change while the block is at work.
        DamagedFileError: If the file of the store is not as it was written.
    """
    before = state_of(source) if planned or source.exists() else []
    if not planned:
        check(source)
    elif (found := content_digest(source)) != planned:
        raise _changed(source, f"SHA-256 {found[:16]}...", f"SHA-256 {planned[:16]}..., as when the run was planned")
    yield
    if state_of(source) != before:
        raise _changed(source, "it was written to while it was being read", "a file that nobody changes")


def _changed(source: Path, found: str, expected: str) -> DatasetError:
    return DatasetError(
        "A scan is not the one that was planned with; nothing was made of it.",
        where=str(source),
        found=found,
        expected=expected,
        remedy="Run the same command again once the file is complete; it is then planned with as it is.",
    )
