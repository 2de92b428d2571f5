"""Two published runs on one page: what differs in configuration, code and data, and the difference of every model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from snndeep.reporting.formats import count, decimal, signed
from snndeep.reporting.names import title_of
from snndeep.reporting.published import PublishedRun
from snndeep.reporting.sheets.sheet import Column, Row, Sheet
from snndeep.reporting.templates import environment
from snndeep.reporting.wording import VERDICTS, difference_bounds
from snndeep.settings import as_text

ABSENT = "absent"
VERDICT_WORDS = {"better": "B is better", "worse": "B is worse", "undecided": "undecided", "equal": "the same"}


def compare_page(a: PublishedRun, b: PublishedRun, compared: Sequence[Mapping[str, Any]]) -> str:
    """Return the page as HTML.

    Args:
        a: The first run.
        b: The second run.
        compared: See `snndeep.evaluation.runs.compare_runs`.
    """
    sheets = [
        *_result_sheets(compared),
        _pairs(
            "configuration", "Configuration", "setting", differing(_flat(a.record["config"]), _flat(b.record["config"]))
        ),
        _pairs("code", "Code", "stage", differing(_code(a.record), _code(b.record))),
        _pairs("data", "Data", "scan", differing(a.record["data"], b.record["data"])),
    ]
    return (
        environment()
        .get_template("compare.html.jinja")
        .render(
            a=a,
            b=b,
            sentences=sentences(a.record, b.record, compared),
            sheets=[sheet for sheet in sheets if len(sheet.frame)],
        )
    )


def sentences(a: Mapping[str, Any], b: Mapping[str, Any], compared: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what differs, in sentences: configuration, code, data, and models.

    Args:
        a: The record of the first run, see `PublishedRun`.
        b: The record of the second run.
        compared: See `snndeep.evaluation.runs.compare_runs`.
    """
    settings = [name for name, _, _ in differing(_flat(a["config"]), _flat(b["config"])) if name != "run"]
    stages = [name for name, _, _ in differing(a["code"], b["code"])]
    scans = differing(a["data"], b["data"])
    only = [sum(one == ABSENT for one in column) for column in ([s[2] for s in scans], [s[1] for s in scans])]
    return [
        f"Configuration: {_counted(len(settings), 'setting differs', 'settings differ')}."
        if settings
        else "The configurations are the same.",
        f"Code: {_counted(len(stages), 'stage has', 'stages have')} other code (versions {a['version']} and {b['version']})."
        if stages
        else "The code of all stages is the same.",
        f"Data: {_counted(only[0], 'scan is', 'scans are')} in A alone, {count(only[1])} in B alone; of those in both, "
        f"{_counted(len(scans) - sum(only), 'differs', 'differ')}."
        if scans
        else f"The scans are the same, {count(len(a['data']))} of them.",
        _verdicts(compared),
    ]


def _counted(number: int, one: str, many: str) -> str:
    """Return a number with its words."""
    return f"{count(number)} {one if number == 1 else many}"


def _verdicts(compared: Sequence[Mapping[str, Any]]) -> str:
    if not compared:
        return "Models: the runs have no protocol, model and patient in common, so nothing can be compared."
    counts = {
        verdict: sum(one["verdict"] == verdict and one["difference"] is not None for one in compared)
        for verdict in VERDICT_WORDS
    }
    undefined = sum(one["difference"] is None for one in compared)
    parts = [f"{VERDICT_WORDS[verdict]} in {count(n)}" for verdict, n in counts.items() if n]
    parts += [f"undefined in {count(undefined)}"] if undefined else []
    return f"Models: of {count(len(compared))} comparisons of one model in both runs, {', '.join(parts)}."


def differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return name, value in A and value in B of every entry that differs; an entry that is missing is `ABSENT`."""
    names = dict.fromkeys([*a, *b])
    return [
        (name, _text(a, name), _text(b, name)) for name in names if name not in a or name not in b or a[name] != b[name]
    ]


def _text(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return ABSENT
    value = values[name]
    return value if isinstance(value, str) else as_text(value)


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested settings by their dotted name."""
    if not isinstance(value, Mapping) or not value:
        return {prefix: value}
    return {
        name: leaf
        for key, item in value.items()
        for name, leaf in _flat(item, f"{prefix}.{key}" if prefix else str(key)).items()
    }


def _code(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": record["version"], **record["code"]}


def _pairs(name: str, title: str, key: str, rows: Sequence[tuple[str, str, str]]) -> Sheet:
    frame = pd.DataFrame(rows, columns=[key, "a", "b"])
    columns = (Column(key, key), Column("a", "A", _shortened), Column("b", "B", _shortened))
    return Sheet(name, f"{title}: what differs", "differences", frame, columns)


def _shortened(text: str) -> str:
    """Return a text as it is, a digest by its first digits."""
    return f"{text[:16]}\N{HORIZONTAL ELLIPSIS}" if len(text) >= 40 and text.isalnum() else text


def _result_sheets(compared: Sequence[Mapping[str, Any]]) -> Iterator[Sheet]:
    for protocol in dict.fromkeys(one["protocol"] for one in compared):
        own = [one for one in compared if one["protocol"] == protocol]
        rows = [_row(one) for one in sorted(own, key=lambda one: "/" not in one["model"])]  # networks first
        columns = (
            Column("model", "model"),
            Column("unit", "unit"),
            Column("a", "A", decimal, numeric=True),
            Column("b", "B", decimal, numeric=True),
            Column(
                "difference",
                "B minus A",
                signed,
                _words,
                True,
                True,
            ),
            Column("patients", "patients", count, numeric=True),
        )
        yield Sheet(
            f"results_{protocol}", f"ROC-AUC, split by {protocol}", "results", pd.DataFrame(rows), columns,
            "On the patients that both runs tested, over pairs within a fold. Intervals come from a paired bootstrap over "
            "patients and hold for all models of one protocol and unit at once.",
        )  # fmt: skip


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    low, high = one["interval"] or (None, None)
    said = VERDICTS[one["verdict"]] if one["difference"] is not None else next(iter(one["undefined"].values()), "")
    words = f"{difference_bounds(one)}, {said}" if one["difference"] is not None else said
    kept = {key: one[key] for key in ("unit", "a", "b", "difference", "verdict", "p", "patients")}
    return {"model": title_of(one["model"]), **kept, "low": low, "high": high, "words": words}


def _words(row: Row) -> str:
    return str(row["words"])
