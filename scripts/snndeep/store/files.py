"""Files as SNNDeep keeps them: written whole or not at all, with their provenance beside them, checked when read.

A writer fills a temporary file of a unique name in the same folder, writes it through to the disk and renames it. Beside
`x.npz` is stored `x.npz.provenance.json`: stage, address and name, the configuration and code it depended on, its inputs,
what it was computed on, and the SHA-256 of the bytes. The provenance is placed first and the file right after it, so that
a file under its final name always has one.

A reader compares three things before it decodes a file: the digest of the bytes that it read, so that damage is named; the
place that the provenance says, so that a file of another address is named, whole as it may be; and the stage that the
reader expects. Nothing is ever unpickled.

Several processes, users and machines may write to one store. What is stored under an address is what any of them would
write there, so the first to finish wins: a writer that finds an intact file of this run's time leaves it as it is. A file
that is older than the run was there when the run was planned, so a job that makes it was asked to (`--forcerun`), and
replaces it. Files and folders take the permissions that the umask leaves and the group of a folder that hands its group
down (setgid).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import shlex
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from snndeep.errors import UNREADABLE, DamagedFileError, refusal
from snndeep.redaction import masked
from snndeep.store.durability import rename, sync
from snndeep.store.place import Place, place_of
from snndeep.store.processor import processor

LOGGER = logging.getLogger(__name__)
BEGUN = "SNNDEEP_RUN_BEGUN"
"""The variable of the environment that says when the run began, in seconds as the store's file system counts them."""
PROVENANCE_SUFFIX = ".provenance.json"
TEMPORARY = ".snndeep-tmp"
# Between the renaming of a provenance and of its file lie microseconds. A reader that falls between looks again, until
# two looks show the same.
MOST_LOOKS, PAUSE_SECONDS = 20, 0.2


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def replacing(path: Path, provenance: Mapping[str, Any] | None = None) -> Iterator[Path]:
    """Yield a temporary path in the same folder that takes the final name when the block ends without an error.

    Args:
        path: The final name; its folder is made if needed.
        provenance: What the workflow knows of a file of the store: stage, address, configuration, code, inputs.
            It is placed beside the file, and an intact file that another process has placed meanwhile stays.

    Raises:
        StorageError: If the file system refuses: disk full, read-only, no permission.
    """
    path = Path(path)
    with explained(path), _temporary(path) as temporary:
        yield temporary
        temporary.chmod(file_mode())
        sync(temporary)
        if provenance is None:
            rename(temporary, path)
        elif made_again(path) or not intact(path):
            _place(temporary, path, provenance)


def _place(temporary: Path, path: Path, provenance: Mapping[str, Any]) -> None:
    write_json(provenance_path(path), _record(path, temporary, provenance))
    rename(temporary, path)
    # Two writers may have placed their pairs crosswise. Either file is whole and right, so the one that stands counts;
    # whoever acts last looks last.
    while not intact(path):
        try:
            write_json(provenance_path(path), _record(path, path, provenance))
        except FileNotFoundError:
            return  # removed by somebody meanwhile


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = "".join(path.suffixes[-2:])
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=f"{TEMPORARY}{suffix}")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise refusal(error, path) from error


def file_mode() -> int:
    """Return the permissions that the umask leaves to a new file."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_text(path: Path, text: str, provenance: Mapping[str, Any] | None = None) -> None:
    """Write text as UTF-8, atomically, see `replacing`."""
    with replacing(path, provenance) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes, provenance: Mapping[str, Any] | None = None) -> None:
    """Write bytes, atomically, see `replacing`."""
    with replacing(path, provenance) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any, provenance: Mapping[str, Any] | None = None) -> None:
    """Write a JSON document, atomically, with sorted keys; NaN and infinity are refused."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False, default=_plain)
    write_text(path, text + "\n", provenance)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], provenance: Mapping[str, Any] | None = None) -> None:
    """Write named arrays, compressed, atomically; object arrays are refused."""
    with replacing(path, provenance) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **dict(arrays))


