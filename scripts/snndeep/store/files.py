"""Files as SNNDeep keeps them: written whole or not at all, with their provenance beside them, checked when read.

A writer fills a temporary file of a unique name in the same folder and renames it. Beside `x.npz` stands
`x.npz.provenance.json`: the stage, its address, the configuration and code it depended on, its inputs, and the SHA-256
of the bytes. The provenance is placed first and the file right after it, so that a file under its final name always has
one. A reader compares the digest first, so a damaged file is named instead of used. Nothing is ever unpickled.

Several processes, users and machines may write to one store. What stands at an address is what any of them would write
there, so the first to finish wins: a writer that finds an intact file leaves it as it is. Files and folders take the
permissions that the umask leaves and the group of a folder that hands its group down (setgid).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from snndeep.errors import REMEDIES, DamagedFileError, refusal
from snndeep.redaction import masked

VERSIONED = (
    "numpy",
    "numba",
    "optuna",
    "scikit-learn",
    "pandas",
    "nibabel",
    "SimpleITK",
)
PROVENANCE_SUFFIX = ".provenance.json"
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
        temporary.chmod(0o666 & ~_umask())
        if provenance is None:
            temporary.replace(path)
        elif not intact(path):
            _place(temporary, path, provenance)


def _place(temporary: Path, path: Path, provenance: Mapping[str, Any]) -> None:
    write_json(provenance_path(path), _record(path, temporary, provenance))
    temporary.replace(path)
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
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=f".tmp{suffix}")
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
        if error.errno not in REMEDIES:
            raise
        raise refusal(error, path) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def write_table(path: Path, table: Any, provenance: Mapping[str, Any] | None = None) -> None:
    """Write a pandas DataFrame as Parquet, atomically."""
    with replacing(path, provenance) as temporary:
        table.to_parquet(temporary, index=False)


def _record(path: Path, written: Path, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept beside `path`, whose bytes stand at `written`, with the credentials of URLs masked."""
    return {
        **masked(provenance),
        "file": path.name,
        "sha256": sha256_of(written),
        "bytes": written.stat().st_size,
        "versions": installed_versions(provenance.get("packages", ())),
    }


def record_provenance(path: Path, provenance: Mapping[str, Any]) -> None:
    """Write the provenance of a file that stands already."""
    write_json(provenance_path(path), _record(Path(path), Path(path), provenance))


def installed_versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of the packages that results depend on, as far as they are installed.

    Args:
        packages: Those of the stage itself, beyond those of all stages.
    """
    versions = {}
    for package in (*VERSIONED, *packages):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions


def provenance_path(path: Path) -> Path:
    """Return where the provenance of a file stands."""
    return Path(path).with_name(Path(path).name + PROVENANCE_SUFFIX)


def check(path: Path, target: Path | None = None) -> dict[str, Any]:
    """Return a file's provenance after comparing its digest.

    Args:
        path: The file.
        target: The output of the workflow whose making makes the file, where that is not the file itself.

    Raises:
        DamagedFileError: If the file or its provenance is missing or unreadable, or the bytes are not those written.
    """
    path, target = Path(path), Path(target or path)
    seen = ""
    for _ in range(MOST_LOOKS):
        try:
            return _check_once(path, target)
        except DamagedFileError as error:
            if str(error) == seen:
                raise
            seen = str(error)
        time.sleep(PAUSE_SECONDS)
    return _check_once(path, target)


def intact(path: Path) -> bool:
    """Tell whether a file stands with the bytes that its provenance says."""
    try:
        _check_once(Path(path), Path(path))
    except DamagedFileError:
        return False
    return True


def _check_once(path: Path, target: Path) -> dict[str, Any]:
    beside = provenance_path(path)
    try:
        found, size = sha256_of(path), path.stat().st_size
    except OSError as error:
        raise DamagedFileError(
            "An intermediate file is missing." if isinstance(error, FileNotFoundError) else "A file cannot be read.",
            where=str(path),
            found=os.strerror(error.errno or 0),
            expected="a file",
            remedy=rebuild_command(target),
        ) from error
    try:
        record = json.loads(beside.read_text(encoding="utf-8"))
        expected = record["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(
            "The provenance of an intermediate file cannot be read.",
            where=str(beside),
            found=f"{type(error).__name__}: {error}",
            expected="the JSON written beside the file",
            remedy=rebuild_command(target),
        ) from error
    if found != expected:
        raise DamagedFileError(
            "An intermediate file is damaged: its bytes are not those that were written.",
            where=str(path),
            found=f"SHA-256 {found[:16]}..., {size} bytes",
            expected=f"SHA-256 {expected[:16]}..., {record.get('bytes')} bytes",
            remedy=rebuild_command(target),
        )
    return record


def rebuild_command(target: Path) -> str:
    """Return the advice to make an output of the workflow again."""
    return f"Rebuild it with: snakemake --cores 1 --force {shlex.quote(str(target))}"


def read_json(path: Path) -> Any:
    """Read a JSON document after checking its digest."""
    check(path)
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read named arrays after checking their digest."""
    check(path)
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def read_table(path: Path, target: Path | None = None) -> Any:
    """Read a Parquet table as a pandas DataFrame after checking its digest, see `check`."""
    import pandas as pd  # here, because training needs no tables and should start fast

    check(path, target)
    return pd.read_parquet(path)
