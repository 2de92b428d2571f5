"""One file at several addresses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from snndeep.download.remote import Patience, RemoteFile, StaleTransferError
from snndeep.errors import DownloadError
from snndeep.redaction import masked_url

LOGGER = logging.getLogger(__name__)
_Result = TypeVar("_Result")


def from_mirrors(urls: Sequence[str], size: int, patience: Patience, work: Callable[[RemoteFile], _Result]) -> _Result:
    """Return what `work` returns on the first address that serves.

    Args:
        urls: Addresses of the same file, tried in order.
        size: How large it must be, in bytes.
        patience: How long to wait for the last of them; the others get two attempts, since there is a next one.
        work: What is to be done with the remote file.

    Raises:
        DownloadError: If no address serves. Other errors, such as a full disk, end the work at once.
    """
    failures = []
    brief = replace(patience, attempts=min(patience.attempts, 2))
    for url in urls:
        limit = patience if url == urls[-1] else brief
        try:
            return _with_a_second_start(partial(_on, work, url, size, limit))
        except DownloadError as error:
            failures.append(error)
            if len(failures) < len(urls):
                LOGGER.warning("%s gave up: %s %s; trying the next address", error.where, error.what, error.found)
    if len(failures) == 1:
        raise failures[0]
    raise DownloadError(
        "None of the addresses gives the file.",
        where=", ".join(masked_url(url) for url in urls),
        found="; ".join(f"{error.what} ({error.found})" for error in failures),
        expected=failures[-1].expected,
        remedy=failures[-1].remedy,
    )


def _on(work: Callable[[RemoteFile], _Result], url: str, size: int, patience: Patience) -> _Result:
    return work(RemoteFile(url, size, patience))


def _with_a_second_start(attempt: Callable[[], _Result]) -> _Result:
    try:
        return attempt()
    except StaleTransferError as error:
        LOGGER.warning("%s %s; starting over", error.what, error.found)
        return attempt()
