"""Cases of Task03_Liver, taken out of its archive one by one.

A case is a folder of two files that gets its name when both are there and sound: whole or absent, never half. The size
is that of the archive's index; that the bytes are right is said by the checksum that each gzip file carries.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from snndeep.download.archive import Member, confirm
from snndeep.download.disk import require_space, size_text
from snndeep.download.remote import RemoteFile
from snndeep.download.transfer import Span, transfer
from snndeep.errors import DatasetError, DownloadError
from snndeep.redaction import masked_url
from snndeep.scans.msd_archive import NAME, Archive
from snndeep.store.files import explained, read_json, replacing, sha256_of
from snndeep.store.locks import alone
from snndeep.volume.errors import CorruptFileError
from snndeep.volume.integrity import check_gzip

LOGGER = logging.getLogger(__name__)
FOLDERS = {"image": "imagesTr", "label": "labelsTr"}
LARGEST_SCAN = 4 << 30


def bring_case(name: str, members: Mapping[str, Member], archive: Archive, folder: Path) -> dict[str, str]:
    """Bring one case to `folder/name`; return its files, below `folder`, with their SHA-256.

    A case that is there and sound stays as it is; one that was begun is resumed.

    Args:
        name: Of the case.
        members: The archive's files by name.
        archive: Where to take it from.
        folder: Where cases belong.

    Raises:
        DownloadError: If no address serves.
        DatasetError: If the archive lacks the case, is another one, or holds a damaged scan.
        StorageError: If there is no room, or no permission.
    """
    wanted = {kind: _scan(members, f"Task03_Liver/{part}/{name}.nii.gz") for kind, part in FOLDERS.items()}
    with alone(folder / name):
        if _sound(folder / name, wanted):
            LOGGER.info("%s is there already", name)
        else:
            _complete(folder / f".{name}.part", wanted, archive)
            with explained(folder / name):
                shutil.rmtree(folder / name, ignore_errors=True)
                (folder / f".{name}.part").rename(folder / name)
            LOGGER.info("%s is complete", name)
        files = {kind: f"{name}/{kind}.nii.gz" for kind in FOLDERS}
        return {**files, **{f"{kind}_sha256": sha256_of(folder / file) for kind, file in files.items()}}


def compare_with_twin(name: str, entry: Mapping[str, str], twin: Path, checked: bool) -> None:
    """Compare a case with the one that was brought the other way: out of the checked archive, or by itself.

    Args:
        name: Of the case.
        entry: See `bring_case`.
        twin: The manifest of the other; it need not exist.
        checked: Whether this one is out of the archive whose checksum was compared, so that the other is wrong.

    Raises:
        DatasetError: If they differ and the other is the one that was checked.
    """
    if not twin.exists():
        return
    other = read_json(twin, "data")[name]
    different = [kind for kind in FOLDERS if entry[f"{kind}_sha256"] != other[f"{kind}_sha256"]]
    if not different:
        return
    error = DatasetError(
        "A case that was fetched by itself is not the one in the published archive.",
        where=f"{name}, {' and '.join(different)}",
        found=", ".join(str((entry, other)[checked][f"{kind}_sha256"]) for kind in different),
        expected=", ".join(str((other, entry)[checked][f"{kind}_sha256"]) for kind in different),
        remedy="Distrust the server that gave it. Remove what was made of it, or use the whole archive (dataset.path).",
    )
    if not checked:
        raise error
    LOGGER.warning("%s\n  its address:  %s", error, twin.parent)


def _scan(members: Mapping[str, Member], name: str) -> Member:
    if name not in members:
        raise DatasetError(
            "The archive lacks a scan.",
            where=NAME,
            found=f"{len(members)} files, none of them {name}",
            expected="image and label of every case",
        )
    if not 0 < members[name].size <= LARGEST_SCAN:
        raise DatasetError(
            "A scan of the archive has an impossible size.",
            where=name,
            found=f"{members[name].size} bytes",
            expected=f"up to {size_text(LARGEST_SCAN)}",
        )
    return members[name]


def _sound(case: Path, wanted: Mapping[str, Member]) -> bool:
    """Whether a case is there with the right sizes and checksums."""
    try:
        for kind, member in wanted.items():
            path = case / f"{kind}.nii.gz"
            if path.stat().st_size != member.size:
                return False
            check_gzip(path)
    except (OSError, CorruptFileError):
        return False
    return True


def _complete(unfinished: Path, wanted: Mapping[str, Member], archive: Archive) -> None:
    """Bring what is missing of a case."""
    for kind, member in wanted.items():
        path = unfinished / f"{kind}.nii.gz"
        if not path.exists():
            _bring(member, archive, path)
        try:
            check_gzip(path)
        except CorruptFileError as error:
            shutil.rmtree(unfinished)
            raise DatasetError(
                "A scan of the archive is damaged.",
                where=member.name,
                found=error.found,
                expected="a sound gzip file",
                remedy="Run again; if it stays, compare the archive with its published MD5.",
            ) from error


def _bring(member: Member, archive: Archive, path: Path) -> None:
    tar = archive.local()
    if tar is None:
        archive.remote(lambda source: _fetch(source, member, path))
        return
    require_space(path.parent, member.size)
    with tar.open("rb") as file, replacing(path) as temporary, temporary.open("wb") as target:
        file.seek(member.header)
        confirm(file.read(member.start - member.header), member, str(tar))
        left = member.size
        while block := file.read(min(left, 1 << 20)):
            target.write(block)
            left -= len(block)


def _fetch(source: RemoteFile, member: Member, path: Path) -> None:
    place = masked_url(source.url)
    if not source.ranges:
        raise DownloadError(
            "The server does not give parts of a file.",
            where=place,
            found="no ranges",
            expected="ranges, as when the index was read",
            remedy="Add an address that gives them, or get the archive and say where it is in dataset.path.",
        )
    confirm(source.read(member.header, member.start), member, place)
    transfer(source, Span(member.start, member.stop), path)
