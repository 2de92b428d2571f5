"""The templates of the pages: reports, comparisons of runs, and the quality of data. All text is escaped."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from snndeep.reporting.sheets.sheet import Sheet

FOLDER = Path(__file__).parent


def environment() -> Environment:
    """Return the environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["csv_address"] = _csv_address
    return made


def data_url(kind: str, content: bytes) -> str:
    """Return content of a media type as a data URL, which needs no server."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _csv_address(sheet: Sheet) -> str:
    return data_url("text/csv;charset=utf-8", sheet.csv().encode())
