"""Tables as CSV that is data and nothing else, whoever opens it with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# What spreadsheets take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutral(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe before it.

    Numbers, written as text or not, stay as they are.
    """
    if not isinstance(cell, str) or not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV, with the names and texts of others neutralised, see `neutral`."""
    safe = table.rename(columns=neutral)
    texts = [name for name in safe.columns if safe[name].dtype.kind not in "biufcmM"]
    for name in texts:
        safe[name] = safe[name].map(neutral)
    return str(safe.to_csv(index=False))
