"""A user's data set as a table: CSV (commas) or TSV (tabs) with one row per scan.

    image     the CT: NIfTI, a folder of a DICOM series, an enhanced multi-frame file, .nrrd, .mha, .hdr, .mgz
    mask      its mask, likewise; also DICOM SEG or RTSTRUCT, or a folder with one file per structure
    patient   whose scan it is; several rows of one patient are never on two sides of a split by patient
    label     optional: healthy or 0, diseased or 1; of the patient, so all its rows agree
    series    optional: which DICOM series of the image's folder is meant, by number, description or UID

Further columns are kept and shown in the report. Names of columns are compared without regard to case. Paths are relative
to the table's folder and may begin with `~`. They may lead anywhere, for the files are only read; no file is named after
them.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from snndeep.errors import DatasetError
from snndeep.scans.dataset import ListedScan, check_distinct
from snndeep.scans.names import scan_name

SEPARATORS = {".csv": ",", ".tsv": "\t"}
SEPARATOR_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons"}
REQUIRED = ("image", "mask", "patient")
COLUMNS = (*REQUIRED, "label", "series")
STATUS = {"healthy": False, "0": False, "diseased": True, "1": True, "": None}
_LOOKS_LIKE = 0.8
"""Similarity from which on an unknown column is taken for a known one that is misspelt."""


@dataclass(frozen=True)
class _Row:
    """One row: `listed` names table and line, `label` is None where the cell is empty or the column is absent."""

    listed: str
    image: str
    mask: str
    patient: str
    label: bool | None
    series: str
    extra: Mapping[str, str]


def is_table(path: Path) -> bool:
    """Return whether a data set's path names a table rather than a folder."""
    return not path.is_dir() and (path.is_file() or path.suffix.lower() in SEPARATORS)


def read_scan_table(path: Path) -> list[ListedScan]:
    """Return the scans of a table, sorted by name, so that the order of rows means nothing.

    Raises:
        DatasetError: If the table cannot be read, has wrong columns, no rows or a scan twice, names files that are not
            there, or gives a patient two labels.
    """
    path = Path(path)
    rows = _rows(path)
    statuses = _statuses(rows)
    described = [f"{row.image} of patient {row.patient} ({row.listed})" for row in rows]
    places = [f"{_located(path, row.image).resolve()} {row.series}" for row in rows]
    check_distinct("The table lists an image twice.", places, described)
    _check_there(path, rows)
    names = _case_names([f"{row.image}/{row.series}" if row.series else row.image for row in rows])
    scans = [
        ListedScan(
            name,
            _located(path, row.image),
            _located(path, row.mask),
            row.patient,
            statuses[row.patient],
            row.listed,
            row.series,
            row.extra,
        )
        for name, row in zip(names, rows, strict=True)
    ]
    return sorted(scans, key=lambda scan: scan.name)


def _rows(path: Path) -> list[_Row]:
    separator = SEPARATORS.get(path.suffix.lower())
    if separator is None:
        raise DatasetError(
            "The data set is neither a folder nor a table.",
            where="dataset.path",
            found=str(path),
            expected="a folder in Decathlon layout, a .csv with commas or a .tsv with tabs",
            remedy="For a folder in another layout run: python scripts/init.py FOLDER. It writes a table.",
        )
    lines = _lines(path, separator)
    if not lines:
        raise DatasetError(
            "The table is empty.", where=str(path), found="no line", expected=f"a header with {', '.join(REQUIRED)}"
        )
    (_, header), *body = lines
    header = [name.casefold() if name.casefold() in COLUMNS else name for name in header]
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
    for name in header:
        absent = [known for known in COLUMNS if known not in header]
        close = difflib.get_close_matches(name.casefold(), absent, n=1, cutoff=_LOOKS_LIKE)
        if name not in COLUMNS and close:
            raise DatasetError(
                "The table has an unknown column that looks like a known one.",
                where=f"{path}, line 1",
                found=repr(name),
                expected=f"the columns {', '.join(COLUMNS)}, and others of other names",
                remedy=f"Did you mean '{close[0]}'?",
            )
    missing = [name for name in REQUIRED if name not in header]
    if missing or len(set(header)) < len(header):
        raise DatasetError(
            "The table lacks a column." if missing else "The table has a column twice.",
            where=f"{path}, line 1",
            found=", ".join(header),
            expected=f"the columns {', '.join(REQUIRED)} and, if wanted, label, series and others",
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
    image, mask, patient = (values.pop(name) for name in REQUIRED)
    series = values.pop("series", "")
    return _Row(listed, image, mask, patient, STATUS[label], series, {k: v for k, v in values.items() if k})


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


def _word(diseased: bool | None) -> str:
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
    return table.parent / (Path(name).expanduser() if name.startswith("~/") else Path(name))


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