def _record(path: Path, written: Path, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept beside `path`, whose bytes are at `written`, with the credentials of URLs masked."""
    record = {
        **masked(provenance),
        "file": place_of(path).name,
        "sha256": sha256_of(written),
        "bytes": written.stat().st_size,
        "versions": _versions_used(path, provenance.get("versions", {})),
        "processor": processor(),
    }
    return _sealed(record)


def _sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a provenance with the digest of itself."""
    return {**record, "record_sha256": digest_of_json(record)}


def digest_of_json(value: Any) -> str:
    """Return the SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()


def record_provenance(path: Path, provenance: Mapping[str, Any]) -> None:
    """Write the provenance of a file that is there already."""
    write_json(provenance_path(path), _record(Path(path), Path(path), provenance))


def record_growing(path: Path) -> None:
    """Write the provenance of a file of the store that others append to, such as a journal: its place, and no digest."""
    place = place_of(path)
    record = {"stage": place.stage, "address": place.address, "file": place.name, "grows": True, "sha256": ""}
    if not provenance_path(path).exists():
        write_json(provenance_path(path), _sealed(record))


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of packages, as far as they are installed."""
    versions = {}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions


def _versions_used(path: Path, planned: Mapping[str, str]) -> dict[str, str]:
    """Return the versions that a file was computed with, and warn if they are not those that its address means."""
    used = installed_versions(planned)
    others = [
        f"{package} {version} instead of {planned[package]}"
        for package, version in used.items()
        if version.partition("+")[0] not in planned[package].split("|")
    ]
    if others:
        LOGGER.warning("%s was computed with other versions than planned: %s", path, ", ".join(others))
    return used


def provenance_path(path: Path) -> Path:
    """Return where the provenance of a file is stored."""
    return Path(path).with_name(Path(path).name + PROVENANCE_SUFFIX)


def check(path: Path, stage: str = "", target: Path | None = None) -> dict[str, Any]:
    """Return a file's provenance after comparing its digest, its place and its stage.

    Args:
        path: The file.
        stage: The stage that the caller expects it to come from.
        target: The output of the workflow whose making makes the file, where that is not the file itself.

    Raises:
        DamagedFileError: If the file or its provenance is missing or unreadable, the bytes are not those written, or they
            belong to another place or stage.
    """
    return _checked(Path(path), stage, target, lambda file: (sha256_of(file), b""))[0]


def load(path: Path, stage: str, target: Path | None = None) -> bytes:
    """Return the bytes of a file; what is returned is what was compared, see `check`.

    Raises:
        DamagedFileError: See `check`.
    """
    return _checked(Path(path), stage, target, _with_digest)[1]


def intact(path: Path) -> bool:
    """Tell whether a file is there with the bytes and the place that its provenance says."""
    try:
        _checked_once(Path(path), "", Path(path), lambda file: (sha256_of(file), b""))
    except DamagedFileError:
        return False
    return True


def made_again(path: Path) -> bool:
    """Tell whether a file was there before the run began, so that a job that makes it was asked to make it again."""
    begun = os.environ.get(BEGUN)
    try:
        return bool(begun) and Path(path).stat().st_mtime < float(begun or 0)
    except FileNotFoundError:
        return False


_Reader = Callable[[Path], tuple[str, bytes]]


def _with_digest(path: Path) -> tuple[str, bytes]:
    content = path.read_bytes()
    return hashlib.sha256(content).hexdigest(), content


def _checked(path: Path, stage: str, target: Path | None, read: _Reader) -> tuple[dict[str, Any], bytes]:
    seen = ""
    for _ in range(MOST_LOOKS):
        try:
            return _checked_once(path, stage, target or _maker_of(path), read)
        except DamagedFileError as error:
            if str(error) == seen:
                raise
            seen = str(error)
        time.sleep(PAUSE_SECONDS)
    return _checked_once(path, stage, target or _maker_of(path), read)


def _maker_of(path: Path) -> Path:
    """Return the output of the workflow that makes a file: what its provenance names in `made_with`, else the file."""
    with contextlib.suppress(*UNREADABLE):
        maker = json.loads(provenance_path(path).read_text(encoding="utf-8"))["made_with"]
        return path.parents[place_of(path).name.count("/")] / str(maker)
    return path


def _checked_once(path: Path, stage: str, target: Path, read: _Reader) -> tuple[dict[str, Any], bytes]:
    try:
        found, content = read(path)
        size = path.stat().st_size
    except OSError as error:
        raise DamagedFileError(
            "An intermediate file is missing." if isinstance(error, FileNotFoundError) else "A file cannot be read.",
            where=str(path),
            found=os.strerror(error.errno or 0),
            expected="a file",
            remedy=rebuild_command(target),
        ) from error
    record = read_record(path, target)
    if found != record["sha256"]:
        raise DamagedFileError(
            "An intermediate file is damaged: its bytes are not those that were written.",
            where=str(path),
            found=f"SHA-256 {found[:16]}..., {size} bytes" if size else "an empty file, as a power loss may leave it",
            expected=f"SHA-256 {record['sha256'][:16]}..., {record.get('bytes')} bytes",
            remedy=rebuild_command(target),
        )
    _check_place(path, record, stage, target)
    return record, content


def read_record(path: Path, target: Path | None = None) -> dict[str, Any]:
    """Return the provenance of a file after comparing its own digest.

    Raises:
        DamagedFileError: If it is missing, unreadable or not as it was written.
    """
    beside = provenance_path(path)
    try:
        record = dict(json.loads(beside.read_text(encoding="utf-8")))
        said = record.pop("record_sha256")
        if said != digest_of_json(record) or not isinstance(record["sha256"], str):
            raise ValueError("content that does not fit its own SHA-256")
        return record
    except UNREADABLE as error:
        raise DamagedFileError(
            "The provenance of an intermediate file cannot be read.",
            where=str(beside),
            found=f"{type(error).__name__}: {error}",
            expected="the JSON written beside the file",
            remedy=rebuild_command(target or path),
        ) from error


def _check_place(path: Path, record: Mapping[str, Any], stage: str, target: Path) -> None:
    """Compare where a file is, and what the reader expects, with what its provenance says."""
    place = place_of(path)
    said = Place(str(record.get("stage", "")), str(record.get("address", "")), str(record.get("file", "")))
    # Outside a store there is no place to compare, and no stage where the provenance names none.
    expected = place if place.address else Place(said.stage, said.address, place.name)
    if stage and expected.stage and stage != expected.stage:
        expected = Place(stage, expected.address, expected.name)
    if said != expected:
        raise DamagedFileError(
            "A file is stored where another belongs.",
            where=str(path),
            found=f"what was written as {said}",
            expected=str(expected),
            remedy=rebuild_command(target),
        )


def rebuild_command(target: Path) -> str:
    """Return the advice to make an output of the workflow again."""
    return f"Rebuild it with: snakemake --cores 1 --force {shlex.quote(str(target))}"


@contextlib.contextmanager
def decoding(path: Path, target: Path | None) -> Iterator[None]:
    """Turn what fails while checked bytes are decoded into an error that names the file.

    Raises:
        DamagedFileError: If the bytes are not what their reader expects.
    """
    try:
        yield
    except UNREADABLE as error:
        raise DamagedFileError(
            "A file cannot be decoded, although it is as it was written.",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            expected=f"a file of the kind {path.suffix or 'that its name says'}",
            remedy=rebuild_command(target or path),
        ) from error


def read_json(path: Path, stage: str, target: Path | None = None) -> Any:
    """Read a JSON document, see `check`."""
    content = load(path, stage, target)
    with decoding(Path(path), target):
        return json.loads(content)


def read_npz(path: Path, stage: str, target: Path | None = None) -> dict[str, np.ndarray]:
    """Read named arrays, see `check`."""
    content = load(path, stage, target)
    with decoding(Path(path), target), np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
