"""The evaluation of a whole run: every model under every protocol, for slices and for patients.

    slice     ROC-AUC and PR-AUC are the mean over test folds; the others are taken over all test slices
    patient   a patient is diseased if any of its slices is; all patients are pooled, each once: their margins are
              comparable between folds, and where a patient was tested in several folds they are averaged

Where a fold has several networks their margins are averaged. Thresholds, calibration and the number of slices that make
a patient's score come from the validation part of each network; the test part decides nothing. The layout of what is
returned stands in the docstring of `snndeep.evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, groupby
from typing import Any

import numpy as np
import pandas as pd

from snndeep.evaluation.bootstrap import interval, patient_draws, pool, resampled_metrics
from snndeep.evaluation.claims import claims
from snndeep.evaluation.comparison import Measured, compare, holm
from snndeep.evaluation.cost import costs
from snndeep.evaluation.headline import best_of, headline
from snndeep.evaluation.judging import Judged, judge_patients, judge_slices, together
from snndeep.evaluation.leakage import check_scores, check_split
from snndeep.evaluation.metrics import METRICS, RANKINGS, Outcome, measure
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.learning.ranking import roc_auc
from snndeep.samples.split import Split
from snndeep.seeds import generator

UNITS = ("slice", "patient")
PARTS = ("train", "validation", "test")
COMPARED = "roc_auc"


@dataclass(frozen=True)
class Jobs:
    """What is known of the spiking networks beside their scores.

    Attributes:
        records: By model and split, what training kept.
        tuned: By model and split, what the search found.
        source: Where the scans come from: phantom, directory or msd.
    """

    records: Mapping[str, Mapping[str, Any]]
    tuned: Mapping[str, Mapping[str, Any]]
    source: str


@dataclass(frozen=True)
class Cohort:
    """The samples of a run.

    Attributes:
        samples: Label and patient, by sample.
        patients: Names in ascending order `[P]`.
        diseased: The names of those that have a diseased slice.
        draws: Resamples of patients `[R, P]`, the same for every model, protocol and unit.
    """

    samples: pd.DataFrame
    patients: np.ndarray
    diseased: np.ndarray
    draws: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame, settings: EvaluationSettings) -> Cohort:
        """Read the cohort from a table of samples."""
        patients = np.unique(table["patient"].to_numpy(str))
        diseased = np.unique(table.loc[table["label"] == 1, "patient"].to_numpy(str))
        status = np.isin(patients, diseased).astype(int)
        draws = patient_draws(status, settings.bootstrap, generator(settings.seed, "bootstrap"))
        return cls(table.set_index("sample")[["label", "patient"]], patients, diseased, draws)

    def members(self, patients: np.ndarray) -> np.ndarray:
        """Return the number of each patient."""
        return np.searchsorted(self.patients, patients)


@dataclass(frozen=True)
class Results:
    """One model under one protocol.

    Attributes:
        summary: By unit, JSON values.
        folds: One entry per fold, JSON values.
        compared: By unit, what comparisons need of the metric `COMPARED` and of accuracy.
        judged: By unit, one entry per fold.
    """

    summary: dict[str, dict[str, Any]]
    folds: list[dict[str, Any]]
    compared: dict[tuple[str, str], Measured]
    judged: dict[str, list[Judged]]


def evaluate(
    table: pd.DataFrame,
    splits: Sequence[Split],
    scores: Mapping[str, Mapping[str, np.ndarray]],
    kinds: Mapping[str, str],
    settings: EvaluationSettings,
    jobs: Jobs,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return all metrics as JSON values, and the predictions of every test slice.

    Args:
        table: Samples with label and patient.
        splits: All splits.
        scores: By model, then `<split>/<part>.samples` and `.scores`.
        kinds: By model: snn, classical or context.
        settings: How.
        jobs: What the jobs of the spiking networks recorded.

    Raises:
        LeakageError: If a part of a split holds what it must not, or scores are not of the split's parts.
    """
    cohort = Cohort.of(table, settings)
    protocols = list(dict.fromkeys(split.protocol for split in splits))
    patient_of = cohort.samples["patient"].to_dict()
    for split in splits:
        check_split(split, patient_of)
    results: dict[tuple[str, str], Results] = {}
    for name, own in scores.items():
        for protocol in protocols:
            chosen = [split for split in splits if split.protocol == protocol]
            results[name, protocol] = _evaluate_model(own, chosen, cohort, settings)
    models = {
        name: {p: {**results[name, p].summary, "folds": results[name, p].folds} for p in protocols} for name in scores
    }
    share = {p: _test_share([s for s in splits if s.protocol == p]) for p in protocols}
    compared = {(name, p, *key): m for (name, p), r in results.items() for key, m in r.compared.items()}
    names = {p: [split.name for split in splits if split.protocol == p] for p in protocols}
    cost = costs(jobs.records, jobs.tuned, names)
    metrics = {
        "protocols": protocols,
        "metrics": list(METRICS),
        "kinds": dict(kinds),
        "models": models,
        "patients": _patients(results),
        "comparisons": _comparisons(models, kinds, compared, share),
        "headline": headline(models, kinds, compared, share),
        "claims": claims(models, kinds, compared, share, cost, jobs.source),
        "cost": cost,
        "settings": asdict(settings),
    }
    return metrics, _predictions(results)


