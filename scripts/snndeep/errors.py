"""The errors of SNNDeep: one small hierarchy whose messages say what to do next.

Every error answers five questions: *what* went wrong, *where*, what was *found*, what was *expected*, and the
*remedy*. A caller can catch `SNNDeepError` for all of them, or one of the classes below for a kind.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

REMEDIES = {
    errno.ENOSPC: "Make space (`snakemake --cores 1 prune` removes what is no longer reached), then run the same command.",
    errno.EDQUOT: "Make space within the quota, then run the same command again.",
    errno.EROFS: "Set `store` to a folder on a file system that can be written to.",
    errno.EACCES: "Ask for permission to write there, or set `store` to a folder of your own.",
    errno.EPERM: "Ask for permission to write there, or set `store` to a folder of your own.",
    errno.EIO: "Check the disk or the network file system, then run the same command again.",
}


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

    def __reduce__(self):
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


def refusal(error: OSError, path: Path | str) -> StorageError:
    """Return what the file system refused, by an error number among `REMEDIES`, with what to do about it."""
    return StorageError(
        "A file cannot be written.", where=str(path), found=os.strerror(error.errno), remedy=REMEDIES[error.errno]
    )
