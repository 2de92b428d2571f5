"""What an uncompressed tar holds and where, found by reading its headers alone.

Only regular files with a name inside the archive are listed. A member that could write elsewhere when it is unpacked
(an absolute name, `..`, a link, a device) or whose size is impossible is refused by name, and with it the archive.
What macOS adds (`._x`, `.DS_Store`) is passed over.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from snndeep.errors import DatasetError

if TYPE_CHECKING:
    from typing_extensions import Buffer

MOST_MEMBERS = 10_000
LARGEST_HEADER = 1 << 20
_READ_AHEAD = 1 << 14
# What the standard library raises besides TarError for headers that make no sense, for instance of sparse files.
_MISREAD = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, EOFError)


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Attributes:
        name: Its name, without a leading `./`.
        header: Where its headers begin, in bytes.
        start: Where its content begins.
        size: Bytes of its content.
    """

    name: str
    header: int
    start: int
    size: int

    @property
    def stop(self) -> int:
        """Where its content ends."""
        return self.start + self.size


def index(file: BinaryIO, size: int, where: str) -> dict[str, Member]:
    """Return the files of a tar by name.

    Args:
        file: The tar, seekable.
        size: Its size in bytes.
        where: Its name, for messages.

    Raises:
        DatasetError: If this is not an uncompressed tar, ends early, or has a member that is refused.
    """
    found: dict[str, Member] = {}
    file.seek(0)
    try:
        with tarfile.open(fileobj=cast(BinaryIO, _Bounded(file)), mode="r:") as tar:
            for count, info in enumerate(tar):
                member = _checked(info, size, where, count)
                if member is None:
                    continue
                if member.name in found:
                    raise _refused(info.name, "it is there twice", where)
                found[member.name] = member
            _require_end(file, tar.offset, size, where)
    except (tarfile.TarError, _HeaderTooLargeError, *_MISREAD) as error:
        raise _not_a_tar(where, f"{type(error).__name__}: {error}") from error
    if not found:
        raise _not_a_tar(where, "there are no files in it")
    return found


def confirm(header: bytes, member: Member, where: str) -> None:
    """Make sure that the headers at a member's place are still those of the index.

    Raises:
        DatasetError: If they are not.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(header), mode="r:") as tar:
            info = tar.next()
            found = (_plain_name(info.name), info.size) if info else ("nothing", 0)
    except (tarfile.TarError, *_MISREAD) as error:
        found = (f"{type(error).__name__}: {error}", 0)
    if found != (member.name, member.size):
        raise DatasetError(
            "The archive is not the one that was indexed.",
            where=f"{where}, byte {member.header}",
            found=f"{found[0]} of {found[1]} bytes",
            expected=f"{member.name} of {member.size} bytes",
            remedy="Remove the index and run again; check that all addresses have the same file.",
        )


def reader_at(read: Callable[[int, int], bytes], size: int) -> BinaryIO:
    """Return a seekable file over `read(start, stop)`, which reads a little ahead, so that few calls are needed."""
    return io.BufferedReader(_Ranges(read, size), _READ_AHEAD)


class _Ranges(io.RawIOBase):
    def __init__(self, read: Callable[[int, int], bytes], size: int):
        self._read, self._size, self._position = read, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        return self._position

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        stop = min(self._position + len(view), self._size)
        if stop <= self._position:
            return 0
        content = self._read(self._position, stop)
        view[: len(content)] = content
        self._position = stop
        return len(content)


class _HeaderTooLargeError(Exception):
    """A header asks for more than any header needs."""


class _Bounded:
    """A file that gives no more at once than a header may take: extended headers name their own size."""

    def __init__(self, file: BinaryIO):
        self._file, self.seek, self.tell = file, file.seek, file.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= LARGEST_HEADER:
            raise _HeaderTooLargeError(f"a header of {size} bytes")
        return self._file.read(size)


def _plain_name(name: str) -> str:
    return PurePosixPath(name).as_posix()


def _checked(info: tarfile.TarInfo, size: int, where: str, count: int) -> Member | None:
    """Return what there is to know of a member, or None if it is of no use."""
    path = PurePosixPath(info.name)
    if count >= MOST_MEMBERS:
        raise _refused(info.name, f"there are more than {MOST_MEMBERS} members", where)
    if path.is_absolute() or ".." in path.parts or "\0" in info.name:
        raise _refused(info.name, "it lies outside the target", where)
    if not 0 <= info.size <= size - info.offset_data and not info.isdir():
        raise _refused(info.name, f"its size is said to be {info.size} bytes", where)
    if path.name.startswith("._") or path.name == ".DS_Store" or "__MACOSX" in path.parts:
        return None
    if info.isdir():
        return None
    if not info.isreg() or info.issparse():
        raise _refused(info.name, f"it is {_KINDS.get(info.type, 'no regular file')}", where)
    return Member(path.as_posix(), info.offset, info.offset_data, info.size)


_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


def _require_end(file: BinaryIO, offset: int, size: int, where: str) -> None:
    """A tar ends with empty blocks. The standard library takes any nonsense between members for the end."""
    file.seek(min(offset, size))
    block = file.read(tarfile.BLOCKSIZE)
    if len(block) < tarfile.BLOCKSIZE or block.strip(b"\0"):
        raise _not_a_tar(where, f"no end of archive at byte {offset}")


def _refused(name: str, why: str, where: str) -> DatasetError:
    return DatasetError(
        "The archive has a member that must not be unpacked.",
        where=where,
        found=f"{name!r}: {why}",
        expected="regular files and folders inside the archive",
        remedy="Get the archive from its publisher.",
    )


def _not_a_tar(where: str, found: str) -> DatasetError:
    return DatasetError(
        "The archive is not an uncompressed tar, or it is damaged.",
        where=where,
        found=found,
        expected="Task03_Liver.tar as published",
        remedy="Get the archive again.",
    )
