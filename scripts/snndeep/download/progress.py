"""How far a transfer has come, how fast it is and how long it will take."""

from __future__ import annotations

import logging
import sys
import time

from tqdm import tqdm

LOGGER = logging.getLogger(__name__)
_LINE = "{desc}: {n_fmt}B of {total_fmt}B, {rate_fmt}, {remaining} left"


class Progress:
    """A bar on a terminal; elsewhere a line to the log now and then.

    Args:
        name: What is being fetched.
        total: Its size in bytes.
        done: Bytes that are there already; they do not count for the rate.
        every: Seconds between two lines.
    """

    def __init__(self, name: str, total: int, done: int, every: float = 30.0):
        self._name, self._total, self._first, self._every = name, total, done, every
        self._start = self._said = time.monotonic()
        self._bar = None
        if sys.stderr.isatty():
            self._bar = tqdm(desc=name, total=total, initial=done, unit="B", unit_scale=True, leave=False)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def at(self, done: int) -> None:
        """Say that this many bytes are there."""
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
        elif now - self._said >= self._every:
            self._said = now
            LOGGER.info("%s", self._line(done, now - self._start))

    def _line(self, done: int, elapsed: float) -> str:
        return tqdm.format_meter(
            done,
            self._total,
            elapsed,
            prefix=self._name,
            unit="B",
            unit_scale=True,
            initial=min(self._first, done),
            bar_format=_LINE,
        )
