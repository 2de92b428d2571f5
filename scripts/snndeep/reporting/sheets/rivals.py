"""Tables of models beside one another: what the networks have to beat, all comparisons, and the papers' claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from snndeep.reporting.formats import decimal, interval, p_value, percent, signed
from snndeep.reporting.lookup import models_of, protocols_of
from snndeep.reporting.names import title_of
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.outcome import PROTOCOL_WORDS, UNITS, bounds_of
from snndeep.reporting.sheets.sheet import Column, Row, Sheet

SEES = {
    "constant": "nothing",
    "area": "slice area",
    "geometry": "slice area, relative area, position",
    "slice_count": "the number of slices",
    "acquisition": "voxel spacing and matrix size",
    "image_geometry": "the same features, and geometry",
}
VERDICT_WORDS = {"better": "better", "worse": "worse", "undecided": "not told apart", "equal": "identical"}


def rival_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield the tables of comparisons."""
    for protocol in protocols_of(results.metrics):
        yield _context(results, protocol)
    if results.metrics["claims"]:
        yield _claims(results.metrics)
    if results.metrics["comparisons"]:
        yield _comparisons(results.metrics)


def _context(results: RunResults, protocol: str) -> Sheet:
    """The models that are no spiking networks, and how the chosen network compares with each."""
    rows = []
    for kind in ("classical", "context", "joint"):
        for model in models_of(results.metrics, kind):
            values = results.metrics["models"][model][protocol]
            row: dict[str, Any] = {"model": title_of(model), "sees": SEES.get(model, "the same features")}
            for unit in UNITS:
                low, high = bounds_of(values[unit], "roc_auc")
                row |= {unit: values[unit]["roc_auc"], f"{unit}_low": low, f"{unit}_high": high}
            row["accuracy"] = values["slice"]["accuracy"]
            rows.append(row | _verdict(results.metrics, protocol, model))
    columns = (
        Column("model", "model", aside=lambda row: f"sees {row['sees']}", stacked=True),
        Column("slice", "ROC-AUC, slices", decimal, _span_of("slice"), numeric=True, stacked=True),
        Column("difference", "the network minus this", _difference, _difference_words, numeric=True, stacked=True),
        Column("patient", "ROC-AUC, patients", decimal, _span_of("patient"), numeric=True, stacked=True),
        Column("accuracy", "accuracy, slices", percent, numeric=True),
    )
    return Sheet(
        f"context_{protocol}", f"What a network has to beat, split by {protocol} ({PROTOCOL_WORDS[protocol]})", "rivals",
        pd.DataFrame(rows), columns,
        "The network is the one chosen on validation slices. Better or worse: the 95 % interval of the difference in ROC-AUC "
        "of slices, adjusted for all comparisons of this protocol, leaves out 0. Every model was fitted in several forms, and "
        "the best on validation slices was kept.", folded=protocol != protocols_of(results.metrics)[0],
    )  # fmt: skip


def _span_of(unit: str) -> Any:
    return lambda row: interval(row[f"{unit}_low"], row[f"{unit}_high"])


def _difference(value: float | None) -> str:
    return "" if pd.isna(value) else signed(value)


def _difference_span(row: Row) -> str:
    low, high = row["difference_low"], row["difference_high"]
    return "" if pd.isna(low) or pd.isna(high) else f"{signed(low)} to {signed(high)}"


def _difference_words(row: Row) -> str:
    span = _difference_span(row)
    return f"{span}, {row['verdict']}" if span else str(row["verdict"])


def _verdict(metrics: Mapping[str, Any], protocol: str, model: str) -> dict[str, Any]:
    """Return the verdict on the chosen network and a model."""
    said = metrics["headline"][protocol]["slice"]["against"].get(model)
    if said is None:
        return {"difference": None, "difference_low": None, "difference_high": None, "verdict": "undefined"}
    low, high = said["interval"] or (None, None)
    verdict = VERDICT_WORDS[said["verdict"]]
    return {"difference": said["difference"], "difference_low": low, "difference_high": high, "verdict": verdict}


def _comparisons(metrics: Mapping[str, Any]) -> Sheet:
    rows = []
    for one in metrics["comparisons"]:
        low, high = one["interval"] or (None, None)
        names = {"a": title_of(one["a"]), "b": title_of(one["b"])}
        reasons = "; ".join(f"{key}: {why}" for key, why in one["undefined"].items())
        rows.append(
            {**one, **names, "difference_low": low, "difference_high": high, "interval": None, "undefined": reasons}
        )
    frame = pd.DataFrame(rows).drop(columns="interval")
    columns = (
        Column("a", "model"),
        Column("b", "minus"),
        Column("protocol", "split by"),
        Column("unit", "unit"),
        Column("difference", "difference in ROC-AUC", signed, _difference_span, numeric=True, stacked=True),
        Column("effect", "effect size", lambda value: signed(value, 2), numeric=True),
        Column("p", "p, adjusted", p_value, numeric=True),
        Column("verdict", "verdict"),
        Column("p_folds", "p, folds", p_value, numeric=True),
        Column("p_folds_holm", "p, folds, Holm", p_value, numeric=True),
    )
    return Sheet(
        "comparisons", "Model against model", "rivals", frame, columns,
        "Paired bootstrap over patients; interval and p hold for all comparisons of one protocol and unit at once, and the "
        "verdict is read from the interval. Beside it the corrected resampled t-test of Nadeau and Bengio over folds, adjusted "
        "after Holm. Of identical networks the first stands for all. Effect size: Cohen's d over folds.", folded=True,
    )  # fmt: skip


def _claims(metrics: Mapping[str, Any]) -> Sheet:
    rows = []
    for claim in metrics["claims"]:
        measured = "; ".join(_measured(one) for one in claim["measured"])
        rows.append({**claim, "measured": measured or "\N{EN DASH}"})
    columns = (
        Column("claim", "claim"),
        Column("source", "source"),
        Column("paper", "paper", lambda value: "" if pd.isna(value) else decimal(value, 4), numeric=True),
        Column("measured", "measured here"),
        Column("holds", "holds here"),
        Column("reason", "because"),
    )
    return Sheet(
        "claims", "What the papers claim, beside what was measured", "rivals", pd.DataFrame(rows), columns,
        "Measured with this run's data and settings, which are not the paper's.", folded=True,
    )  # fmt: skip


def _measured(one: Mapping[str, Any]) -> str:
    span = f" ({interval(*one['interval'])})" if one["interval"] else ""
    return f"{one['what']} {decimal(one['value'])}{span}"
