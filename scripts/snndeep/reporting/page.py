"""The report: one self-contained HTML file, and every figure and table as a separate file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from snndeep.insight.shown_slices import SlicePicture
from snndeep.reporting.citation import PAPER_DOI, bibtex
from snndeep.reporting.figures.catalogue import catalogue
from snndeep.reporting.figures.drawn import Drawn
from snndeep.reporting.figures.slices import CLASSES, KIND_TITLES
from snndeep.reporting.figures.style import style
from snndeep.reporting.formats import count, signed
from snndeep.reporting.headline import headline, strip
from snndeep.reporting.latex import latex
from snndeep.reporting.lookup import chosen
from snndeep.reporting.methods import methods
from snndeep.reporting.names import glossary, title_of
from snndeep.reporting.patient_map import PROFILE_HEIGHT, PROFILE_WIDTH, ROW, WIDTH, map_patients
from snndeep.reporting.results import RunResults
from snndeep.reporting.scan_images import outlined
from snndeep.reporting.sheets.clinical import clinical_sheets
from snndeep.reporting.sheets.data import data_sheets
from snndeep.reporting.sheets.external import external_sheets
from snndeep.reporting.sheets.outcome import outcome_sheets
from snndeep.reporting.sheets.provenance import provenance_sheets
from snndeep.reporting.sheets.rivals import rival_sheets
from snndeep.reporting.sheets.sheet import Sheet
from snndeep.reporting.sheets.training import training_sheets
from snndeep.reporting.templates import data_url, environment

SOURCES = {
    "phantom": "Synthetic data: no patient was scanned, and nothing here says anything about real livers.",
    "directory": "",
    "msd": "",
}
SECTIONS = {
    "results": "Results",
    "rivals": "Against other models",
    "patients": "Patients and slices",
    "inside": "Inside the network",
    "cost": "Speed and cost",
    "learning": "Learning and search",
    "data": "Data",
    "methods": "Methods",
    "provenance": "Provenance",
}
PIXELS_PER_INCH = 96
SLICE_BOX, NEIGHBOUR_BOX, CARD_BOX = (220, 170), (110, 85), (180, 150)
"""Most width and height of pictures of slices, in pixels."""

# Neither dates nor versions of matplotlib go into the files, so that equal figures give equal bytes.
METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@dataclass(frozen=True)
class Picture:
    """A rendered figure.

    Attributes:
        drawn: The figure with its words.
        files: Its content as SVG, PNG and PDF, by file type.
        width: Width on the page in pixels.
        height: Height on the page in pixels.
    """

    drawn: Drawn
    files: Mapping[str, bytes]
    width: int
    height: int

    @property
    def source(self) -> str:
        """The SVG as a data URL."""
        return data_url("image/svg+xml", self.files["svg"])


@dataclass(frozen=True)
class SliceCard:
    """A slice on the page.

    Attributes:
        words: Its name, class and score.
        source: Its picture as a data URL.
        width: Width of the picture in pixels.
        right: Whether the network decides it right.
        title: What it was chosen for; empty for a neighbour.
        neighbours: The slices next to it.
    """

    words: str
    source: str
    width: int
    right: bool
    title: str = ""
    neighbours: tuple[SliceCard, ...] = ()


@dataclass(frozen=True)
class Report:
    """The files of a report.

    Attributes:
        html: The page.
        figures: Contents of the SVG, PNG and PDF files by file name.
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
    figures = {f"{p.drawn.name}.{kind}": content for p in pictures for kind, content in p.files.items()}
    tables = {f"{s.name}.csv": s.csv().encode() for s in sheets} | {f"{s.name}.tex": latex(s).encode() for s in sheets}
    return Report(render_page(results, pictures, sheets), figures, tables)


def render_page(results: RunResults, pictures: Sequence[Picture], sheets: Sequence[Sheet]) -> str:
    """Return the report's HTML, with all text escaped."""
    networks = list(results.views)
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            title=results.config["report"]["title"],
            run=results.config["run"],
            notice=SOURCES[results.source],
            strip=strip(results.metrics),
            answer=headline(results.metrics),
            glossary=glossary(results.config["models"]["rules"], results.config["models"]["backends"]),
            sections=SECTIONS,
            pictures=pictures,
            sheets=sheets,
            facts={"data": data_facts(results), "learning": search_facts(results)},
            networks={name: title_of(name) for name in networks},
            chosen=chosen(results.metrics, results.protocol),
            slices={name: [slice_card(one) for one in results.views[name].pictures] for name in networks},
            patients=map_patients(results) if networks else [],
            card_of=lambda picture: slice_card(picture, CARD_BOX),
            map_size=(WIDTH, 2 * ROW),
            profile_size=(PROFILE_WIDTH, PROFILE_HEIGHT),
            methods=methods(results.config, results.preprocessing),
            bibtex=bibtex(results.origin.version),
            configuration=yaml.safe_dump(_plain(results.config), sort_keys=False, allow_unicode=True),
            origin=results.origin,
            paper=PAPER_DOI,
        )
    )


def data_facts(results: RunResults) -> str:
    """Return the size of the data set in a sentence."""
    samples = results.samples
    status = samples.groupby("patient")["label"].max()
    warned = int((results.cases["notes"] != "").sum())
    return (
        f"{count(len(results.cases))} scans of {count(len(status))} patients, {count(status.sum())} of them diseased; "
        f"{count(len(samples))} slices, {count(samples['label'].sum())} of them diseased. Left out: "
        f"{count(len(results.skipped))} scans; with warnings: {count(warned)}. The command snakemake qc shows every scan."
    )


def search_facts(results: RunResults) -> str:
    """Return how many trials the search had, in a sentence."""
    studies = [study for splits in results.tuned.values() for study in splits.values()]
    trials = [trial for study in studies for trial in study["trials"]]
    stopped = sum(trial["state"] == "pruned" for trial in trials)
    return (
        f"{count(len(trials))} trials in {count(len(studies))} searches, one for each network and split; {count(stopped)} of "
        "them were stopped early."
    )


def slice_card(picture: SlicePicture, box: tuple[int, int] = SLICE_BOX) -> SliceCard:
    """Return a slice as the page shows it, with its neighbours.

    Args:
        picture: The slice.
        box: Most width and height of the picture, in pixels.
    """
    own = picture.chosen
    verdict = "right" if picture.right else "wrong"
    words = f"{own.patient}, slice {own.slice}: {CLASSES[own.label]}, score {signed(own.margin, 2)} ({verdict})"
    rows, columns = picture.grey.shape
    width = min(box[0], max(1, round(box[1] * columns * picture.spacing[0] / (rows * picture.spacing[1]))))
    image = outlined(picture.grey, picture.regions, picture.spacing, width)
    return SliceCard(
        words,
        data_url("image/png", image),
        width,
        picture.right,
        KIND_TITLES.get(own.kind, ""),
        tuple(slice_card(one, NEIGHBOUR_BOX) for one in picture.neighbours),
    )


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
    # The layout takes longer than the drawing. It is computed once, and all files have the same.
    drawn.figure.draw_without_rendering()
    drawn.figure.set_layout_engine("none")
    files = {kind: _saved(drawn.figure, kind, metadata) for kind, metadata in METADATA.items()}
    plt.close(drawn.figure)
    return Picture(drawn, files, width, height)


def _saved(figure: Figure, kind: str, metadata: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
