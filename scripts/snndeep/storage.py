"""Files as SNNDeep keeps them: written whole or not at all, with their provenance beside them, checked when read.

A writer fills a temporary file in the same folder and renames it. Beside `x.npz` stands `x.npz.provenance.json`: the
stage, its address, the configuration and code it depended on, its inputs, and the SHA-256 of the bytes. A reader
compares the digest first, so a damaged file is named instead of used. Nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from snndeep.errors import DamagedFileError
from snndeep.redaction import masked

VERSIONED = ("numpy", "numba", "torch", "snntorch", "spikingjelly", "optuna", "scikit-learn", "pandas", "nibabel")
PROVENANCE_SUFFIX = ".provenance.json"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder that takes the final name when the block ends without an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = "".join(path.suffixes[-2:])
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=f".tmp{suffix}")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document, atomically, with sorted keys; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays, compressed, atomically; object arrays are refused."""
    with replacing(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def write_table(path: Path, table: Any) -> None:
    """Write a pandas DataFrame as Parquet, atomically."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def record_provenance(path: Path, provenance: Mapping[str, Any]) -> None:
    """Write the provenance of a finished file beside it, with the credentials of URLs masked.

    Args:
        path: The file.
        provenance: What the workflow knows of it: stage, address, configuration, code, inputs, target.
    """
    path = Path(path)
    versions = {}
    for package in VERSIONED:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    record = {
        **masked(provenance),
        "file": path.name,
        "sha256": sha256_of(path),
        "bytes": path.stat().st_size,
        "versions": versions,
    }
    write_json(provenance_path(path), record)


def provenance_path(path: Path) -> Path:
    """Return where the provenance of a file stands."""
    return Path(path).with_name(Path(path).name + PROVENANCE_SUFFIX)


def check(path: Path) -> dict[str, Any]:
    """Return a file's provenance after comparing its digest.

    Raises:
        DamagedFileError: If the file or its provenance is missing or unreadable, or the bytes are not those written.
    """
    path = Path(path)
    beside = provenance_path(path)
    if not path.is_file():
        raise DamagedFileError(
            "An intermediate file is missing.", where=str(path), expected="a file", remedy=_rebuild(str(path))
        )
    try:
        record = json.loads(beside.read_text(encoding="utf-8"))
        expected = record["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(
            "The provenance of an intermediate file cannot be read.",
            where=str(beside),
            found=f"{type(error).__name__}: {error}",
            expected="the JSON written beside the file",
            remedy=_rebuild(str(path)),
        ) from error
    found = sha256_of(path)
    if found != expected:
        raise DamagedFileError(
            "An intermediate file is damaged: its bytes are not those that were written.",
            where=str(path),
            found=f"SHA-256 {found[:16]}..., {path.stat().st_size} bytes",
            expected=f"SHA-256 {expected[:16]}..., {record.get('bytes')} bytes",
            remedy=_rebuild(record.get("target") or str(path)),
        )
    return record


def _rebuild(target: str) -> str:
    return f"Rebuild it with: snakemake --cores 1 --force '{target}'"


def read_json(path: Path) -> Any:
    """Read a JSON document after checking its digest."""
    check(path)
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read named arrays after checking their digest."""
    check(path)
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def read_table(path: Path) -> Any:
    """Read a Parquet table as a pandas DataFrame after checking its digest."""
    import pandas as pd  # here, because training needs no tables and should start fast

    check(path)
    return pd.read_parquet(path)
