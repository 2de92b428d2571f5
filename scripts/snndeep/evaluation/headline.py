"""Which models the answer is about: chosen on validation data, never on what is tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VALIDATION = "validation_roc_auc"


def chosen(kind: str, models: Mapping[str, Any], kinds: Mapping[str, str], protocol: str) -> str | None:
    """Return the model of a kind with the greatest ROC-AUC of validation slices, mean over folds, the first of equals.

    Args:
        kind: snn or classical.
        models: Summaries by model and protocol.
        kinds: By model.
        protocol: Whose validation parts.

    Returns:
        Its name; None where the metric is undefined for all models of the kind.
    """
    values = {
        name: own[protocol][VALIDATION]
        for name, own in models.items()
        if kinds[name] == kind and own[protocol][VALIDATION] is not None
    }
    return max(values, key=lambda name: values[name], default=None)


def chosen_of_each_rule(models: Mapping[str, Any], same: Mapping[str, str], protocol: str) -> list[str]:
    """Return one network for each learning rule, the one with the greatest ROC-AUC of validation slices, best rule first.

    Of identical networks the first stands for all. A rule whose validation ROC-AUC is undefined comes last, with its first
    network.

    Args:
        models: Summaries by model and protocol.
        same: The first of the networks that each network equals.
        protocol: Whose validation parts.
    """
    best: dict[str, tuple[float, str]] = {}
    for name in same:
        value = models[name][protocol][VALIDATION]
        score = -1.0 if value is None else float(value)
        rule = name.partition("/")[2]
        if rule not in best or score > best[rule][0]:
            best[rule] = (score, same[name])
    return [name for _, name in sorted(best.values(), key=lambda pair: -pair[0])]


def headline(
    models: Mapping[str, Any],
    kinds: Mapping[str, str],
    identical: Mapping[str, Mapping[str, str]],
    comparisons: list[dict[str, Any]],
) -> dict[str, dict[str, Any]]:
    """Return, by protocol, the chosen models and how the network compares with every other model, by unit.

    Args:
        models: Summaries by model, protocol and unit.
        kinds: By model: snn, classical or context.
        identical: By protocol, the first of the networks that each network equals.
        comparisons: All verdicts, see `study`.
    """
    answer = {}
    for protocol, same in identical.items():
        network = chosen("snn", models, kinds, protocol)
        network = same[network] if network else None
        own: dict[str, Any] = {
            "network": network,
            "classical": chosen("classical", models, kinds, protocol),
            "networks": len(set(same.values())),
            "of_each_rule": chosen_of_each_rule(models, same, protocol),
        }
        for unit in ("slice", "patient"):
            rows = [row for row in comparisons if (row["protocol"], row["unit"]) == (protocol, unit)]
            own[unit] = {
                "family": len(rows),
                "against": {row["b"]: _said(row) for row in rows if row["a"] == network and kinds[row["b"]] != "snn"},
                "image": next((_said(row) for row in rows if (row["a"], row["b"]) == IMAGE), None),
            }
        answer[protocol] = own
    return answer


IMAGE = ("image_geometry", "geometry")
"""What the image adds to geometry: the same model with both, and with geometry alone."""


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("a", "b", "difference", "interval", "p", "verdict")}
