"""Is a compressed scan sound? Its gzip checksum says so without a word about what it holds."""

from __future__ import annotations

from pathlib import Path

from isal import igzip

from snndeep.volume.errors import CorruptFileError
from snndeep.volume.header import DECOMPRESSION_ERRORS

LARGEST = 16 << 30
_DAMAGE: tuple[type[Exception], ...] = (EOFError, *DECOMPRESSION_ERRORS)


def check_gzip(path: Path) -> None:
    """Read a gzip file to its end, comparing its checksum; nothing is kept.

    Raises:
        CorruptFileError: If it is not gzip, damaged, cut short, or unpacks to more than any scan has.
    """
    size = 0
    try:
        with igzip.open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                size += len(block)
                if size > LARGEST:
                    raise EOFError(f"more than {LARGEST} bytes")
    except _DAMAGE as error:
        raise CorruptFileError(
            "The compressed scan is damaged.", where=str(path), found=str(error), expected="a sound gzip file"
        ) from error
