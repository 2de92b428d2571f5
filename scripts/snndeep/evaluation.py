"""Evaluation of models from their scores, under every protocol, for slices and for patients.

    slice     ROC-AUC and PR-AUC are the mean over test folds; the others are taken over all test slices
    patient   a patient's score is the mean of its k highest slice scores in a fold's test part; all patients are pooled
              after each fold's scores were shifted by its threshold and divided by their spread on the validation part

Decision thresholds are those that maximise balanced accuracy on the validation part; the test part decides nothing.
Intervals (95 %) come from a bootstrap that draws patients, not slices, within each class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score, matthews_corrcoef, roc_auc_score

from snndeep.protocols import Split
from snndeep.resampling import interval, patient_draws, weighted_auc, weighted_rates
from snndeep.seeds import generator
from snndeep.thresholds import margins


@dataclass(frozen=True)
class EvaluationSettings:
    """How models are evaluated.

    Attributes:
        top_slices: A patient's score is the mean of this many highest slice scores.
        bootstrap: Number of resamples.
        seed: Of the configuration.
    """

    top_slices: int
    bootstrap: int
    seed: int


@dataclass(frozen=True)
class Judged:
    """Test scores of one fold, with the threshold that its validation part chose.

    `margin` is (score - threshold) / spread, comparable between folds.
    """

    fold: int
    patient: np.ndarray
    label: np.ndarray
    margin: np.ndarray


def evaluate(
    table: pd.DataFrame,
    splits: Sequence[Split],
    scores: Mapping[str, Mapping[str, np.ndarray]],
    settings: EvaluationSettings,
) -> dict[str, Any]:
    """Return all metrics as JSON values.

    Args:
        table: Samples with label and patient.
        splits: All splits.
        scores: By model, then `<split>/<part>.samples` and `.scores`.
        settings: How.
    """
    known = table.set_index("sample")[["label", "patient"]]
    models: dict[str, Any] = {}
    patients: list[dict[str, Any]] = []
    for name, own in scores.items():
        models[name] = {}
        for protocol in dict.fromkeys(split.protocol for split in splits):
            slices, cases = [], []
            for split in (s for s in splits if s.protocol == protocol):
                validation, test = (_part(own, split.name, part, known) for part in ("validation", "test"))
                slices.append(_judge(split.fold, validation, test))
                top = settings.top_slices
                cases.append(_judge(split.fold, *(_by_patient(part, top) for part in (validation, test))))
            models[name][protocol] = {
                "slice": _metrics(slices, settings),
                "patient": _metrics(_one_row_per_patient(cases), settings),
                "folds": [_fold_metrics(judged) for judged in slices],
            }
            patients += [
                {"model": name, "protocol": protocol, "fold": j.fold, "patient": p, "label": int(y), "margin": float(m)}
                for j in cases
                for p, y, m in zip(j.patient, j.label, j.margin, strict=True)
            ]
    return {"models": models, "patients": patients}


def _part(scores: Mapping[str, np.ndarray], split: str, part: str, known: pd.DataFrame) -> pd.DataFrame:
    rows = known.loc[scores[f"{split}/{part}.samples"]]
    return rows.assign(score=scores[f"{split}/{part}.scores"])


def _by_patient(part: pd.DataFrame, top: int) -> pd.DataFrame:
    grouped = part.groupby("patient", sort=True)
    score = grouped["score"].apply(lambda s: s.nlargest(top).mean())
    return pd.DataFrame({"label": grouped["label"].max(), "score": score}).reset_index()


def _judge(fold: int, validation: pd.DataFrame, test: pd.DataFrame) -> Judged:
    scores = [part["score"].to_numpy() for part in (validation, test)]
    margin = margins(validation["label"].to_numpy(), *scores)
    return Judged(fold, test["patient"].to_numpy(str), test["label"].to_numpy(), margin)


def _one_row_per_patient(folds: Sequence[Judged]) -> list[Judged]:
    """Pool folds; where slices of a patient were tested in several folds its margin is their mean."""
    rows = pd.concat(
        [pd.DataFrame({"patient": j.patient, "label": j.label, "margin": j.margin}) for j in folds], ignore_index=True
    )
    pooled = rows.groupby("patient", sort=True).agg(label=("label", "max"), margin=("margin", "mean"))
    names = pooled.index.to_numpy(str)
    return [Judged(0, names, pooled["label"].to_numpy(), pooled["margin"].to_numpy())]


def _metrics(folds: Sequence[Judged], settings: EvaluationSettings) -> dict[str, Any]:
    label, margin = (np.concatenate([getattr(j, field) for j in folds]) for field in ("label", "margin"))
    patient = np.concatenate([j.patient for j in folds])
    predicted = (margin >= 0).astype(int)
    names = np.unique(patient)
    status = np.isin(names, patient[label == 1]).astype(int)
    draws = patient_draws(status, settings.bootstrap, generator(settings.seed, "bootstrap"))
    weights = draws[:, np.searchsorted(names, patient)]
    bounds = np.cumsum([0, *(j.label.size for j in folds)])
    aucs = [
        weighted_auc(j.label, j.margin, weights[:, a:b]) for j, a, b in zip(folds, bounds, bounds[1:], strict=False)
    ]
    sensitivity, specificity, accuracy = weighted_rates(label, predicted, weights)
    hits = predicted == label
    curves = [j for j in folds if len(set(j.label)) == 2]
    result: dict[str, Any] = {
        "n": int(label.size),
        "diseased": int(label.sum()),
        "roc_auc": _value(curves, lambda j: roc_auc_score(j.label, j.margin)),
        "pr_auc": _value(curves, lambda j: average_precision_score(j.label, j.margin)),
        "accuracy": float(hits.mean()),
        "sensitivity": float(hits[label == 1].mean()),
        "specificity": float(hits[label == 0].mean()),
        "f1": float(f1_score(label, predicted, zero_division=0)),
        "mcc": float(matthews_corrcoef(label, predicted)),
    }
    result["balanced_accuracy"] = (result["sensitivity"] + result["specificity"]) / 2
    result["interval"] = {
        "roc_auc": interval(np.nanmean(aucs, axis=0)),
        "accuracy": interval(accuracy),
        "balanced_accuracy": interval((sensitivity + specificity) / 2),
    }
    undefined = [j.fold for j in folds if len(set(j.label)) < 2]
    if undefined:
        result["undefined"] = f"ROC-AUC is undefined in folds {undefined}: one class only in the test part"
    return result


def _value(folds: Sequence[Judged], metric: Any) -> float | None:
    return float(np.mean([metric(j) for j in folds])) if folds else None


def _fold_metrics(judged: Judged) -> dict[str, Any]:
    both = len(set(judged.label)) == 2
    return {
        "fold": judged.fold,
        "n": int(judged.label.size),
        "diseased": int(judged.label.sum()),
        "roc_auc": float(roc_auc_score(judged.label, judged.margin)) if both else None,
        "accuracy": float(((judged.margin >= 0) == judged.label).mean()),
    }
