"""The evaluation of a whole run: every model under every protocol, for slices and for patients.

    ROC-AUC    over pairs (diseased, healthy) within a fold; scores of different folds come from different models
    PR-AUC     the mean over test folds
    others     over all test slices, or all patients of all folds, each called by its own fold's threshold
    patient    is diseased if any of its slices is; a patient that is tested in several folds counts in each

Where a fold has several networks their margins are averaged. Thresholds, calibration, the share of slices that makes a
patient's score and the models that the answer is about come from validation parts; the test part decides nothing. The
layout of what is returned is in the docstring of `snndeep.evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from snndeep.evaluation.arms import decompose
from snndeep.evaluation.bootstrap import interval, patient_draws, pool, resampled_metrics, stratified_auc
from snndeep.evaluation.claims import claims
from snndeep.evaluation.comparison import Measured
from snndeep.evaluation.cost import costs
from snndeep.evaluation.headline import VALIDATION, headline
from snndeep.evaluation.judging import Judged, JudgedNetwork, judge, patients_of, slices_of
from snndeep.evaluation.leakage import check_fitted_on, check_scores, check_split, fitted_digests
from snndeep.evaluation.metrics import METRICS, Outcome, measure
from snndeep.evaluation.net_benefit import decision_curve
from snndeep.evaluation.null import noise_auc
from snndeep.evaluation.pairs import COMPARED, UNITS, compare_models, identical_networks
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.learning.ranking import roc_auc
from snndeep.samples.split import APART, Split
from snndeep.seeds import generator

PARTS = ("train", "validation", "test")
Nulls = dict[tuple[str, tuple[tuple[float, ...], ...]], dict[str, Any] | None]
"""What noise reaches, by protocol and the shares of slices that the networks of each fold take."""


@dataclass(frozen=True)
class Jobs:
    """What is known of the models beside their scores.

    Attributes:
        records: By spiking network and split, what training kept.
        tuned: By spiking network and split, what the search found.
        source: Where the scans come from: phantom, directory or msd.
        dense_macs: By split, the multiply-accumulates of one pass through the run's own dense network.
    """

    records: Mapping[str, Mapping[str, Any]]
    tuned: Mapping[str, Mapping[str, Any]]
    source: str
    dense_macs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyCohort:
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
    def of(cls, table: pd.DataFrame, settings: EvaluationSettings) -> StudyCohort:
        """Read the cohort from a table of samples."""
        patients = np.unique(table["patient"].to_numpy(str))
        diseased = np.unique(table.loc[table["label"] == 1, "patient"].to_numpy(str))
        status = np.isin(patients, diseased).astype(int)
        draws = patient_draws(status, settings.bootstrap, generator(settings.seed, "bootstrap"))
        return cls(table.set_index("sample")[["label", "patient"]], patients, diseased, draws)

    def members(self, patients: np.ndarray) -> np.ndarray:
        """Return the number of each patient."""
        return np.searchsorted(self.patients, patients)

    def known_diseased(self, split: Split) -> np.ndarray:
        """Return the names of the patients that are diseased by the labels of the training and validation parts."""
        rows = self.samples.loc[[*split.train, *split.validation]]
        return np.unique(rows.loc[rows["label"] == 1, "patient"].to_numpy(str))


@dataclass(frozen=True)
class Results:
    """One model under one protocol.

    Attributes:
        summary: By unit, JSON values; and the ROC-AUC of validation slices.
        folds: One entry per fold, JSON values.
        compared: By unit, what comparisons need of the metric `COMPARED` and of accuracy.
        judged: By unit, one entry per fold.
    """

    summary: dict[str, Any]
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
        scores: By model, then `<split>/<part>.samples` and `.scores`, and `<split>/fitted_on`.
        kinds: By model: snn, classical or context.
        settings: How.
        jobs: What the jobs of the models recorded.

    Raises:
        LeakageError: If a part of a split holds what it must not, scores are not of the split's parts, or a model was
            fitted on anything but the training and validation parts.
    """
    cohort = StudyCohort.of(table, settings)
    check(cohort, splits, scores)
    protocols = list(dict.fromkeys(split.protocol for split in splits if split.protocol != APART))
    results: dict[tuple[str, str], Results] = {}
    nulls: Nulls = {}
    for name, own in scores.items():
        for protocol in protocols:
            mine = [split for split in splits if split.protocol == protocol]
            results[name, protocol] = _evaluate_model(own, mine, cohort, settings, nulls)
    models = {
        name: {p: {**results[name, p].summary, "folds": results[name, p].folds} for p in protocols} for name in scores
    }
    share = {p: _test_share([s for s in splits if s.protocol == p]) for p in protocols}
    compared = {(name, p, *key): m for (name, p), r in results.items() for key, m in r.compared.items()}
    identical = {p: identical_networks([n for n in scores if kinds[n] == "snn"], compared, p) for p in protocols}
    comparisons = compare_models(kinds, compared, identical, share)
    answer = headline(models, kinds, identical, comparisons)
    names = {p: [split.name for split in splits if split.protocol == p] for p in protocols}
    cost = costs(jobs.records, jobs.tuned, names, jobs.dense_macs)
    metrics = {
        "protocols": protocols,
        "metrics": list(METRICS),
        "kinds": dict(kinds),
        "models": models,
        "identical": identical,
        "patients": _patients(results),
        "comparisons": comparisons,
        "headline": answer,
        "leakage": decompose(
            cohort.samples,
            splits,
            scores,
            cohort.members(cohort.samples["patient"].to_numpy(str)),
            cohort.draws,
        ),
        "decision_curves": {
            p: decision_curve({m: _patient_outcome(results[m, p]) for m in _shown(answer[p], scores)})
            for p in protocols
        },
        "claims": claims(models, kinds, compared, identical, cost, jobs.source),
        "cost": cost,
        "settings": settings.to_mapping(),
    }
    return metrics, _predictions(results)


