"""Names that are only given to bytes that outlive a power loss.

A rename can reach the disk before the content of the file that it names; after a power loss the name then leads to an
empty file. So the file is written through to the disk first (fsync), and the folder right after the rename. Where that is
too slow, `SNNDEEP_DURABLE=0` in the environment turns it off (the key `durable` of the configuration sets it); an empty
file is then found by its digest and made again.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

VARIABLE = "SNNDEEP_DURABLE"
# What file systems answer that cannot write one file through; there is nothing that could be done instead.
_UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)


def durable() -> bool:
    """Whether files are written through to the disk before they take their name."""
    return os.environ.get(VARIABLE, "1") != "0"


def sync(path: Path) -> None:
    """Write a file, or the names in a folder, through to the disk.

    Raises:
        OSError: If the disk fails.
    """
    if not durable():
        return
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        return  # a folder that may be written to but not listed
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(handle)


def rename(source: Path, target: Path) -> None:
    """Rename a file over another; both are in one folder.

    A server of a network file system that answered too late is asked twice, and says the second time that the source
    does not exist. If the target is the file that was to be renamed, the rename succeeded.

    Raises:
        OSError: If it failed.
    """
    before = source.stat()
    try:
        source.replace(target)
    except FileNotFoundError:
        with contextlib.suppress(FileNotFoundError):
            after = target.stat()
            if (after.st_ino, after.st_size) == (before.st_ino, before.st_size):
                return
        raise
    finally:
        sync(target.parent)
