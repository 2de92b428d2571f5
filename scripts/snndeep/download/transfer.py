"""A range of a remote file into a file on disk, resumed where an earlier attempt stopped.

Until it is whole, `x` is called `x.part`, and `x.part.json` says what it is part of. A killed process loses nothing of
what it has written: the next one reads the part again for its MD5 and asks for the rest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snndeep.download.disk import require_space, size_text
from snndeep.download.progress import Progress
from snndeep.download.remote import BrokenTransferError, RemoteFile, StaleTransferError
from snndeep.errors import DownloadError
from snndeep.redaction import masked_url
from snndeep.store.durability import rename, sync
from snndeep.store.files import explained, write_json

LOGGER = logging.getLogger(__name__)
BLOCK = 1 << 20
# An attempt that brings less than this counts as one that brought nothing, so that a server which breaks every few bytes
# is given up. What it brought is kept all the same.
LEAST_GAIN = 1 << 12


@dataclass(frozen=True)
class Span:
    """Bytes `start` up to `stop` of a file."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """Their number."""
        return self.stop - self.start


class _Part:
    """The bytes that are there so far, and their MD5.

    Args:
        target: The file's final name.
        identity: Which bytes of which file these are.
        resumable: Whether the rest can be had without the beginning.
    """

    def __init__(self, target: Path, identity: Mapping[str, Any], resumable: bool):
        self._target = target
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size = 0
        keep = resumable and self._belongs_to(identity)
        # Unbuffered: what is counted is with the system, and outlives this process.
        self._file = self.path.open("r+b" if keep else "wb", buffering=0)
        if keep:
            LOGGER.info("reading %s, to resume at its end", self.path)
            while block := self._file.read(BLOCK):
                self._count(block)
        write_json(self._note, identity)

    def _belongs_to(self, identity: Mapping[str, Any]) -> bool:
        """Whether the part that is there may be resumed.

        From the same address, only if the server says that the file is the same. From another one, always: size and
        checksum decide in the end.
        """
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            same = {key: note[key] for key in ("start", "stop", "size")}
            moved, fresh = note["address"] != identity["address"], note["validator"] == identity["validator"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if not self.path.is_file() or self.path.stat().st_size > identity["stop"] - identity["start"]:
            return False
        if not (moved or fresh):
            LOGGER.info("the remote file has changed since; starting over")
        return same.items() <= identity.items() and (moved or fresh)

    def _count(self, block: bytes | memoryview) -> None:
        self._md5.update(block)
        self.size += len(block)

    def write(self, block: bytes) -> None:
        """Add bytes."""
        rest = memoryview(block)
        while rest:
            written = self._file.write(rest)
            self._count(rest[:written])
            rest = rest[written:]

    def restart(self) -> None:
        """Forget all bytes."""
        self._file.seek(0)
        self._file.truncate()
        self._md5, self.size = hashlib.md5(usedforsecurity=False), 0

    @property
    def md5(self) -> str:
        """MD5 of the bytes so far."""
        return self._md5.hexdigest()

    def finish(self) -> None:
        """Give the file its final name."""
        sync(self.path)
        rename(self.path, self._target)
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the bytes from the disk."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; what is there stays."""
        self._file.close()


def transfer(source: RemoteFile, span: Span, target: Path, md5: str = "") -> None:
    """Bring a range of a remote file to `target`, which exists only when it is whole.

    Args:
        source: The remote file.
        span: Which of its bytes.
        target: Where they belong.
        md5: Their checksum, if it is known.

    Raises:
        DownloadError: If the server fails for good, or the bytes have another checksum.
        StaleTransferError: If bytes of an earlier attempt do not fit; they are removed, and starting over may help.
        StorageError: If the disk is full or may not be written to.
    """
    identity = {
        "start": span.start,
        "stop": span.stop,
        "size": source.size,
        "address": hashlib.sha256(source.url.encode()).hexdigest(),
        "validator": source.validator,
    }
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _Part(target, identity, resumable=source.ranges)
    with contextlib.closing(part):
        resumed = part.size
        require_space(target.parent, span.size - resumed)
        done = f", {size_text(resumed)} are there already" if resumed else ""
        LOGGER.info("fetching %s from %s%s", size_text(span.size), masked_url(source.url), done)
        with Progress(target.name, span.size, resumed) as progress:
            while part.size < span.size:
                source.patience.insist(lambda: _advance(source, span, part, progress))
        if md5 and part.md5 != md5:
            part.discard()
            raise (StaleTransferError if resumed else DownloadError)(
                "What was fetched is not the file that was published.",
                where=masked_url(source.url),
                found=f"MD5 {part.md5}",
                expected=f"MD5 {md5}",
                remedy="Check the address and the checksum in the configuration.",
            )
        with explained(target):
            part.finish()


def _advance(source: RemoteFile, span: Span, part: _Part, progress: Progress) -> None:
    """Bring as many bytes as come. A connection that breaks after it brought some is no failure, if it can be resumed."""
    if not source.ranges:
        with explained(part.path):
            part.restart()
    before = part.size
    try:
        for block in source.blocks(span.start + part.size, span.stop):
            with explained(part.path):
                part.write(block)
            progress.at(part.size)
    except BrokenTransferError as error:
        if not source.ranges or part.size - before < min(LEAST_GAIN, span.size - before):
            raise
        LOGGER.info("%s at %s: %s; resuming there", error.what, size_text(part.size), error.found)
    except StaleTransferError:
        part.discard()
        raise
