"""How the engine's functions are compiled: one decorator for all of them.

Compiled code is kept on disk (numba's cache), so a machine compiles once; the first run says so in the log.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.event import Event, Listener, register

LOGGER = logging.getLogger(__name__)

# Sums may be reordered and multiplications fused. NaN and infinity keep their meaning: an infinite threshold makes a
# neuron that never fires, and a diverging run must be seen as such. Division follows numpy (no check for a zero
# denominator), without which no loop with a division is vectorised.
_OPTIONS = {"fastmath": {"reassoc", "contract", "nsz", "arcp"}, "error_model": "numpy"}

_SOURCES = sorted(Path(__file__).parent.glob("*.py"))
_FINGERPRINT = hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()


class _EngineCache(FunctionCache):
    """A cache whose entries hold for one state of all the engine's files.

    Compiled functions contain those that they call, also from other files, but numba looks for changes in the
    function's own file alone.
    """

    def _index_key(self, sig: object, codegen: object) -> tuple:
        return (*super()._index_key(sig, codegen), _FINGERPRINT)


def compiled(function: Callable) -> Dispatcher:
    """Compile a function of the engine when it is first called, and keep the result on disk."""
    dispatcher = njit(**_OPTIONS)(function)
    dispatcher._cache = _EngineCache(function)
    return dispatcher


class _Announcement(Listener):
    """Says once a process that something is being compiled, which nothing found in the cache is."""

    _said = False

    def on_start(self, event: Event) -> None:
        if not self._said and str(event.data["dispatcher"].py_func.__module__).startswith(__package__):
            LOGGER.info("Compiling the custom engine; this happens once, later runs find the result in the cache.")
            self._said = True

    def on_end(self, event: Event) -> None:
        """Nothing to say."""


register("numba:compile", _Announcement())
