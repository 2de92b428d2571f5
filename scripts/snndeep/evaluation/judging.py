"""How a model judges the test part of a fold: one network with its own decision, or several whose margins are averaged.

    margin of a sample = mean over networks of (score - threshold) / spread        called diseased from 0 on
    probability        = mean over networks

Threshold, spread and calibration of each network come from its own validation part. Averaging margins and not scores
gives every network the same weight, whatever the scale of its scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from snndeep.errors import LeakageError
from snndeep.evaluation.aggregation import patient_scores
from snndeep.evaluation.bootstrap import pool
from snndeep.evaluation.decision import Decision, fit_decision, fit_patient_decision
from snndeep.evaluation.metrics import Outcome


@dataclass(frozen=True)
class Judged:
    """The test part of one fold as a model judged it, by slice or by patient.

    Attributes:
        fold: Its number.
        names: Sample or patient `[N]`.
        patients: `[N]`.
        scores: `[N]`; the mean over networks.
        outcome: What they mean.
        decisions: What was fitted on the validation part, one for each network.
        validation: The validation parts, judged by decisions that know them; they flatter.
    """

    fold: int
    names: np.ndarray
    patients: np.ndarray
    scores: np.ndarray
    outcome: Outcome
    decisions: tuple[Decision, ...]
    validation: Outcome


def judge_slices(fold: int, validation: pd.DataFrame, test: pd.DataFrame) -> Judged:
    """Judge the slices of a fold by one network.

    Args:
        fold: Its number.
        validation: By sample, with columns patient, label and score.
        test: The same.
    """
    decision = fit_decision(validation["label"].to_numpy(), validation["score"].to_numpy())
    own, outcome = (
        _outcome(part["label"].to_numpy(), part["score"].to_numpy(), decision) for part in (validation, test)
    )
    names, patients = test.index.to_numpy(str), test["patient"].to_numpy(str)
    return Judged(fold, names, patients, test["score"].to_numpy(), outcome, (decision,), own)


def judge_patients(
    fold: int, validation: pd.DataFrame, test: pd.DataFrame, diseased: np.ndarray, candidates: Sequence[int]
) -> Judged:
    """Judge the patients of a fold by one network.

    Args:
        fold: Its number.
        validation: By sample, with columns patient, label and score.
        test: The same.
        diseased: Names of the diseased patients.
        candidates: How many slices may make a patient's score.
    """
    known, tested = ((part["patient"].to_numpy(str), part["score"].to_numpy()) for part in (validation, test))
    decision = fit_patient_decision(*known, diseased, candidates)
    (seen, own), (names, scores) = (patient_scores(*part, decision.top_slices) for part in (known, tested))
    flattering = _outcome(np.isin(seen, diseased).astype(int), own, decision)
    outcome = _outcome(np.isin(names, diseased).astype(int), scores, decision)
    return Judged(fold, names, names, scores, outcome, (decision,), flattering)


def together(members: Sequence[Judged]) -> Judged:
    """Return what the networks of one fold say together.

    Raises:
        LeakageError: If they were not tested on the same samples: what one tests, another has then learned.
    """
    first = members[0]
    if len(members) == 1:
        return first
    if any(not np.array_equal(first.names, other.names) for other in members):
        raise LeakageError(
            "The networks of a fold were tested on different samples.",
            where=f"fold {first.fold}",
            found=f"test parts of {', '.join(str(other.names.size) for other in members)} samples",
            expected="one test part, which none of them has learned from",
        )
    margin = np.mean([one.outcome.margin for one in members], axis=0)
    probability = np.mean([one.outcome.probability for one in members], axis=0)
    return Judged(
        first.fold,
        first.names,
        first.patients,
        np.mean([one.scores for one in members], axis=0),
        Outcome(first.outcome.label, margin, (margin >= 0).astype(int), probability),
        tuple(decision for one in members for decision in one.decisions),
        pool([one.validation for one in members]),
    )


def _outcome(labels: np.ndarray, scores: np.ndarray, decision: Decision) -> Outcome:
    return Outcome(labels, decision.margin(scores), decision.call(scores), decision.probability(scores))
