"""How a model judges the test part of a fold: one network, or several whose margins are averaged, with one calibration.

    margin of a sample = mean over networks of (score - threshold) / spread        called diseased from 0 on
    probability        = calibration(margin), fitted on the validation margins of all networks of the fold

Threshold and spread of each network come from its own validation part. Averaging margins and not scores gives every
network the same weight, whatever the scale of its scores. A prediction for a new scan is made the same way, so what is
scored here, ensemble and calibration, is what is deployed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from snndeep.errors import LeakageError
from snndeep.evaluation.aggregation import patient_scores
from snndeep.evaluation.calibration import Calibration, fit_calibration
from snndeep.evaluation.decision import Decision, fit_decision, fit_patient_decision
from snndeep.evaluation.metrics import Outcome


@dataclass(frozen=True)
class JudgedPart:
    """Samples of a validation or test part as one network sees them, by slice or by patient.

    Attributes:
        names: Sample or patient `[N]`.
        patients: `[N]`.
        labels: `[N]`.
        scores: `[N]`.
    """

    names: np.ndarray
    patients: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class JudgedNetwork:
    """What one network says of its validation and test parts, and how its scores are read."""

    decision: Decision
    validation: JudgedPart
    test: JudgedPart


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
        calibration: Fitted on the validation margins of all networks.
        validation: The validation parts, judged by decisions that know them; they flatter.
    """

    fold: int
    names: np.ndarray
    patients: np.ndarray
    scores: np.ndarray
    outcome: Outcome
    decisions: tuple[Decision, ...]
    calibration: Calibration
    validation: Outcome


def slices_of(validation: pd.DataFrame, test: pd.DataFrame) -> JudgedNetwork:
    """Return what one network says of slices.

    Args:
        validation: By sample, with columns patient, label and score.
        test: The same.
    """
    parts = [
        JudgedPart(rows.index.to_numpy(str), *(rows[name].to_numpy() for name in ("patient", "label", "score")))
        for rows in (validation, test)
    ]
    return JudgedNetwork(fit_decision(parts[0].labels, parts[0].scores), *parts)


def patients_of(
    validation: pd.DataFrame,
    test: pd.DataFrame,
    known: np.ndarray,
    diseased: np.ndarray,
    candidates: Sequence[float],
) -> JudgedNetwork:
    """Return what one network says of patients.

    Args:
        validation: By sample, with columns patient, label and score.
        test: The same.
        known: Names of the patients that are diseased by the labels of the training and validation parts.
        diseased: Names of all diseased patients.
        candidates: Shares of slices that may make a patient's score.
    """
    owners, scores = validation["patient"].to_numpy(str), validation["score"].to_numpy()
    decision = fit_patient_decision(owners, scores, known, candidates)
    parts = []
    for rows, positive in ((validation, known), (test, diseased)):
        names, values = patient_scores(rows["patient"].to_numpy(str), rows["score"].to_numpy(), decision.share)
        parts.append(JudgedPart(names, names, np.isin(names, positive).astype(int), values))
    return JudgedNetwork(decision, *parts)


def judge(fold: int, networks: Sequence[JudgedNetwork]) -> Judged:
    """Return what the networks of one fold say together.

    Raises:
        LeakageError: If they were not tested on the same samples: what one tests, another has then learned.
    """
    first = networks[0].test
    if any(not np.array_equal(first.names, other.test.names) for other in networks):
        raise LeakageError(
            "The networks of a fold were tested on different samples.",
            where=f"fold {fold}",
            found=f"test parts of {', '.join(str(other.test.names.size) for other in networks)} samples",
            expected="one test part, which none of them has learned from",
        )
    labels = np.concatenate([one.validation.labels for one in networks])
    seen = np.concatenate([one.decision.margin(one.validation.scores) for one in networks])
    calibration = fit_calibration(labels, seen)
    margins = np.mean([one.decision.margin(one.test.scores) for one in networks], axis=0)
    return Judged(
        fold,
        first.names,
        first.patients,
        np.mean([one.test.scores for one in networks], axis=0),
        _outcome(first.labels, margins, calibration),
        tuple(one.decision for one in networks),
        calibration,
        _outcome(labels, seen, calibration),
    )


def _outcome(labels: np.ndarray, margins: np.ndarray, calibration: Calibration) -> Outcome:
    return Outcome(labels, margins, (margins >= 0).astype(int), calibration.probability(margins))
