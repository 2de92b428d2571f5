"""Compiling with numba: what the engine and the radiomics kernels share.

Compiled code is kept on disk (numba's cache), so a machine compiles once. A process that finds all of its functions there
starts without the tables that numba compiles with, which take longer to build than a small training job.

The cache lies beside the code, in files that numba unpickles. Whoever can write there can change the code itself; nothing
that comes from elsewhere is ever read this way. A cache that is damaged is made again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserWideCacheLocator
from numba.core.event import Event, Listener, register
from numba.core.runtime.nrt import rtsys

LOGGER = logging.getLogger(__name__)


def compiler(what: str, options: Mapping[str, Any]) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function when it is first called, and keeps the result on disk.

    Args:
        what: What its functions make together; the log names it once a process, when something is not in the cache.
        options: Of `numba.njit`.
    """
    announcement = _announcement(what)

    def compiled(function: Callable[..., Any]) -> Any:
        announcement.modules.add(function.__module__)
        dispatcher = njit(**options)(function)
        try:
            dispatcher._cache = _FolderCache(function)
        except RuntimeError:
            LOGGER.warning("No folder can be written to: %s will be compiled in every process.", what)
        return dispatcher

    return compiled


@cache
def _announcement(what: str) -> _Announcement:
    announcement = _Announcement(what)
    register("numba:compile", announcement)
    return announcement


@cache
def fingerprint(folder: Path) -> str:
    """Return a digest of the Python files of a folder."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).hexdigest()


class _TemporaryLocator(UserWideCacheLocator):
    """A cache below the folder of temporary files, for read-only code of a user without a home.

    Compiled code is loaded from it, so the folder must belong to the user and be closed to all others.
    """

    def __init__(self, py_func: Any, py_file: str) -> None:
        super().__init__(py_func, py_file)
        folder = Path(tempfile.gettempdir()) / f"snndeep-{os.getuid()}"
        self._private = folder
        self._cache_path = str(folder / self.get_suitable_cache_subpath(py_file))

    def ensure_cache_path(self) -> None:
        self._private.mkdir(mode=0o700, exist_ok=True)
        status = self._private.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
            raise PermissionError(f"{self._private} is open to others")
        super().ensure_cache_path()


class _ResultCache(CompileResultCacheImpl):
    """Where results are kept: beside the code, in the user's cache, or with temporary files."""

    _locator_classes = [*CompileResultCacheImpl._locator_classes, _TemporaryLocator]  # noqa: RUF012 (numba declares a list)


class _FolderCache(FunctionCache):
    """A cache whose entries hold for one state of all the files beside the function's own.

    Compiled functions contain those that they call, also from other files, but numba looks for changes in the
    function's own file alone.
    """

    _impl_class = _ResultCache

    def __init__(self, function: Callable[..., Any]):
        super().__init__(function)
        # Taken now, with the code that is imported: an edit that comes before the first call belongs to the next process.
        self._fingerprint = fingerprint(Path(function.__code__.co_filename).parent)

    def _index_key(self, sig: object, codegen: object) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), self._fingerprint)

    def load_overload(self, sig: object, target_context: object) -> object:
        # Numba would first refresh the context: import and install the implementations of all that it can compile.
        # Code that is compiled already needs the runtime's symbols alone, and numba refreshes before it compiles.
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            try:
                return self._load_overload(sig, target_context)
            except Exception as error:  # of many kinds: an empty file after a power loss, a cut one, a changed byte
                LOGGER.info("The cache of compiled code is damaged (%s); it is made again.", type(error).__name__)
                self.flush()
                return None


class _Announcement(Listener):
    """Says once a process that some functions are being compiled, which happens to none that is in the cache."""

    def __init__(self, what: str):
        self.modules: set[str] = set()
        self._what, self._said = what, False

    def on_start(self, event: Event) -> None:
        if not self._said and event.data["dispatcher"].py_func.__module__ in self.modules:
            LOGGER.info("Compiling %s; this happens once, later runs find the result in the cache.", self._what)
            self._said = True

    def on_end(self, event: Event) -> None:
        """Nothing to say."""
