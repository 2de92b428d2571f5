"""What a table of the report is: one frame, shown as HTML and LaTeX by its columns and saved whole as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from snndeep.reporting.formats import is_number
from snndeep.store.csv_text import csv_text

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column as it is shown.

    Attributes:
        key: The column of the frame by which it is sorted.
        title: Its header.
        text: Writes its value.
        aside: Writes what stands small beside the value, from the whole row.
        numeric: Numbers stand to the right.
        stacked: What stands beside the value stands on a line of its own.
    """

    key: str
    title: str
    text: Callable[[Any], str] = str
    aside: Callable[[Row], str] | None = None
    numeric: bool = False
    stacked: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell as it is shown; `order` is the number it is sorted by, None for text and for what is undefined."""

    text: str
    aside: str
    order: float | None


@dataclass(frozen=True)
class Sheet:
    """A table of the report.

    Attributes:
        name: Of its files.
        title: Its caption.
        section: The part of the page where it stands.
        frame: Values in full precision.
        columns: What is shown of them; the first names the row.
        note: A sentence below the caption.
        folded: Whether it is shown on request only.
    """

    name: str
    title: str
    section: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    note: str = ""
    folded: bool = False

    def rows(self) -> list[list[Cell]]:
        """Return the cells, row by row."""
        records = ({str(name): value for name, value in row.items()} for row in self.frame.to_dict("records"))
        return [[_cell(column, row) for column in self.columns] for row in records]

    def csv(self) -> str:
        """Return the frame as CSV; what is undefined is empty."""
        return csv_text(self.frame)


def _cell(column: Column, row: Row) -> Cell:
    value = row[column.key]
    aside = column.aside(row) if column.aside else ""
    return Cell(column.text(value), aside, float(value) if is_number(value) else None)
