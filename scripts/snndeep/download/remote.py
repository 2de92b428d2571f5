"""One file behind HTTP: its size, whether ranges of it can be had, and its bytes.

Ranges are those of RFC 9110, section 14. Every request for a range carries `If-Range` with the validator that the server
gave at first, so that bytes of a file that was replaced in between are never mixed with those of the old one. A proxy
set in the environment and credentials in a `.netrc` are honoured, as `requests` does it. A redirection from https to http
is refused: nobody could tell who answers there.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
import urllib3

from snndeep.errors import DownloadError
from snndeep.redaction import masked_url

LOGGER = logging.getLogger(__name__)
CHUNK = 1 << 16
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_Result = TypeVar("_Result")
_Error = TypeVar("_Error", bound=DownloadError)


class BrokenTransferError(DownloadError):
    """A transfer broke in a way that may pass: worth another attempt."""


class StaleTransferError(DownloadError):
    """What was fetched before does not belong to the file that is there now: worth starting over."""


class _DowngradeError(requests.RequestException):
    """A server sends its client from https to http."""


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target and urlsplit(resp.url).scheme == "https" and urlsplit(urljoin(resp.url, target)).scheme != "https":
            raise _DowngradeError("a redirection from https to http")
        return target


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes:
        attempts: Attempts in a row that bring nothing before giving up.
        first_wait: Seconds before the second attempt; each further wait is twice as long, with jitter.
        longest_wait: Most seconds to wait.
        connect: Seconds that a connection may take.
        silence: Seconds without a byte after which a connection counts as broken.
        least_rate: Bytes a second that a server must send on average over `window`; a slower one is given up. 0 for any.
        window: In seconds.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    connect: float = 15.0
    silence: float = 60.0
    least_rate: float = 1000.0
    window: float = 60.0

    def insist(self, attempt: Callable[[], _Result]) -> _Result:
        """Return what an attempt returns, trying again with growing waits while it breaks.

        Raises:
            BrokenTransferError: The last attempt's error, if none succeeds.
        """
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=tenacity.wait_exponential_jitter(
                multiplier=self.first_wait, max=self.longest_wait, jitter=self.first_wait
            ),
            retry=tenacity.retry_if_exception_type(BrokenTransferError),
            before_sleep=self._say,
            reraise=True,
        )
        return retrying(attempt)

    def _say(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, DownloadError):
            LOGGER.info(
                "%s: %s; attempt %d of %d in %.0f s",
                error.what.removesuffix("."), error.found, state.attempt_number + 1, self.attempts, state.upcoming_sleep,
            )  # fmt: skip


class RemoteFile:
    """A file behind HTTP whose size is known.

    Args:
        url: Where it is.
        size: How large it must be, in bytes.
        patience: How long to wait for the server.

    Raises:
        DownloadError: If the server cannot be reached, refuses, or has a file of another size.
    """

    def __init__(self, url: str, size: int, patience: Patience):
        self.url, self.size, self.patience = url, size, patience
        self._session = _Session()
        self.ranges, self.validator = patience.insist(self._probe)

    def _probe(self) -> tuple[bool, str]:
        """Ask for the first byte: the answer says whether there are ranges, how large the file is and which it is."""
        with self._get({"Range": "bytes=0-0"}) as response:
            announced = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            ranges = response.status_code == HTTPStatus.PARTIAL_CONTENT and announced is not None
            size = announced[3] if ranges and announced else response.headers.get("Content-Length")
            if size is not None and size != str(self.size):
                raise self._error(DownloadError, "The server has another file.", f"{size} bytes", f"{self.size} bytes")
            etag = response.headers.get("ETag", "")
            # A weak validator may not be used with ranges (RFC 9110, section 13.1.5).
            return ranges, response.headers.get("Last-Modified", "") if etag.startswith("W/") or not etag else etag

    def blocks(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop` as they come, every one; without ranges, only those of the whole file.

        Raises:
            BrokenTransferError: If the connection breaks or ends early.
            StaleTransferError: If the file was replaced since this object was made.
            DownloadError: If the server refuses, or is too slow.
        """
        headers = {"Range": f"bytes={start}-{stop - 1}"} if self.ranges else {}
        if self.ranges and self.validator:
            headers["If-Range"] = self.validator
        with self._get(headers) as response:
            if self.ranges and response.headers.get("Content-Range") != f"bytes {start}-{stop - 1}/{self.size}":
                raise self._error(
                    StaleTransferError,
                    "The file changed while it was being fetched.",
                    f"{response.status_code}, {response.headers.get('Content-Range', 'no range')}",
                    f"bytes {start} to {stop - 1} of {self.size}",
                )
            yield from self._body(response, stop - start)

    def _body(self, response: requests.Response, size: int) -> Iterator[bytes]:
        left, since, count = size, time.monotonic(), 0
        while left:
            try:
                # What has come so far, and not a full block: a connection that breaks costs no byte that came.
                block: bytes = response.raw.read1(min(CHUNK, left), decode_content=False)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise self._broken(f"{type(error).__name__}, {_without_address(error)}") from None
            if not block:
                raise self._broken(f"it ended {left} bytes early")
            yield block
            left -= len(block)
            count += len(block)
            elapsed = time.monotonic() - since
            if elapsed >= self.patience.window:
                if left and count < self.patience.least_rate * elapsed:
                    rates = f"{count / elapsed:.0f} bytes a second", f"at least {self.patience.least_rate:g}"
                    raise self._error(DownloadError, "The server is too slow.", *rates)
                since, count = time.monotonic(), 0

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` up to `stop`, for small ranges; broken connections are tried again."""
        return self.patience.insist(lambda: b"".join(self.blocks(start, stop)))

    def _get(self, headers: dict[str, str]) -> requests.Response:
        timeout = (self.patience.connect, self.patience.silence)
        # A compressed answer would have other bytes than the file's.
        headers = {"Accept-Encoding": "identity", **headers}
        try:
            response = self._session.get(self.url, headers=headers, stream=True, timeout=timeout)
        except requests.exceptions.SSLError as error:
            raise self._error(DownloadError, "The server's certificate is not trusted.", _reason(error)) from None
        except (requests.ConnectionError, requests.Timeout) as error:
            raise self._broken(_reason(error)) from None
        except _DowngradeError as error:
            raise self._error(
                DownloadError, "The address cannot be trusted.", str(error), "https all the way"
            ) from None
        except (requests.RequestException, ValueError) as error:
            raise self._error(DownloadError, "The address cannot be used.", type(error).__name__) from None
        encoding = response.headers.get("Content-Encoding", "identity")
        if response.status_code in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT) and encoding == "identity":
            return response
        response.close()
        found = f"{response.status_code} {response.reason}, encoding {encoding}"
        if response.status_code in _TRANSIENT:
            raise self._error(BrokenTransferError, "The server is not able to answer at present.", found)
        raise self._error(DownloadError, "The server does not give the file.", found)

    def _broken(self, found: str) -> BrokenTransferError:
        return self._error(BrokenTransferError, "The connection failed.", found)

    def _error(self, kind: type[_Error], what: str, found: str, expected: str = "") -> _Error:
        return kind(
            what,
            where=masked_url(self.url),
            found=masked_url(found),
            expected=expected,
            remedy="Check the network, the proxy of the environment and the address.",
        )


def _reason(error: requests.RequestException) -> str:
    """Return why a request failed. The text of the error itself may quote the query of the address, so it is not used."""
    cause = error.args[0] if error.args else error
    return f"{type(error).__name__}, {getattr(cause, 'reason', cause)}"


def _without_address(error: Exception) -> str:
    """Return why a transfer broke, without the pool's description, which names the host."""
    return str(error.args[-1] if error.args else error)
