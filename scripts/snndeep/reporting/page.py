"""The report: one self-contained HTML file, and every figure and table as a separate file."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from snndeep.reporting.figures.catalogue import Drawn, catalogue
from snndeep.reporting.figures.style import style
from snndeep.reporting.headline import headline
from snndeep.reporting.latex import latex
from snndeep.reporting.methods import methods
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.clinical import clinical_sheets
from snndeep.reporting.sheets.data import data_sheets
from snndeep.reporting.sheets.external import external_sheets
from snndeep.reporting.sheets.outcome import outcome_sheets
from snndeep.reporting.sheets.provenance import provenance_sheets
from snndeep.reporting.sheets.rivals import rival_sheets
from snndeep.reporting.sheets.sheet import Sheet
from snndeep.reporting.sheets.training import training_sheets

TEMPLATES = Path(__file__).parent
SOURCES = {
    "phantom": "Synthetic data: no patient was scanned, and nothing here says anything about real livers.",
    "directory": "",
    "msd": "",
}
SECTIONS = {
    "results": "Results",
    "rivals": "Against other models",
    "errors": "Errors and patients",
    "learning": "Learning and search",
    "inside": "Inside the networks",
    "cost": "Cost",
    "data": "Data",
    "methods": "Methods",
    "provenance": "Provenance",
}
PIXELS_PER_INCH = 96


@dataclass(frozen=True)
class Picture:
    """A rendered figure.

    Attributes:
        name: Name of its files.
        title: Title.
        caption: Caption.
        alt: Text alternative.
        section: Section of the page.
        svg: Content of the SVG file.
        png: Content of the PNG file.
        width: Width on the page in pixels.
        height: Height on the page in pixels.
    """

    name: str
    title: str
    caption: str
    alt: str
    section: str
    svg: bytes
    png: bytes
    width: int
    height: int

    @property
    def source(self) -> str:
        """The SVG as a data URL."""
        return data_url("image/svg+xml", self.svg)


@dataclass(frozen=True)
class Report:
    """The files of a report.

    Attributes:
        html: The page.
        figures: Contents of the SVG and PNG files by file name.
        tables: Contents of the CSV and LaTeX files by file name.
    """

    html: str
    figures: dict[str, bytes]
    tables: dict[str, bytes]


def make_report(results: RunResults) -> Report:
    """Return the report of a run."""
    with style(results.config["report"]["palette"]):
        pictures = [_draw(drawn) for drawn in catalogue(results)]
    sheets = list(_sheets(results))
    figures = {f"{p.name}.{kind}": getattr(p, kind) for p in pictures for kind in ("svg", "png")}
    tables = {f"{s.name}.csv": s.csv().encode() for s in sheets} | {f"{s.name}.tex": latex(s).encode() for s in sheets}
    return Report(render_page(results, pictures, sheets), figures, tables)


def render_page(results: RunResults, pictures: list[Picture], sheets: list[Sheet]) -> str:
    """Return the report's HTML, with all text escaped."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["csv_address"] = lambda sheet: data_url("text/csv;charset=utf-8", sheet.csv().encode())
    return environment.get_template("page.html.jinja").render(
        title=results.config["report"]["title"],
        run=results.config["run"],
        notice=SOURCES[results.source],
        answer=headline(results.metrics),
        sections=SECTIONS,
        pictures=pictures,
        sheets=sheets,
        methods=methods(results.config),
        configuration=yaml.safe_dump(_plain(results.config), sort_keys=False, allow_unicode=True),
    )


def data_url(kind: str, content: bytes) -> str:
    """Return content of a media type as a data URL, which needs no server."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _sheets(results: RunResults) -> Iterator[Sheet]:
    for make in (
        outcome_sheets,
        external_sheets,
        rival_sheets,
        training_sheets,
        clinical_sheets,
        data_sheets,
        provenance_sheets,
    ):
        yield from make(results)


def _draw(drawn: Drawn) -> Picture:
    width, height = (round(PIXELS_PER_INCH * inches) for inches in drawn.figure.get_size_inches())
    # Neither the date nor the version of matplotlib goes into the files, so that equal figures give equal bytes.
    svg, png = _saved(drawn.figure, "svg", {"Date": None}), _saved(drawn.figure, "png", {"Software": None})
    plt.close(drawn.figure)
    return Picture(drawn.name, drawn.title, drawn.caption, drawn.alt, drawn.section, svg, png, width, height)


def _saved(figure: Figure, kind: str, metadata: dict[str, None]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
