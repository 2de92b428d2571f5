"""Compiling with numba: what the engine and the radiomics kernels share.

Compiled code is kept on disk (numba's cache), so a machine compiles once. A process that finds all of its functions there
starts without the tables that numba compiles with, which take longer to build than a small training job.

The cache lies beside the code, in files that numba unpickles. Whoever can write there can change the code itself; nothing
that comes from elsewhere is ever read this way. A cache that is damaged is made again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.event import Event, Listener, register
from numba.core.runtime import rtsys

LOGGER = logging.getLogger(__name__)


def compiler(what: str, options: Mapping[str, object]) -> Callable[[Callable], Dispatcher]:
    """Return a decorator that compiles a function when it is first called, and keeps the result on disk.

    Args:
        what: What its functions make together; the log names it once a process, when something is not in the cache.
        options: Of `numba.njit`.
    """
    announcement = _Announcement(what)
    register("numba:compile", announcement)

    def compiled(function: Callable) -> Dispatcher:
        announcement.modules.add(function.__module__)
        dispatcher = njit(**options)(function)
        dispatcher._cache = _FolderCache(function)
        return dispatcher

    return compiled


@cache
def fingerprint(folder: Path) -> str:
    """Return a digest of the Python files of a folder."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).hexdigest()


class _FolderCache(FunctionCache):
    """A cache whose entries hold for one state of all the files beside the function's own.

    Compiled functions contain those that they call, also from other files, but numba looks for changes in the
    function's own file alone.
    """

    def __init__(self, function: Callable):
        super().__init__(function)
        # Taken now, with the code that is imported: an edit that comes before the first call belongs to the next process.
        self._fingerprint = fingerprint(Path(function.__code__.co_filename).parent)

    def _index_key(self, sig: object, codegen: object) -> tuple:
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