def _evaluate_model(
    scores: Mapping[str, np.ndarray], splits: Sequence[Split], cohort: Cohort, settings: EvaluationSettings
) -> Results:
    judged: dict[str, list[Judged]] = {unit: [] for unit in UNITS}
    folds = []
    for fold, members in groupby(splits, key=lambda split: split.fold):
        slices, patients, sizes = [], [], []
        for split in members:
            check_scores(split, scores)
            parts = [_part(scores, split.name, part, cohort) for part in ("validation", "test")]
            slices.append(judge_slices(fold, *parts))
            patients.append(judge_patients(fold, *parts, cohort.diseased, settings.top_slices))
            sizes.append([len(getattr(split, part)) for part in PARTS])
        judged["slice"].append(together(slices))
        judged["patient"].append(together(patients))
        mean = np.rint(np.mean(sizes, axis=0)).astype(int).tolist()
        folds.append({"fold": fold, "networks": len(sizes), **dict(zip(PARTS, mean, strict=True))})
    summary, compared = {}, {}
    for unit in UNITS:
        each = [_fold(one, unit, settings.calibration_bins) for one in judged[unit]]
        for entry, values in zip(folds, each, strict=True):
            entry[unit] = values
        if unit == "slice":
            rows = [(j.outcome, cohort.members(j.patients)) for j in judged[unit]]
        else:
            rows = [_one_row_per_patient(judged[unit], cohort)]
        resampled = resampled_metrics(rows, cohort.draws, settings.calibration_bins)
        averaged = each if unit == "slice" else []
        outcome = pool([outcome for outcome, _ in rows])
        summary[unit] = _summary(outcome, averaged, resampled, unit, settings.calibration_bins)
        for metric in (COMPARED, "accuracy"):
            by_fold = np.array([np.nan if fold[metric] is None else fold[metric] for fold in each])
            compared[unit, metric] = Measured(summary[unit][metric], resampled[metric], by_fold)
    return Results(summary, folds, compared, judged)


def _part(scores: Mapping[str, np.ndarray], split: str, part: str, cohort: Cohort) -> pd.DataFrame:
    rows = cohort.samples.loc[scores[f"{split}/{part}.samples"]]
    return rows.assign(score=scores[f"{split}/{part}.scores"].astype(float))


def _validation(outcome: Outcome) -> dict[str, Any]:
    both = 0 < outcome.label.mean() < 1
    return {
        "n": int(outcome.label.size),
        "accuracy": float((outcome.label == outcome.predicted).mean()),
        "roc_auc": roc_auc(outcome.label, outcome.margin) if both else None,
    }


def _fold(judged: Judged, unit: str, bins: int) -> dict[str, Any]:
    values, undefined = measure(judged.outcome, unit, bins)
    return {
        "n": int(judged.outcome.label.size),
        "diseased": int(judged.outcome.label.sum()),
        **values,
        "undefined": undefined,
        "validation": _validation(judged.validation),
        "decisions": [asdict(decision) for decision in judged.decisions],
    }


