"""A user's data set as a table: CSV (commas) or TSV (tabs) with one row per scan.

    image     the CT: NIfTI, a folder of one DICOM series, .nrrd or .mha
    mask      its mask, likewise
    patient   whose scan it is; several rows of one patient are never on two sides of a split by patient
    label     optional: healthy or 0, diseased or 1; of the patient, so all its rows agree

Paths are relative to the table's folder. They may lead anywhere, for the files are only read; no file is named after them.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from snndeep.errors import DatasetError
from snndeep.scans.dataset import Case, check_distinct, scan_name

SEPARATORS = {".csv": ",", ".tsv": "\t"}
SEPARATOR_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons"}
REQUIRED = ("image", "mask", "patient")
COLUMNS = (*REQUIRED, "label")
STATUS = {"healthy": False, "0": False, "diseased": True, "1": True, "": None}


@dataclass(frozen=True)
class _Row:
    """One row: `listed` names table and line, `label` is None where the cell is empty or the column is absent."""

    listed: str
    image: str
    mask: str
    patient: str
    label: bool | None


def is_table(path: Path) -> bool:
    """Return whether a data set's path names a table rather than a folder."""
    return not path.is_dir() and (path.is_file() or path.suffix.lower() in SEPARATORS)


def read_scan_table(path: Path, digest_of: Callable[[Path], str]) -> list[Case]:
    """Return the cases of a table, sorted by name, so that the order of rows means nothing.

    Args:
        path: The table.
        digest_of: Returns the digest of a scan's bytes, be it a file or a folder.

    Raises:
        DatasetError: If the table cannot be read, has wrong columns, no rows or a scan twice, names files that are not
            there, or gives a patient two labels.
    """
    path = Path(path)
    rows = _rows(path)
    statuses = _statuses(rows)
    described = [f"{row.image} of patient {row.patient} ({row.listed})" for row in rows]
    check_distinct(
        "The table lists an image twice.", [str(_located(path, row.image).resolve()) for row in rows], described
    )
    _check_there(path, rows)
    digests = [digest_of(_located(path, row.image)) for row in rows]
    check_distinct("Two images of the table are the same scan, byte for byte.", digests, described)
    names = _case_names([row.image for row in rows])
    cases = [
        Case(
            name,
            _located(path, row.image),
            _located(path, row.mask),
            f"{digest}+{digest_of(_located(path, row.mask))}",
            row.patient,
            statuses[row.patient],
            row.listed,
        )
        for name, row, digest in zip(names, rows, digests, strict=True)
    ]
    return sorted(cases, key=lambda case: case.name)


def _rows(path: Path) -> list[_Row]:
    separator = SEPARATORS.get(path.suffix.lower())
    if separator is None:
        raise DatasetError(
            "The data set is neither a folder nor a table.",
            where="dataset.path",
            found=str(path),
            expected="a folder in Decathlon layout, a .csv with commas or a .tsv with tabs",
        )
    lines = _lines(path, separator)
    if not lines:
        raise DatasetError(
            "The table is empty.", where=str(path), found="no line", expected=f"a header with {', '.join(REQUIRED)}"
        )
    (_, header), *body = lines
    _check_header(path, header, separator)
    if not body:
        raise DatasetError(
            "The table has no scans.", where=str(path), found="a header alone", expected="one row per scan"
        )
    return [_row(f"{path}, line {number}", header, cells) for number, cells in body]


def _lines(path: Path, separator: str) -> list[tuple[int, list[str]]]:
    """Return the lines that are not blank, each with its number, as stripped cells."""
    try:
        reader = csv.reader(
            io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), delimiter=separator, strict=True
        )
        lines = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((reader.line_num, [cell.strip() for cell in cells]))
    except FileNotFoundError as error:
        raise DatasetError(
            "The table does not exist.", where="dataset.path", found=str(path), expected="a CSV or TSV file"
        ) from error
    except (OSError, ValueError, csv.Error) as error:
        raise DatasetError(
            "The table cannot be read.",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            expected=f"UTF-8 text with {SEPARATOR_NAMES[separator]} between cells, quoted by double quotes where needed",
        ) from error
    return lines


