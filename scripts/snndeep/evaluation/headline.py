"""The answer: does a spiking network beat what it has to beat?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snndeep.evaluation.comparison import Measured, compare, verdict

METRIC = "roc_auc"
CONTEXT = ("area", "acquisition", "constant")
CALLED = {
    "classical": "the best classical model",
    "area": "slice area alone",
    "acquisition": "voxel spacing alone",
    "constant": "a constant model",
}


def best_of(kind: str, models: Mapping[str, Any], kinds: Mapping[str, str], protocol: str, unit: str) -> str | None:
    """Return the model of a kind with the greatest ROC-AUC on the test parts, the first of equals; None if there is none.

    Choosing by the test parts flatters the chosen; it flatters the best of each kind alike.
    """
    values = {
        name: own[protocol][unit][METRIC]
        for name, own in models.items()
        if kinds[name] == kind and own[protocol][unit][METRIC] is not None
    }
    return max(values, key=values.get, default=None)


def headline(
    models: Mapping[str, Any],
    kinds: Mapping[str, str],
    compared: Mapping[tuple[str, str, str, str], Measured],
    share: Mapping[str, float],
) -> dict[str, dict[str, Any]]:
    """Return, by protocol and unit, the best spiking network beside what it has to beat.

    Args:
        models: Summaries by model, protocol and unit.
        kinds: By model: snn, classical or context.
        compared: By model, protocol, unit and metric.
        share: By protocol, size of a test part over that of its training part.
    """
    return {
        protocol: {
            unit: _answer(models, kinds, compared, protocol, unit, share[protocol]) for unit in ("slice", "patient")
        }
        for protocol in share
    }


def _answer(
    models: Mapping[str, Any],
    kinds: Mapping[str, str],
    compared: Mapping[tuple[str, str, str, str], Measured],
    protocol: str,
    unit: str,
    test_share: float,
) -> dict[str, Any]:
    best = best_of("snn", models, kinds, protocol, unit)
    classical = best_of("classical", models, kinds, protocol, unit)
    rivals = {"classical": classical} | {name: name for name in CONTEXT if name in models}
    against: dict[str, Any] = {}
    for key, rival in rivals.items():
        if best is not None and rival is not None:
            left, right = (compared[name, protocol, unit, METRIC] for name in (best, rival))
            result = compare(left, right, test_share)
            against[key] = {
                "model": rival,
                "difference": result["difference"],
                "interval": result["interval"],
                "verdict": verdict(result["interval"]),
            }
    answer = {
        "best_snn": _short(models, best, protocol, unit),
        "best_classical": _short(models, classical, protocol, unit),
        **{name: _short(models, name if name in models else None, protocol, unit) for name in CONTEXT},
        "against": against,
    }
    return {**answer, "sentence": _sentence(answer, protocol, unit)}


def _short(models: Mapping[str, Any], name: str | None, protocol: str, unit: str) -> dict[str, Any] | None:
    if name is None:
        return None
    values = models[name][protocol][unit]
    return {
        "model": name,
        METRIC: values[METRIC],
        "interval": values["interval"][METRIC],
        "accuracy": values["accuracy"],
        "pr_auc": values["pr_auc"],
    }


def _sentence(answer: Mapping[str, Any], protocol: str, unit: str) -> str:
    best = answer["best_snn"]
    if best is None:
        return f"Split by {protocol}, the ROC-AUC of {unit}s is undefined for every spiking network."
    parts = [
        f"{CALLED[key]} ({one['model']}) by {one['difference']:+.3f} "
        f"({one['interval'][0]:+.3f} to {one['interval'][1]:+.3f}; {one['verdict']})"
        for key, one in answer["against"].items()
        if one["difference"] is not None and one["interval"] is not None
    ]
    beside = f"; it differs from {', from '.join(parts)}" if parts else ""
    return (
        f"Split by {protocol}, the best spiking network for {unit}s is {best['model']} with a ROC-AUC of "
        f"{best[METRIC]:.3f}{beside}."
    )
