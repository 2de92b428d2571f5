"""The answer of a run: a strip of four numbers and five sentences, made from the metrics.

Words follow verdicts, and verdicts are made in one place, `snndeep.evaluation.comparison`: no sentence says that something
is ahead, better, worse, learned or leaked unless the verdict on that very difference says so. Where a verdict is undecided the
sentence says so, and where a number is undefined it says that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from snndeep.reporting.formats import UNDEFINED, count, decimal, interval, is_number, percent
from snndeep.reporting.lookup import (
    Metrics,
    against,
    chosen,
    first_protocol,
    leakage_arm,
    models_of,
    protocols_of,
    roc_auc,
)
from snndeep.reporting.names import rule_title, title_of
from snndeep.reporting.speed import epoch_ratios, ratio_text
from snndeep.reporting.wording import (
    VERDICTS,
    difference_bounds,
    difference_text,
    difference_value,
    listed,
    with_interval,
)

FINEST = 0.0005
"""Differences below this are written as `less than 0.001`."""


@dataclass(frozen=True)
class Tile:
    """One number of the strip.

    Attributes:
        title: What it is.
        value: The number.
        detail: Interval, sample size and verdict.
    """

    title: str
    value: str
    detail: str


def strip(metrics: Metrics) -> list[Tile]:
    """Return four numbers: the chosen network by patient, leakage, the difference to a classical model, and speed.

    Args:
        metrics: See `snndeep.evaluation`.
    """
    first = first_protocol(metrics)
    return [
        _network_tile(metrics, first),
        _leakage_tile(metrics),
        _classical_tile(metrics, first),
        _speed_tile(metrics),
    ]


def headline(metrics: Metrics) -> list[str]:
    """Return five sentences: the chosen network, leakage, other models, what sees no liver, and the backends.

    Args:
        metrics: See `snndeep.evaluation`.
    """
    first = first_protocol(metrics)
    return [
        _chosen(metrics, first),
        _leakage(metrics),
        _classical(metrics, first),
        _context(metrics, first),
        _backends(metrics, first),
    ]


# The strip


def _network_tile(metrics: Metrics, protocol: str) -> Tile:
    title = "ROC-AUC of new patients" if protocol == "patient" else "ROC-AUC of patients, split by slice"
    name = chosen(metrics, protocol)
    if name is None:
        return Tile(title, UNDEFINED, "a validation part holds one class only")
    own = metrics["models"][name][protocol]["patient"]
    bounds = own["interval"]["roc_auc"]
    span = f"95 % interval {interval(*bounds)}, " if bounds else ""
    return Tile(title, decimal(own["roc_auc"]), f"{span}n = {count(own['patients'])} patients; 0.5 is chance")


def _leakage_tile(metrics: Metrics) -> Tile:
    title = "Leakage between slices"
    if protocols_of(metrics) != ["patient", "slice"]:
        return Tile(title, UNDEFINED, f"only the split by {first_protocol(metrics)} was run")
    name = leakage_arm(metrics)
    if name is None:
        return Tile(title, UNDEFINED, "no network was trained without the tested patients")
    leak = metrics["leakage"][name]["leak"]
    words = f"ROC-AUC that knowing the tested patients adds; {difference_bounds(leak)}, {VERDICTS[leak['verdict']]}"
    return Tile(title, difference_value(leak), words)


def _classical_tile(metrics: Metrics, protocol: str) -> Tile:
    name = chosen(metrics, protocol, "classical")
    compared = against(metrics, protocol, name, "patient") if name else None
    if name is None or compared is None:
        return Tile("Against the best classical model", UNDEFINED, "no classical model can be compared")
    words = f"ROC-AUC of patients, network minus it; {difference_bounds(compared)}, {VERDICTS[compared['verdict']]}"
    return Tile(f"Against {title_of(name).lower()}", difference_value(compared), words)


def _speed_tile(metrics: Metrics) -> Tile:
    ratios = epoch_ratios(metrics, first_protocol(metrics))
    if not ratios:
        return Tile("Speed at equal work", UNDEFINED, "no other backend, or no time, to compare with")
    words = "time of a training epoch: the fastest other backend over the custom engine, same network and interface"
    return Tile("Speed at equal work", f"{ratio_text(ratios)} \N{MULTIPLICATION SIGN}", words)


# The sentences


def _where(protocol: str) -> str:
    return "On patients that no model has seen (split by patient)" if protocol == "patient" else "Split by slice"


def _chosen(metrics: Metrics, protocol: str) -> str:
    name = chosen(metrics, protocol)
    if name is None:
        return f"{_where(protocol)}, no network can be chosen: a validation part holds one class only."
    own = metrics["models"][name][protocol]
    networks = metrics["headline"][protocol]["networks"]
    among = f"of {networks} distinct networks" if networks > 1 else "the only distinct network"
    null = own["patient"].get("null")
    noise = f"; random scores reach {decimal(null['roc_auc'])}, {interval(*null['interval'])}" if null else ""
    return (
        f"{_where(protocol)}, the network chosen on validation data, {among}, is {title_of(name)}: it ranks a diseased "
        f"patient above a healthy one with a probability (ROC-AUC) of {with_interval(own['patient'])}, "
        f"{_chance(metrics, protocol, 'patient')}{noise}; for single slices it is {with_interval(own['slice'])}, "
        f"{_chance(metrics, protocol, 'slice')}."
    )


def _chance(metrics: Metrics, protocol: str, unit: str) -> str:
    verdict = against(metrics, protocol, "constant", unit)
    if verdict is None:
        return "not compared with chance"
    words = {"better": "better than chance", "worse": "worse than chance", "equal": "exactly that of chance"}
    return words.get(verdict["verdict"], "not told apart from chance")


def _leakage(metrics: Metrics) -> str:
    if protocols_of(metrics) != ["patient", "slice"]:
        only = first_protocol(metrics)
        return f"Only the split by {only} was run, so this report cannot say what leakage between slices is worth."
    name = leakage_arm(metrics)
    if name is None:
        return "What leakage between slices is worth is undefined: no network was trained by slice without the tested patients."
    own = metrics["leakage"][name]
    by_slice, by_patient = (decimal(own["arms"][arm]["roc_auc"]) for arm in ("slice", "patient"))
    share = ""
    if (
        own["gap"]["verdict"] == own["leak"]["verdict"] == "better"
        and own["leak"]["difference"] <= own["gap"]["difference"]
    ):
        share = f", {percent(own['leak']['difference'] / own['gap']['difference'])} of the gap"
    return (
        f"A split by slice, which puts slices of one patient into training and test, gives {title_of(name)} a ROC-AUC of "
        f"{by_slice} where the split by patient gives {by_patient}, a gap of {difference_text(own['gap'])}. Leakage, which is "
        f"having seen other slices of the tested patients, is worth {difference_text(own['leak'])}{share}; more patients to "
        f"learn from are worth {difference_text(own['more_patients'])}."
    )


GROUPS = (
    ("is better than", "better"),
    ("is worse than", "worse"),
    ("is not told apart from", "undecided"),
    ("equals", "equal"),
)


def _grouped(compared: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the network is compared with other models, by verdict, as a clause without its subject."""
    groups = [
        (words, [title_of(name) for name, one in compared.items() if one["verdict"] == verdict])
        for words, verdict in GROUPS
    ]
    return "; it ".join(f"{words} {listed(names)}" for words, names in groups if names)


