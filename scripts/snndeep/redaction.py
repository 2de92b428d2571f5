"""Secrets are kept out of what is written: logs, messages, provenance and the report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
# After `scheme://`, all up to the last `@` of the authority; a password may hold `/` where somebody forgot to encode it.
_CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/?#]*@|[^\s/:@]*:\S*@)")
_QUERY = re.compile(r"(?<=\S)(?P<key>[?&][^\s?&=#]+=)[^\s&#]+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def masked_url(text: str) -> str:
    """Return a URL, or a text that holds URLs, with user, password and the values of the query replaced by `***`.

    The values of a query are masked whatever they are called, because signed addresses and databases put secrets there
    under many names. Text without URLs comes back as it is.
    """
    return _URL.sub(lambda url: _QUERY.sub(rf"\g<key>{MASK}", _CREDENTIALS.sub(rf"\g<scheme>{MASK}@", url[0])), text)


def masked(value: Any) -> Any:
    """Return JSON values with every URL in them masked, see `masked_url`."""
    if isinstance(value, str):
        return masked_url(value)
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list | tuple) else value