def check(cohort: StudyCohort, splits: Sequence[Split], scores: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Make the guard's checks of all splits and of every model that was trained on them.

    Raises:
        LeakageError: See `evaluate`.
    """
    ids = cohort.samples.index.astype(str)
    label_of = dict(zip(ids, cohort.samples["label"].tolist(), strict=True))
    patient_of = dict(zip(ids, cohort.samples["patient"].tolist(), strict=True))
    for split in splits:
        check_split(split, patient_of)
        expected = fitted_digests(split, label_of, patient_of)
        for name, own in scores.items():
            # The third arm is run for some models alone.
            if split.protocol != APART or f"{split.name}/test.samples" in own:
                check_scores(split, own)
                check_fitted_on(name, split.name, own, expected)


def _shown(answer: Mapping[str, Any], scores: Mapping[str, Any]) -> list[str]:
    """Return the models whose decision curves are shown: the chosen ones, and geometry."""
    return [name for name in (answer["network"], answer["classical"], "geometry") if name in scores]


def _patient_outcome(results: Results) -> Outcome:
    return pool([judged.outcome for judged in results.judged["patient"]])


def _evaluate_model(
    scores: Mapping[str, np.ndarray],
    splits: Sequence[Split],
    cohort: StudyCohort,
    settings: EvaluationSettings,
    nulls: Nulls,
) -> Results:
    judged: dict[str, list[Judged]] = {unit: [] for unit in UNITS}
    folds = []
    for fold, members in groupby(splits, key=lambda split: split.fold):
        networks: dict[str, list[JudgedNetwork]] = {unit: [] for unit in UNITS}
        sizes = []
        for split in members:
            validation, test = (_part(scores, split.name, part, cohort) for part in ("validation", "test"))
            networks["slice"].append(slices_of(validation, test))
            known = cohort.known_diseased(split)
            networks["patient"].append(patients_of(validation, test, known, cohort.diseased, settings.top_share))
            sizes.append([len(getattr(split, part)) for part in PARTS])
        for unit in UNITS:
            judged[unit].append(judge(fold, networks[unit]))
        mean = np.rint(np.mean(sizes, axis=0)).astype(int).tolist()
        folds.append({"fold": fold, "networks": len(sizes), **dict(zip(PARTS, mean, strict=True))})
    summary: dict[str, Any] = {}
    compared = {}
    for unit in UNITS:
        each = [_fold(one, unit, settings.calibration_bins) for one in judged[unit]]
        for entry, values in zip(folds, each, strict=True):
            entry[unit] = values
        rows = [(j.outcome, cohort.members(j.patients)) for j in judged[unit]]
        resampled = resampled_metrics(rows, cohort.draws, settings.calibration_bins)
        summary[unit] = _summary(rows, each, resampled, unit, settings.calibration_bins)
        for metric in (COMPARED, "accuracy"):
            by_fold = np.array([np.nan if fold[metric] is None else fold[metric] for fold in each])
            compared[unit, metric] = Measured(summary[unit][metric], resampled[metric], by_fold)
    summary["patient"]["patients"] = len({name for one in judged["patient"] for name in one.names})
    summary["patient"]["null"] = _null(judged, cohort, settings.seed, splits[0].protocol, nulls)
    seen = [fold["slice"]["validation"]["roc_auc"] for fold in folds]
    known_folds = [value for value in seen if value is not None]
    summary[VALIDATION] = float(np.mean(known_folds)) if known_folds else None
    return Results(summary, folds, compared, judged)


def _null(
    judged: Mapping[str, Sequence[Judged]], cohort: StudyCohort, seed: int, protocol: str, known: Nulls
) -> dict[str, Any] | None:
    """Return what noise reaches with a model's shares; models with the same shares have the same null."""
    shares = tuple(tuple(decision.share for decision in one.decisions) for one in judged["patient"])
    if (protocol, shares) not in known:
        folds = [(one.patients, own) for one, own in zip(judged["slice"], shares, strict=True)]
        known[protocol, shares] = noise_auc(folds, cohort.diseased, generator(seed, "noise", protocol))
    return known[protocol, shares]


def _part(scores: Mapping[str, np.ndarray], split: str, part: str, cohort: StudyCohort) -> pd.DataFrame:
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
        "decisions": [vars(decision) for decision in judged.decisions],
        "calibration": vars(judged.calibration),
    }


