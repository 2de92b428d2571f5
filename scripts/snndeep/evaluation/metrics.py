"""The metrics of one set of samples, by scikit-learn where it has them, each with a reason where it is undefined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    matthews_corrcoef,
    precision_recall_fscore_support,
    roc_auc_score,
)

from snndeep.evaluation.calibration import calibration_intercept, calibration_slope, expected_calibration_error

CALIBRATIONS = {"calibration_slope": calibration_slope, "calibration_intercept": calibration_intercept}
METRICS = (
    "accuracy", "balanced_accuracy", "roc_auc", "pr_auc", "f1", "mcc", "sensitivity", "specificity", "brier", "ece",
    *CALIBRATIONS,
)  # fmt: skip
RANKINGS = {"roc_auc": roc_auc_score, "pr_auc": average_precision_score}


@dataclass(frozen=True)
class Outcome:
    """What a model said of a set of samples.

    Attributes:
        label: `[N]`, 0 healthy and 1 diseased.
        margin: `[N]`, higher means more diseased.
        predicted: `[N]`, 0 or 1.
        probability: `[N]`, of disease.
    """

    label: np.ndarray
    margin: np.ndarray
    predicted: np.ndarray
    probability: np.ndarray


def undefined_metrics(outcome: Outcome, unit: str) -> dict[str, str]:
    """Return why metrics cannot be computed, by name.

    Args:
        outcome: The samples.
        unit: What a sample is called, slice or patient.
    """
    reasons: dict[str, str] = {}
    if outcome.label.size == 0:
        return dict.fromkeys(METRICS, f"there is no {unit}")
    diseased, healthy = outcome.label.any(), not outcome.label.all()
    if not (diseased and healthy):
        missing = "diseased" if healthy else "healthy"
        reason = f"one class only: no {missing} {unit}"
        reasons |= dict.fromkeys(("roc_auc", "pr_auc", "balanced_accuracy", "mcc", *CALIBRATIONS), reason)
        reasons["sensitivity" if healthy else "specificity"] = reason
    called = set(outcome.predicted.tolist())
    if "mcc" not in reasons and len(called) == 1:
        reasons["mcc"] = f"every {unit} was called {'diseased' if called == {1} else 'healthy'}"
    if not diseased and called == {0}:
        reasons["f1"] = f"no {unit} is diseased and none was called so"
    if "calibration_slope" not in reasons and calibration_slope(outcome.label, outcome.probability).value is None:
        equal = np.ptp(outcome.probability) == 0
        reasons["calibration_slope"] = (
            f"every {unit} has the same probability" if equal else "the probabilities separate the classes"
        )
    return reasons


def measure(outcome: Outcome, unit: str, bins: int) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return every metric, None where undefined, and the reasons for those.

    Args:
        outcome: The samples.
        unit: What a sample is called, slice or patient.
        bins: Number of bins of the calibration error.
    """
    reasons = undefined_metrics(outcome, unit)
    values: dict[str, float] = {}
    if outcome.label.size:
        values = _called(outcome) | {
            "brier": brier_score_loss(outcome.label, outcome.probability, pos_label=1),
            "ece": expected_calibration_error(outcome.label, outcome.probability, bins),
        }
    if "mcc" not in reasons:
        values["mcc"] = matthews_corrcoef(outcome.label, outcome.predicted)
    values |= {name: RANKINGS[name](outcome.label, outcome.margin) for name in RANKINGS if name not in reasons}
    for name, fitted in CALIBRATIONS.items():
        value = None if name in reasons else fitted(outcome.label, outcome.probability).value
        values |= {} if value is None else {name: value}
    return {name: None if name in reasons else float(values[name]) for name in METRICS}, reasons


def _called(outcome: Outcome) -> dict[str, float]:
    """Return what follows from the calls alone; sensitivity and specificity are the recall of either class."""
    _, recall, f1, _ = precision_recall_fscore_support(
        outcome.label, outcome.predicted, labels=[0, 1], zero_division=0.0
    )
    return {
        "accuracy": accuracy_score(outcome.label, outcome.predicted),
        "balanced_accuracy": recall.mean(),
        "f1": f1[1],
        "sensitivity": recall[1],
        "specificity": recall[0],
    }
