"""What checklists for prediction models ask of a study: flow, precision, lesion size, net benefit, stability, intended use.

Source: TRIPOD+AI (Collins et al. 2024, BMJ 385), CLAIM (Tejani et al. 2024, Radiology: AI 6), METRICS (Kocak et al. 2024,
Insights into Imaging 15); Hanley and McNeil 1982, Radiology 143, for the precision of a ROC-AUC; Wilson 1927 for shares.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from snndeep.reporting.formats import count, decimal, interval, percent, quantity
from snndeep.reporting.lookup import chosen, first_protocol
from snndeep.reporting.names import title_of
from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.sheet import Column, Sheet

ASSUMED = 0.8
NORMAL = 1.959964
"""The 97.5 % quantile of the normal distribution."""


def clinical_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield the tables that checklists ask for."""
    yield _checklist(results)
    yield from _lesion_size(results)
    yield from _net_benefit(results)


def auc_error(auc: float, diseased: int, healthy: int) -> float:
    """Return the standard error of a ROC-AUC over independent patients by Hanley and McNeil."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (diseased - 1) * (q1 - auc**2) + (healthy - 1) * (q2 - auc**2)
    return math.sqrt(variance / (diseased * healthy))


def wilson(found: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson."""
    share, z2 = found / of, NORMAL**2
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = NORMAL * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def selection_overlap(selections: Sequence[Sequence[str]]) -> float | None:
    """Return the mean overlap (Jaccard index) of the features that two splits select; None with fewer than two."""
    sets = [set(own) for own in selections]
    overlaps = [len(a & b) / len(a | b) for a, b in combinations(sets, 2)]
    return float(np.mean(overlaps)) if overlaps else None


def _checklist(results: RunResults) -> Sheet:
    status = results.samples.groupby("patient")["label"].max()
    diseased, healthy = int(status.sum()), int((status == 0).sum())
    protocol = first_protocol(results.metrics)
    facts = {
        "intended use": "research on methods; not for diagnosis, not for any decision about a patient",
        "scans given": count(len(results.cases) + len(results.skipped)),
        "scans left out, with reasons in the table of cases left out": count(len(results.skipped)),
        "patients evaluated": f"{count(len(status))}: {count(diseased)} diseased, {count(healthy)} healthy",
        "slices evaluated": count(len(results.samples)),
        "diseased patients for each selected feature": quantity(
            diseased / max(float(np.mean([len(own) for own in results.selections])), 1)
        ),
        "overlap of the features that two splits select (Jaccard)": decimal(selection_overlap(results.selections)),
    }
    if diseased and healthy:
        half = NORMAL * auc_error(ASSUMED, diseased, healthy)
        facts[f"precision of this sample size for a patient ROC-AUC of {ASSUMED}"] = f"\N{PLUS-MINUS SIGN}{half:.3f}"
    facts["seed variability"] = _seeds(results, protocol)
    frame = pd.DataFrame({"item": list(facts), "value": list(facts.values())})
    return Sheet(
        "checklist", "What reviewers' checklists ask", "data", frame, (Column("item", "item"), Column("value", "here")),
        "After TRIPOD+AI, CLAIM and METRICS. The precision is the half width of a 95 % interval by Hanley and McNeil.",
        folded=True,
    )  # fmt: skip


def _seeds(results: RunResults, protocol: str) -> str:
    """Return how much ROC-AUC of the chosen network varies over folds, each with its own training part and seed."""
    name = chosen(results.metrics, protocol)
    folds = results.metrics["models"][name][protocol]["folds"] if name else []
    values = [fold["slice"]["roc_auc"] for fold in folds if fold["slice"]["roc_auc"] is not None]
    if len(values) < 2:
        return "undefined: fewer than two folds"
    return (
        f"slice ROC-AUC of {len(values)} folds, each with other training data and another seed: deviation "
        f"{decimal(float(np.std(values, ddof=1)))}"
    )


def _lesion_size(results: RunResults) -> Iterator[Sheet]:
    """Yield the sensitivity of the chosen network by thirds of lesion volume."""
    protocol = first_protocol(results.metrics)
    name = chosen(results.metrics, protocol)
    if name is None or "patient" not in results.cases or not results.config["dataset"]["labels"]["lesion"]:
        return
    rows = pd.DataFrame(results.metrics["patients"])
    rows = rows[(rows["protocol"] == protocol) & (rows["model"] == name) & (rows["label"] == 1)]
    volume = results.cases.groupby("patient")["lesion_volume_ml"].max()
    own = rows.assign(volume=rows["patient"].map(volume)).sort_values("volume", kind="stable")
    table: list[dict[str, Any]] = []
    for part in np.array_split(np.arange(len(own)), 3):
        if part.size:
            third = own.iloc[part]
            found = int(third["predicted"].sum())
            low, high = wilson(found, len(third))
            table.append(
                {
                    "volume": interval(third["volume"].min(), third["volume"].max(), 2),
                    "patients": len(third), "found": found, "sensitivity": found / len(third), "low": low, "high": high,
                }
            )  # fmt: skip
    if table:
        columns = (
            Column("volume", "lesion volume (ml)"),
            Column("patients", "diseased patients", count, numeric=True),
            Column("found", "called diseased", count, numeric=True),
            Column("sensitivity", "sensitivity", percent, lambda row: interval(row["low"], row["high"]), numeric=True),
        )
        title = f"Sensitivity by lesion volume, split by {protocol}: {title_of(name)}"
        note = "Thirds of the diseased patients by the volume of their lesions; 95 % intervals by Wilson."
        yield Sheet("lesion_size", title, "patients", pd.DataFrame(table), columns, note, folded=True)


def _net_benefit(results: RunResults) -> Iterator[Sheet]:
    protocol = first_protocol(results.metrics)
    curve = results.metrics["decision_curves"][protocol]
    if not curve["models"]:
        return
    frame = pd.DataFrame({"risk": curve["risks"], "everybody": curve["everybody"], **curve["models"]})
    columns = (
        Column("risk", "act from a risk of", lambda value: percent(value), numeric=True),
        *(Column(name, title_of(name), decimal, numeric=True) for name in curve["models"]),
        Column("everybody", "acting on everybody", decimal, numeric=True),
    )
    yield Sheet(
        "net_benefit", f"Decision curve of patients, split by {protocol}: net benefit", "patients", frame, columns,
        "Net benefit TP / n - FP / n r / (1 - r) at risk r (Vickers and Elkin 2006). Acting on nobody is worth 0. A model is "
        "worth using at a risk only where it is above both.", folded=True,
    )  # fmt: skip
