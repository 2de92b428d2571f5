"""Decision curves: what acting on a model's probabilities is worth, by the risk from which one would act.

    net benefit at risk r = TP / n - FP / n  r / (1 - r)

A model is worth using at a risk only where it lies above both acting on everybody and acting on nobody (0).

Source: Vickers and Elkin 2006, Medical Decision Making 26, 565-574.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from snndeep.evaluation.metrics import Outcome

RISKS = tuple(round(0.05 * k, 2) for k in range(1, 20))


def net_benefit(labels: np.ndarray, probability: np.ndarray, risk: float) -> float:
    """Return the net benefit of acting on those whose probability is at least `risk`, `[N]` each."""
    acted = probability >= risk
    true, false = np.count_nonzero(acted & (labels == 1)), np.count_nonzero(acted & (labels == 0))
    return float((true - false * risk / (1 - risk)) / labels.size)


def decision_curve(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Return net benefits by model and of acting on everybody, at the risks `RISKS`.

    Args:
        outcomes: Of patients, by model.
    """
    if not outcomes:
        return {"risks": [], "models": {}, "everybody": []}
    labels = next(iter(outcomes.values())).label
    return {
        "risks": list(RISKS),
        "models": {name: [net_benefit(o.label, o.probability, r) for r in RISKS] for name, o in outcomes.items()},
        "everybody": [net_benefit(labels, np.ones(labels.size), risk) for risk in RISKS],
    }