def _check_header(path: Path, header: list[str], separator: str) -> None:
    others = [other for other in SEPARATOR_NAMES if other != separator and other in "".join(header)]
    if others:
        raise DatasetError(
            "The table's separator is another than its name says.",
            where=f"{path}, line 1",
            found=f"{SEPARATOR_NAMES[others[0]]} in the header",
            expected=f"{SEPARATOR_NAMES[separator]} between cells of a {path.suffix} file",
            remedy="Save it as CSV with commas (.csv) or with tabs (.tsv).",
        )
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        close = difflib.get_close_matches(unknown[0], COLUMNS, n=1)
        raise DatasetError(
            "The table has an unknown column.",
            where=f"{path}, line 1",
            found=", ".join(map(repr, unknown)),
            expected=f"the columns {', '.join(COLUMNS)}",
            remedy=f"Did you mean '{close[0]}'?" if close else "Take the column out.",
        )
    missing = [name for name in REQUIRED if name not in header]
    if missing or len(set(header)) < len(header):
        raise DatasetError(
            "The table lacks a column." if missing else "The table has a column twice.",
            where=f"{path}, line 1",
            found=", ".join(header),
            expected=f"the columns {', '.join(REQUIRED)} and, if wanted, label",
            remedy=f"Add {', '.join(missing)}." if missing else "",
        )


def _row(listed: str, header: list[str], cells: list[str]) -> _Row:
    if len(cells) != len(header):
        raise DatasetError(
            "A row of the table has another number of cells than the header.",
            where=listed,
            found=f"{len(cells)} cells: {' | '.join(cells)}",
            expected=f"{len(header)} cells: {' | '.join(header)}",
            remedy="Use one separator throughout and quote cells that contain it.",
        )
    values = dict(zip(header, cells, strict=True))
    for name in REQUIRED:
        if not values[name] or not values[name].isprintable():
            raise DatasetError(
                "A cell of the table is empty or holds control characters.",
                where=f"{listed}, column {name}",
                found=repr(values[name]),
                expected="a path" if name != "patient" else "the patient's identifier",
            )
    # One name may be spelt in two ways that look alike (é, or e and an accent); it is one patient all the same.
    values["patient"] = unicodedata.normalize("NFC", values["patient"])
    label = values.pop("label", "").lower()
    if label not in STATUS:
        raise DatasetError(
            "A label of the table means nothing.",
            where=f"{listed}, column label",
            found=repr(label),
            expected="healthy or 0, diseased or 1, or an empty cell",
        )
    return _Row(listed, **values, label=STATUS[label])


def _statuses(rows: Iterable[_Row]) -> dict[str, bool | None]:
    """Return the label of every patient; one row of a patient speaks for those that leave it out."""
    first: dict[str, _Row] = {}
    for row in rows:
        known = first.setdefault(row.patient, row)
        if known.label is None:
            first[row.patient] = row
        elif row.label not in (None, known.label):
            raise DatasetError(
                "A patient has two labels.",
                where=row.listed,
                found=f"patient {row.patient} is {_word(row.label)} here and {_word(known.label)} in {known.listed}",
                expected="one label per patient",
                remedy="Correct one of the rows, or give two patients two identifiers.",
            )
    return {patient: row.label for patient, row in first.items()}


def _word(diseased: bool) -> str:
    return "diseased" if diseased else "healthy"


def _check_there(path: Path, rows: list[_Row]) -> None:
    missing = [
        f"{name} ({row.listed})" for row in rows for name in (row.image, row.mask) if not _exists(_located(path, name))
    ]
    if missing:
        raise DatasetError(
            "The table names files that are not there.",
            where=str(path),
            found=f"{len(missing)} missing: {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}",
            expected=f"paths relative to {path.parent}",
            remedy="Correct the paths or take the rows out.",
        )


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):  # absent, out of reach, or a name that no file can have
        return False
    return True


def _located(table: Path, name: str) -> Path:
    return table.parent / name


def _case_names(images: list[str]) -> list[str]:
    """Name cases after their images: plain and unique as they are, else made so by a digest of the path."""
    stems = [scan_name(image) for image in images]
    safe = [re.sub(r"[^A-Za-z0-9_.-]+", "_", stem).lstrip(".")[:60] or "scan" for stem in stems]
    count = Counter(safe)
    plain = [stem == name and count[name] == 1 for stem, name in zip(stems, safe, strict=True)]
    return [
        name if kept else f"{name}-{hashlib.sha256(image.encode()).hexdigest()[:8]}"
        for name, kept, image in zip(safe, plain, images, strict=True)
    ]