def _one_row_per_patient(folds: Sequence[Judged], cohort: Cohort) -> tuple[Outcome, np.ndarray]:
    """Pool folds; a patient tested in several is judged by the mean margin and probability and the majority of calls."""
    pooled = pool([j.outcome for j in folds])
    member = cohort.members(np.concatenate([j.patients for j in folds]))
    present, place, count = np.unique(member, return_inverse=True, return_counts=True)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(place, values) / count

    calls = (mean(pooled.predicted) >= 0.5).astype(int)
    return Outcome(mean(pooled.label).astype(int), mean(pooled.margin), calls, mean(pooled.probability)), present


def _summary(
    outcome: Outcome, folds: Sequence[Mapping[str, Any]], resampled: Mapping[str, np.ndarray], unit: str, bins: int
) -> dict[str, Any]:
    """Return the metrics of all samples together; those that rank are the mean of `folds`, if there are any."""
    values, undefined = measure(outcome, unit, bins)
    notes = {}
    for metric in RANKINGS if folds else ():
        defined = [fold[metric] for fold in folds if fold[metric] is not None]
        reasons = "; ".join(sorted({fold["undefined"][metric] for fold in folds if fold[metric] is None}))
        values[metric] = float(np.mean(defined)) if defined else None
        if not defined:
            undefined[metric] = f"undefined in every fold: {reasons}"
        elif reasons:
            notes[metric] = f"mean of {len(defined)} folds; undefined in {len(folds) - len(defined)}: {reasons}"
    intervals = {name: None if values[name] is None else interval(resampled[name]) for name in METRICS}
    return {
        "n": int(outcome.label.size),
        "diseased": int(outcome.label.sum()),
        **values,
        "interval": intervals,
        "undefined": undefined,
        "notes": notes,
    }


def _test_share(splits: Sequence[Split]) -> float:
    return float(np.mean([len(split.test) / len(split.train) for split in splits]))


def _comparisons(
    models: Mapping[str, Any],
    kinds: Mapping[str, str],
    compared: Mapping[tuple[str, str, str, str], Measured],
    share: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Compare every pair of spiking networks, and each with the best classical model and with slice area alone."""
    networks = [name for name in models if kinds[name] == "snn"]
    rows = []
    for protocol in share:
        for unit in UNITS:
            rivals = [name for name in (best_of("classical", models, kinds, protocol, unit), "area") if name in models]
            pairs = [*combinations(networks, 2), *((a, b) for b in rivals for a in networks)]
            for a, b in pairs:
                left, right = (compared[name, protocol, unit, COMPARED] for name in (a, b))
                row = {"protocol": protocol, "unit": unit, "metric": COMPARED, "a": a, "b": b}
                rows.append({**row, **compare(left, right, share[protocol])})
    for name in ("p_bootstrap", "p_folds"):
        for row, adjusted in zip(rows, holm([row[name] for row in rows]), strict=True):
            row[f"{name}_holm"] = adjusted
    return rows


def _patients(results: Mapping[tuple[str, str], Results]) -> list[dict[str, Any]]:
    return [
        {"model": model, "protocol": protocol, "fold": j.fold, "patient": str(name), **_row(j, k)}
        for (model, protocol), own in results.items()
        for j in own.judged["patient"]
        for k, name in enumerate(j.names)
    ]


def _row(judged: Judged, k: int) -> dict[str, Any]:
    outcome = judged.outcome
    return {
        "label": int(outcome.label[k]),
        "score": float(judged.scores[k]),
        "margin": float(outcome.margin[k]),
        "probability": float(outcome.probability[k]),
        "predicted": int(outcome.predicted[k]),
    }


def _predictions(results: Mapping[tuple[str, str], Results]) -> pd.DataFrame:
    tables = [
        pd.DataFrame(
            {
                "model": model,
                "protocol": protocol,
                "fold": j.fold,
                "sample": j.names,
                "patient": j.patients,
                "label": j.outcome.label,
                "score": j.scores,
                "margin": j.outcome.margin,
                "probability": j.outcome.probability,
                "predicted": j.outcome.predicted,
            }
        )
        for (model, protocol), own in results.items()
        for j in own.judged["slice"]
    ]
    return pd.concat(tables, ignore_index=True)
