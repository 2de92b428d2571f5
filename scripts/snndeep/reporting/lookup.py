"""Look-ups in the metrics of a run. Their layout is in the docstring of `snndeep.evaluation`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snndeep.reporting.formats import is_number

Metrics = Mapping[str, Any]

KINDS = ("snn", "classical", "context", "joint")


def protocols_of(metrics: Metrics) -> list[str]:
    """Return the protocols, the split by patient first."""
    shown = dict.fromkeys(protocol for own in metrics["models"].values() for protocol in own)
    return sorted(shown, key=lambda protocol: protocol != "patient")


def first_protocol(metrics: Metrics) -> str:
    """Return the protocol of the headline: by patient if the run has it."""
    return protocols_of(metrics)[0]


def models_of(metrics: Metrics, *kinds: str) -> list[str]:
    """Return the models of some kinds (snn, classical, context, joint), kind by kind."""
    return [name for kind in kinds for name in metrics["models"] if metrics["kinds"][name] == kind]


def chosen(metrics: Metrics, protocol: str, kind: str = "network") -> str | None:
    """Return the network (or the classical model) that was chosen on validation data; None if that is undefined."""
    name: str | None = metrics["headline"][protocol][kind]
    return name


def chosen_of_each_rule(metrics: Metrics, protocol: str) -> list[str]:
    """Return one network for each learning rule, chosen on validation data, the best rule first; identical ones count once."""
    return list(metrics["headline"][protocol]["of_each_rule"])


def distinct_networks(metrics: Metrics, protocol: str) -> list[str]:
    """Return the networks without those that are identical to an earlier one."""
    return list(dict.fromkeys(metrics["identical"][protocol].values()))


def roc_auc(metrics: Metrics, model: str, protocol: str, unit: str = "slice") -> float | None:
    """Return a model's ROC-AUC."""
    value: float | None = metrics["models"][model][protocol][unit]["roc_auc"]
    return value


def against(metrics: Metrics, protocol: str, rival: str, unit: str = "slice") -> Mapping[str, Any] | None:
    """Return the verdict on the chosen network and another model, if they were compared and the difference is defined."""
    compared: Mapping[str, Any] | None = metrics["headline"][protocol][unit]["against"].get(rival)
    return compared if compared and is_number(compared["difference"]) else None


def leakage_arm(metrics: Metrics) -> str | None:
    """Return the network with all three arms that has the best validation score, None if there is none."""
    first = first_protocol(metrics)
    names = [name for name in metrics["leakage"] if metrics["kinds"][name] == "snn"]
    scores = {name: metrics["models"][name][first]["validation_roc_auc"] for name in names}
    known = {name: score for name, score in scores.items() if is_number(score)}
    return max(known, key=lambda name: known[name], default=None)