def _classical(metrics: Metrics, protocol: str) -> str:
    rivals = models_of(metrics, "classical")
    compared = {name: verdict for name in rivals if (verdict := against(metrics, protocol, name))}
    if not compared:
        return f"Split by {protocol}, no classical model on the same features can be compared with the network."
    strongest = chosen(metrics, protocol, "classical")
    detail = ""
    if strongest in compared:
        detail = (
            f" The one chosen on validation data, {title_of(strongest)}, reaches "
            f"{decimal(roc_auc(metrics, strongest, protocol))}; the network minus it is {difference_text(compared[strongest])}."
        )
    return (
        f"Compared with {len(compared)} classical models on the same features, the network {_grouped(compared)} "
        f"(slices).{detail}"
    )


def _context(metrics: Metrics, protocol: str) -> str:
    rivals = models_of(metrics, "context")
    known = [value for name in rivals if name != "constant" and (value := roc_auc(metrics, name, protocol)) is not None]
    facts = "Models that see nothing of the inside of the liver are undefined"
    if known:
        facts = f"Models that see nothing of the inside of the liver reach at most {decimal(max(known))} for slices"
    compared = {name: one for name in rivals if (one := against(metrics, protocol, name))}
    if not rivals or len(compared) < len(rivals):
        return f"{facts}; whether the network beats them all is undefined."
    image = metrics["headline"][protocol]["slice"]["image"]
    if any(one["verdict"] != "better" for one in compared.values()):
        return (
            f"{facts}; the network {_grouped(compared)}. So it is not shown that it has learned anything about the inside of "
            "the liver."
        )
    if image is None or image["verdict"] != "better":
        adds = "was not measured" if image is None else f"is {difference_text(image)}"
        return (
            f"{facts}. The network is better than each, but what the image adds to geometry {adds}; so it is not shown that "
            "it has learned anything about the inside of the liver."
        )
    return (
        f"{facts}. The network is better than each, and the image adds {difference_text(image)}, to geometry; so it has "
        "learned something about the inside of the liver."
    )


def _backends(metrics: Metrics, protocol: str) -> str:
    ratios = epoch_ratios(metrics, protocol)
    speed = (
        f"training the same network for an epoch takes the fastest other backend {ratio_text(ratios)} times as long as the "
        "custom engine in this run"
        if ratios
        else "times of training cannot be compared"
    )
    return f"{agreement(metrics, protocol)}; {speed}."


def agreement(metrics: Metrics, protocol: str) -> str:
    """Return how far backends, the implementations of one network, differ in ROC-AUC of slices, as a clause."""
    spreads = {rule: value for rule, value in spread_of_backends(metrics, protocol).items() if value is not None}
    if not spreads:
        return "Backends, which are implementations of one network, cannot be compared here"
    widest = max(spreads, key=lambda rule: spreads[rule])
    if spreads[widest] < FINEST:
        return "Backends, which are implementations of one network, differ by less than 0.001 in ROC-AUC"
    return (
        "Backends, which are implementations of one network, differ by at most "
        f"{decimal(spreads[widest])} in ROC-AUC ({rule_title(widest)})"
    )


def spread_of_backends(metrics: Metrics, protocol: str) -> dict[str, float | None]:
    """Return by learning rule the range of slice ROC-AUC over backends, None with fewer than two defined values."""
    by_rule: dict[str, list[float]] = {}
    for name in models_of(metrics, "snn"):
        value = roc_auc(metrics, name, protocol)
        own = by_rule.setdefault(name.split("/")[1], [])
        if is_number(value):
            own.append(value)
    return {rule: max(own) - min(own) if len(own) > 1 else None for rule, own in by_rule.items()}
