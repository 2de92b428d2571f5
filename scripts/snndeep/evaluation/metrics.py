"""The metrics of one set of samples, by scikit-learn, each with a reason where it is undefined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    matthews_corrcoef,
    recall_score,
    roc_auc_score,
)

from snndeep.evaluation.calibration import expected_calibration_error

METRICS = (
    "accuracy", "balanced_accuracy", "roc_auc", "pr_auc", "f1", "mcc", "sensitivity", "specificity", "brier", "ece",
)  # fmt: skip
RANKED = ("roc_auc", "pr_auc")


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
        reasons |= dict.fromkeys(("roc_auc", "pr_auc", "balanced_accuracy", "mcc"), reason)
        reasons["sensitivity" if healthy else "specificity"] = reason
    called = set(outcome.predicted.tolist())
    if "mcc" not in reasons and len(called) == 1:
        reasons["mcc"] = f"every {unit} was called {'diseased' if called == {1} else 'healthy'}"
    if not diseased and called == {0}:
        reasons["f1"] = f"no {unit} is diseased and none was called so"
    return reasons


def measure(outcome: Outcome, unit: str, bins: int) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return every metric, None where undefined, and the reasons for those.

    Args:
        outcome: The samples.
        unit: What a sample is called, slice or patient.
        bins: Number of bins of the expected calibration error.
    """
    y, p, s, q = outcome.label, outcome.predicted, outcome.margin, outcome.probability
    formulas: dict[str, Callable[[], float]] = {
        "accuracy": lambda: accuracy_score(y, p),
        "balanced_accuracy": lambda: balanced_accuracy_score(y, p),
        "roc_auc": lambda: roc_auc_score(y, s),
        "pr_auc": lambda: average_precision_score(y, s),
        "f1": lambda: f1_score(y, p),
        "mcc": lambda: matthews_corrcoef(y, p),
        "sensitivity": lambda: recall_score(y, p),
        "specificity": lambda: recall_score(y, p, pos_label=0),
        "brier": lambda: brier_score_loss(y, q, pos_label=1),
        "ece": lambda: expected_calibration_error(y, q, bins),
    }
    reasons = undefined_metrics(outcome, unit)
    return {name: None if name in reasons else float(formulas[name]()) for name in METRICS}, reasons
