"""Tables of how the models came about: what the search found, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from snndeep.reporting.formats import ABSENT, count, decimal, is_number, percent, quantity
from snndeep.reporting.lookup import first_protocol
from snndeep.reporting.names import title_of
from snndeep.reporting.results import RunResults
from snndeep.reporting.searches import searches
from snndeep.reporting.sheets.sheet import Column, Sheet
from snndeep.samples.split import protocol_of
from snndeep.settings import as_text

COSTS = {
    "parameters": ("parameters", count),
    "synaptic_operations": ("synaptic operations per inference", quantity),
    "neuron_updates": ("neuron updates per inference", quantity),
    "dense_macs": ("multiply-accumulates of the run's dense network", quantity),
    "dense_operations": ("operations if every neuron always fired", quantity),
    "input_sparsity": ("input sparsity", percent),
    "activation_sparsity": ("activation sparsity", percent),
    "energy_pj": ("energy per inference (pJ, estimate)", quantity),
    "dense_energy_pj": ("energy of the run's dense network (pJ, estimate)", quantity),
    "energy_ratio": ("dense over spiking energy", quantity),
    "seconds_per_epoch": ("seconds per epoch", quantity),
    "training_seconds": ("training (s)", quantity),
    "tuning_seconds": ("search (s)", quantity),
    "peak_memory_mb": ("peak memory (MB)", quantity),
    "latency_ms": ("latency per patient (ms)", quantity),
}
ESTIMATE = (
    "Energy is an estimate, not a measurement: synaptic operations and neuron updates times the 45 nm figures of Horowitz "
    "2014; memory traffic, and the energy of features and encoding, are not in it. It is compared with one pass through the "
    "dense network that this run trains on the same features. Latency: from spikes to the scores of all slices of a patient; "
    "features and encoding are not in it. Peak memory: of the whole training process, frameworks' imports included. Times are "
    "of this run's machine."
)


def training_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield the tables of the search and of cost."""
    yield _search(results)
    yield _search_by_split(results)
    yield _cost(results)


def _search(results: RunResults) -> Sheet:
    """One row per search: what it found, over the splits of the headline's protocol."""
    protocol = first_protocol(results.metrics)
    rows = []
    for search in searches(results):
        splits = search.studies
        studies = [study for split, study in splits.items() if protocol_of(split) == protocol]
        trials = [trial for study in studies for trial in study["trials"]]
        rows.append(
            {
                "model": search.title,
                "mode": results.modes[search.models[0]],
                "trials": len(trials),
                "pruned": sum(trial["state"] == "pruned" for trial in trials),
                "best": float(np.mean([study["best_value"] for study in studies])),
                "seconds": sum(study["seconds"] for study in studies),
                "found": _range([study["best"] for study in studies]),
            }
        )
    columns = (
        Column("model", "model"),
        Column("mode", "mode"),
        Column("trials", "trials", count, numeric=True),
        Column("pruned", "stopped early", count, numeric=True),
        Column("best", "best validation ROC-AUC", decimal, numeric=True),
        Column("seconds", "search (s)", quantity, numeric=True),
        Column("found", "found"),
    )
    return Sheet(
        "search", f"What the search found, split by {protocol}", "learning", pd.DataFrame(rows), columns,
        "One study per model and fold, inside the fold's training side. The validation ROC-AUC is the mean over folds; it "
        "was maximised and so flatters. Found: the best value, or its range over folds.", folded=True,
    )  # fmt: skip


def _range(found: list[Mapping[str, Any]]) -> str:
    parts = []
    for name in found[0] if found else ():
        own = (best[name] for best in found if name in best)
        values = list(dict.fromkeys(tuple(value) if isinstance(value, list) else value for value in own))
        if all(is_number(value) for value in values) and len(values) > 1:
            parts.append(f"{name} {as_text(min(values))} to {as_text(max(values))}")
        else:
            parts.append(f"{name} {' or '.join(as_text(value) for value in values)}")
    return ", ".join(parts) or ABSENT


def _search_by_split(results: RunResults) -> Sheet:
    rows = []
    for search in searches(results):
        for split, study in search.studies.items():
            found = ", ".join(f"{name} {as_text(value)}" for name, value in study["best"].items())
            own = {"trials": len(study["trials"]), "best": study["best_value"], "found": found}
            rows.append({"model": search.title, "split": split, **own})
    columns = (
        Column("model", "model"),
        Column("split", "split"),
        Column("trials", "trials", count, numeric=True),
        Column("best", "best validation ROC-AUC", decimal, numeric=True),
        Column("found", "found"),
    )
    title = "Tuned settings of every model and split"
    return Sheet("search_by_split", title, "learning", pd.DataFrame(rows), columns, folded=True)


def _cost(results: RunResults) -> Sheet:
    protocol = first_protocol(results.metrics)
    known = results.metrics["cost"]
    rows = [
        {"model": title_of(model), "mode": results.modes[model], **{k: own[protocol].get(k) for k in COSTS}}
        for model, own in known.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows).dropna(axis="columns", how="all")
    columns = (
        Column("model", "model"),
        Column("mode", "mode"),
        *(Column(key, title, text, numeric=True) for key, (title, text) in COSTS.items() if key in frame),
    )
    return Sheet("cost", f"What the models cost, split by {protocol}", "cost", frame, columns, ESTIMATE, folded=True)