def _summary(
    rows: Sequence[tuple[Outcome, np.ndarray]],
    folds: Sequence[Mapping[str, Any]],
    resampled: Mapping[str, np.ndarray],
    unit: str,
    bins: int,
) -> dict[str, Any]:
    """Return the metrics of all samples together; ROC-AUC is over pairs within a fold, PR-AUC the mean of folds."""
    outcome = pool([outcome for outcome, _ in rows])
    values, undefined = measure(outcome, unit, bins)
    notes = {}
    precision = [fold["pr_auc"] for fold in folds if fold["pr_auc"] is not None]
    ranked = {
        "roc_auc": (stratified_auc([(o.label, o.margin, m) for o, m in rows]), "pairs within"),
        "pr_auc": (float(np.mean(precision)) if precision else None, "mean of"),
    }
    for metric, (value, kind) in ranked.items():
        values[metric] = value
        defined = sum(fold[metric] is not None for fold in folds)
        reasons = "; ".join(sorted({fold["undefined"][metric] for fold in folds if fold[metric] is None}))
        if not defined:
            undefined[metric] = f"undefined in every fold: {reasons}"
        elif reasons:
            notes[metric] = f"{kind} {defined} folds; undefined in {len(folds) - defined}: {reasons}"
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


def _patients(results: Mapping[tuple[str, str], Results]) -> list[dict[str, Any]]:
    return [
        {"model": model, "protocol": protocol, "fold": j.fold, "patient": str(name), **_judgement(j, k)}
        for (model, protocol), own in results.items()
        for j in own.judged["patient"]
        for k, name in enumerate(j.names)
    ]


def _judgement(judged: Judged, k: int) -> dict[str, Any]:
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
