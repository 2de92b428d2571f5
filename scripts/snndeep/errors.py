"""The errors of SNNDeep: one small hierarchy whose messages say what to do next.

Every error answers five questions: *what* went wrong, *where*, what was *found*, what was *expected*, and the
*remedy*. A caller can catch `SNNDeepError` for all of them, or one of the classes below for a kind.
"""

from __future__ import annotations

import errno
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

_AGAIN = "run the same command again"
REMEDIES = {
    errno.ENOSPC: "Make space (`snakemake --cores 1 prune` removes what is no longer reached), then run the same command.",
    errno.EDQUOT: f"Make space within the quota, then {_AGAIN}.",
    errno.EFBIG: "Raise the limit for the size of a file (`ulimit -f`), or use a file system that takes larger files.",
    errno.EROFS: "Set `store` to a folder on a file system that can be written to.",
    errno.EACCES: "Ask for permission, or set `store` to a folder of your own.",
    errno.EPERM: "Ask for permission, or set `store` to a folder of your own.",
    errno.EIO: f"Check the disk or the network file system, then {_AGAIN}.",
    errno.ESTALE: f"The network file system lost the file while it was open; {_AGAIN}.",
    errno.ETIMEDOUT: f"Check the network file system, then {_AGAIN}.",
    errno.ENOENT: "Check the path. Where another process removed the file meanwhile, run the same command again.",
    errno.EEXIST: "Give the path of a folder where a folder is meant, or remove the file that has its name.",
    errno.ENOTDIR: "Give the path of a folder where a folder is meant, or remove the file that has its name.",
    errno.EISDIR: "Give the path of a file where a file is meant.",
    errno.EMFILE: "Raise the limit for open files (`ulimit -n`), or run fewer jobs at once.",
    errno.ENFILE: "Run fewer jobs at once on this machine.",
    errno.ENAMETOOLONG: "Use a shorter path.",
    errno.ELOOP: "Correct the symbolic links of the path.",
    errno.ENOMEM: "Give the job more memory (`mem_mb`), or run fewer jobs at once.",
}
OTHER_REMEDY = f"Check the path and the file system, then {_AGAIN}."

UNREADABLE = (
    OSError,
    ValueError,  # of JSON, Unicode, numpy and Arrow too
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    zlib.error,
    zipfile.BadZipFile,
    struct.error,
)
"""What decoders raise for bytes that are not what their reader expects."""


class SNNDeepError(Exception):
    """Base of all errors that SNNDeep raises on purpose.

    Args:
        what: One sentence that names the problem.
        where: The file, configuration key, case or argument concerned.
        found: What was there.
        expected: What should have been there.
        remedy: What the reader can do about it.
    """

    def __init__(self, what: str, *, where: str = "", found: str = "", expected: str = "", remedy: str = ""):
        self.what, self.where = what, where
        self.found, self.expected, self.remedy = found, expected, remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [self.what]
        details = {
            "where": self.where,
            "found": self.found,
            "expected": self.expected,
            "what to do": self.remedy,
        }
        lines += [f"  {name + ':':<12} {text}" for name, text in details.items() if text]
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        # Rebuilt by keyword, so that the error survives the way back from a worker process.
        return _rebuild, (type(self), self.what, self.where, self.found, self.expected, self.remedy)


def _rebuild(cls: type[SNNDeepError], what: str, where: str, found: str, expected: str, remedy: str) -> SNNDeepError:
    return cls(what, where=where, found=found, expected=expected, remedy=remedy)


class ConfigError(SNNDeepError):
    """A key of the configuration is unknown, misspelt, missing or impossible."""


class DatasetError(SNNDeepError):
    """A data set as a whole cannot be used: missing folder, absent files, too few patients, one class only."""


class DownloadError(SNNDeepError):
    """A file could not be fetched: wrong address, unreachable server, or not the bytes that were published."""


class ScanError(SNNDeepError):
    """One scan or its mask cannot be used; the base of the errors in `snndeep.volume`."""


class DamagedFileError(SNNDeepError):
    """An intermediate file is not the one that was written: bytes changed, truncated or provenance missing."""


class StorageError(SNNDeepError):
    """The file system refuses to keep a file: disk full, read-only, no permission."""


class LimitError(SNNDeepError):
    """An input asks for more memory, time or entries than a bound allows; see `snndeep.limits`."""


class BusyError(SNNDeepError):
    """Another run holds what this one needs."""


class LeakageError(SNNDeepError):
    """Something of a test part, or a patient of it, is where a model is fitted or tuned."""


class ModelFileError(SNNDeepError):
    """A model file is damaged, of another version, or no model file at all."""


class InvalidInputError(SNNDeepError, ValueError):
    """An argument of a function has the wrong shape, type or values."""


class DivergedError(SNNDeepError):
    """Training reached a loss that is not finite."""


class TuningStorageError(SNNDeepError):
    """The database that holds the finished trials of a search cannot be opened."""


def refusal(error: OSError, path: Path | str = "") -> StorageError:
    """Return what the file system or the operating system refused, with what to do about it.

    Args:
        error: As it was raised.
        path: The file concerned, where the error does not name it.
    """
    number = error.errno or 0
    return StorageError(
        "A file cannot be read or written.",
        where=str(path or error.filename or ""),
        found=os.strerror(number) if number else str(error) or type(error).__name__,
        remedy=REMEDIES.get(number, OTHER_REMEDY),
    )


def out_of_memory(error: MemoryError) -> LimitError:
    """Return the error of a process that was refused memory."""
    return LimitError(
        "There is not enough memory.",
        found=str(error) or "the operating system refused memory",
        expected="memory for the largest scan and its features",
        remedy="Give the job more memory (`mem_mb`), raise the limit (`ulimit -v`), or run fewer jobs at once.",
    )
