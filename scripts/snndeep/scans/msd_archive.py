"""The archive of Task03_Liver of the Medical Segmentation Decathlon: where it is, whether it is right, what it holds.

Simpson et al. 2019, arXiv:1902.09063; CC-BY-SA 4.0.

For all cases the tar is fetched as a whole and compared with its published MD5. For some, its index is read with small
requests and they are fetched by themselves, see `snndeep.scans.msd_cases`. A tar that is there already is read in place.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from snndeep.download.archive import Member, index, reader_at
from snndeep.download.mirrors import from_mirrors
from snndeep.download.progress import Progress
from snndeep.download.remote import Patience, RemoteFile
from snndeep.download.transfer import Span, transfer
from snndeep.errors import DatasetError
from snndeep.redaction import masked_url
from snndeep.store.files import write_json
from snndeep.store.locks import alone

LOGGER = logging.getLogger(__name__)
NAME = "Task03_Liver.tar"
CHECKED = ".checked.json"
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Archive:
    """The archive as it was published, and the places where it may be.

    Attributes:
        urls: Addresses of it, in the order in which they are tried.
        md5: Its checksum.
        bytes: Its size.
        folder: Where it belongs if it is fetched.
        tar: The user's own copy, used in place.
        patience: How long to wait for servers.
    """

    urls: Sequence[str]
    md5: str
    bytes: int
    folder: Path
    tar: Path | None = None
    patience: Patience = field(default_factory=Patience)

    @classmethod
    def from_settings(cls, published: Mapping[str, Any], folder: Path, tar: str) -> Archive:
        """Return the archive that a configuration describes.

        Args:
            published: Its section `dataset.msd`.
            folder: Where the archive belongs if it is fetched.
            tar: `dataset.path`: the user's own copy, or nothing.
        """
        patience = Patience(least_rate=published["least_rate"])
        where = Path(tar) if tar else None
        return cls(published["urls"], published["md5"], published["bytes"], folder, where, patience)

    def local(self) -> Path | None:
        """Return the archive on this machine, compared with its MD5 once, or None.

        Raises:
            DatasetError: If it is another one.
        """
        fetched = self.folder / NAME
        path = self.tar or (fetched if fetched.is_file() else None)
        if path is not None:
            with alone(self.folder / "check"):
                self._require_published(path)
        return path

    def remote(self, work: Callable[[RemoteFile], _Result]) -> _Result:
        """Return what `work` returns on the first address that serves, see `from_mirrors`."""
        return from_mirrors(self.urls, self.bytes, self.patience, work)

    def _require_published(self, path: Path) -> None:
        try:
            size = path.stat().st_size
            if self._checked().get(str(path.absolute())) == _state(path):
                return
            found = f"{size} bytes" if size != self.bytes else f"MD5 {_md5_of(path)}"
        except OSError as error:
            found = error.strerror or str(error)
        if found != f"MD5 {self.md5}":
            raise DatasetError(
                "The archive is not the one that was published.",
                where=str(path),
                found=found,
                expected=f"{self.bytes} bytes, MD5 {self.md5}",
                remedy="Correct dataset.path, or get the archive again.",
            )
        self.note_checked(path)

    def note_checked(self, path: Path) -> None:
        """Note that a file was found to be the archive, so that its MD5 is not taken again until the file changes."""
        write_json(self.folder / CHECKED, {**self._checked(), str(path.absolute()): _state(path)})

    def _checked(self) -> dict[str, list[int]]:
        # A note that cannot be read only costs time.
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads((self.folder / CHECKED).read_text(encoding="utf-8")))
        return {}


def _state(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _md5_of(path: Path) -> str:
    LOGGER.info("comparing %s with its MD5", path)
    digest, done = hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as file, Progress(path.name, path.stat().st_size, 0) as progress:
        while block := file.read(1 << 20):
            digest.update(block)
            done += len(block)
            progress.at(done)
    return digest.hexdigest()


def make_ready(archive: Archive, whole: bool) -> dict[str, Member]:
    """Make the archive ready to take cases from, and return its files by name.

    Args:
        archive: The archive.
        whole: Whether all cases are wanted, so that it is fetched as a whole.

    Raises:
        DownloadError: If no address serves.
        DatasetError: If the archive is another one, damaged or hostile.
        StorageError: If there is no room, or no permission.
    """
    with alone(archive.folder / "fetch"):
        here = archive.local()
        members = _index_of(here) if here else archive.remote(lambda source: _fetch(source, archive, whole))
    LOGGER.info("the archive has %d files", len(members))
    return members


def _fetch(source: RemoteFile, archive: Archive, whole: bool) -> dict[str, Member]:
    place = masked_url(source.url)
    if source.ranges and not whole:
        LOGGER.info("reading the index of %s", place)
        with reader_at(source.read, source.size) as file:
            return index(file, source.size, place)
    if not whole:
        LOGGER.warning("%s does not give parts of a file; fetching all of it", place)
    transfer(source, Span(0, source.size), archive.folder / NAME, archive.md5)
    archive.note_checked(archive.folder / NAME)
    return _index_of(archive.folder / NAME)


def _index_of(tar: Path) -> dict[str, Member]:
    with tar.open("rb") as file:
        return index(file, tar.stat().st_size, str(tar))
