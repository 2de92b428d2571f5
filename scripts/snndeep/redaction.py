"""Secrets are kept out of what is written: logs, messages, provenance and the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
# After `scheme://`, all up to the last `@` of the authority; a password may hold `/` where somebody forgot to encode it.
_CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/?#]*@|[^\s/:@]*:\S*@)")
# Values after ?, &, ; and #: of queries, of path parameters and of fragments.
_VALUE = re.compile(r"(?<=\S)(?P<key>[?&;#][^\s?&;=#/]+=)[^\s&;#]+")
# A part of a path that nobody types: long, of letters and digits, as in addresses that are secrets themselves.
_TOKEN = re.compile(r"(?<=/)(?=[^/\s?#;]*\d)(?=[^/\s?#;]*[A-Za-z])[A-Za-z0-9_~%+=.-]{24,}(?=[/?#;\s]|$)")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_SHORTEST_SECRET = 3


def masked_url(text: str) -> str:
    """Return a URL, or a text that holds URLs, with what may be secret in them replaced by `***`.

    These are user and password, the values of query, path parameters and fragment whatever they are called (signed
    addresses and databases put secrets there under many names), and long parts of a path with letters and digits. Text
    without URLs comes back as it is.
    """
    return _URL.sub(lambda url: _masked_one(url[0]), text)


def _masked_one(url: str) -> str:
    url = _CREDENTIALS.sub(rf"\g<scheme>{MASK}@", url)
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    path = _TOKEN.sub(MASK, f"{slash}{path}")
    return _VALUE.sub(rf"\g<key>{MASK}", f"{scheme}{separator}{authority}{path}")


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return a text of others, such as a driver's message, in which the given secrets are masked, URLs too.

    Args:
        text: The text.
        secrets: Passwords and the like, as they are; they are also found percent-encoded.
    """
    text = masked_url(text)
    forms = {
        form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1])
    }
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= _SHORTEST_SECRET:
            text = text.replace(form, MASK)
    return text


def masked(value: Any) -> Any:
    """Return JSON values with every URL in them masked, see `masked_url`."""
    if isinstance(value, str):
        return masked_url(value)
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list | tuple) else value
