"""Tables of models beside one another: what the networks have to beat, all comparisons, and the papers' claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from snndeep.reporting.formats import decimal, interval, p_value, percent, signed
from snndeep.reporting.headline import models_of, protocols_of
from snndeep.reporting.names import title_of
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.outcome import PROTOCOL_WORDS, UNITS, bounds_of
from snndeep.reporting.sheets.sheet import Column, Row, Sheet

SEES = {"constant": "nothing", "area": "slice area alone", "acquisition": "voxel spacing alone"}
VERDICT_WORDS = {"better": "beaten", "worse": "not beaten", "undecided": "undecided"}


def rival_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield the tables of comparisons."""
    for protocol in protocols_of(results.metrics):
        yield _context(results, protocol)
    if results.metrics["claims"]:
        yield _claims(results.metrics)
    if results.metrics["comparisons"]:
        yield _comparisons(results.metrics)


def _context(results: RunResults, protocol: str) -> Sheet:
    """The models that are no spiking networks, and whether the best network beats each."""
    rows = []
    for kind in ("classical", "context"):
        for model in models_of(results.metrics, kind):
            values = results.metrics["models"][model][protocol]
            row: dict[str, Any] = {"model": title_of(model), "sees": SEES.get(model, "the same features")}
            for unit in UNITS:
                low, high = bounds_of(values[unit], "roc_auc")
                row |= {unit: values[unit]["roc_auc"], f"{unit}_low": low, f"{unit}_high": high}
            row["accuracy"] = values["slice"]["accuracy"]
            rows.append(row | _verdict(results.metrics, protocol, model))
    columns = (
        Column("model", "model"),
        Column("sees", "sees"),
        *(Column(unit, f"ROC-AUC, {unit}s", decimal, _span_of(unit), numeric=True, stacked=True) for unit in UNITS),
        Column("accuracy", "accuracy, slices", percent, numeric=True),
        Column("difference", "best network minus this", _difference, _difference_span, numeric=True, stacked=True),
        Column("verdict", "by the best network"),
    )
    return Sheet(
        f"context_{protocol}", f"What a network has to beat, split by {protocol} ({PROTOCOL_WORDS[protocol]})", "rivals",
        pd.DataFrame(rows), columns,
        "Beaten: the 95 % interval of the difference in slice ROC-AUC lies above 0; undecided: it holds 0. A network that "
        "does not beat slice area, voxel spacing and a constant has learned nothing about the inside of the organ.",
    )  # fmt: skip


def _span_of(unit: str) -> Any:
    return lambda row: interval(row[f"{unit}_low"], row[f"{unit}_high"])


def _difference(value: float | None) -> str:
    return "" if pd.isna(value) else signed(value)


def _difference_span(row: Row) -> str:
    low, high = row["difference_low"], row["difference_high"]
    return "" if pd.isna(low) or pd.isna(high) else f"{signed(low)} to {signed(high)}"


def _verdict(metrics: Mapping[str, Any], protocol: str, model: str) -> dict[str, Any]:
    """Return the comparison of the best network with a model, from the headline or from all comparisons."""
    empty = {"difference": None, "difference_low": None, "difference_high": None, "verdict": "not compared"}
    answer = metrics["headline"][protocol]["slice"]
    for rival in answer["against"].values():
        if rival["model"] == model:
            low, high = rival["interval"] or (None, None)
            verdict = VERDICT_WORDS.get(rival["verdict"], rival["verdict"])
            return {
                "difference": rival["difference"],
                "difference_low": low,
                "difference_high": high,
                "verdict": verdict,
            }
    best = answer["best_snn"]
    for one in metrics["comparisons"]:
        pair = {one["a"], one["b"]}
        if best and pair == {best["model"], model} and (one["protocol"], one["unit"]) == (protocol, "slice"):
            return _from_comparison(one, best["model"], empty)
    return empty


def _from_comparison(one: Mapping[str, Any], best: str, empty: Mapping[str, Any]) -> dict[str, Any]:
    if one["metric"] != "roc_auc" or one["difference"] is None or one["interval"] is None:
        return dict(empty)
    sign = 1 if one["a"] == best else -1
    low, high = sorted(sign * limit for limit in one["interval"])
    verdict = "beaten" if low > 0 else "not beaten" if high < 0 else "undecided"
    return {
        "difference": sign * one["difference"],
        "difference_low": low,
        "difference_high": high,
        "verdict": verdict,
    }


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
        Column("b", "beside"),
        Column("protocol", "split by"),
        Column("unit", "unit"),
        Column("difference", "difference in ROC-AUC", signed, _difference_span, numeric=True, stacked=True),
        Column("effect", "effect size", lambda value: signed(value, 2), numeric=True),
        Column("p_bootstrap", "p, bootstrap", p_value, numeric=True),
        Column("p_bootstrap_holm", "p, bootstrap, Holm", p_value, numeric=True),
        Column("p_folds", "p, folds", p_value, numeric=True),
        Column("p_folds_holm", "p, folds, Holm", p_value, numeric=True),
    )
    return Sheet(
        "comparisons", "Model against model", "rivals", frame, columns,
        "Paired bootstrap over patients, and the corrected resampled t-test of Nadeau and Bengio over folds. Holm: "
        "adjusted over all comparisons of this table. Effect size: Cohen's d over folds.", folded=True,
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
        "Measured with this run's data and settings, which are not the paper's.",
    )  # fmt: skip


def _measured(one: Mapping[str, Any]) -> str:
    span = f" ({interval(*one['interval'])})" if one["interval"] else ""
    return f"{one['what']} {decimal(one['value'])}{span}"
