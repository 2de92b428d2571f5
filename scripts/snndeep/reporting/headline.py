"""The answer of a run in five sentences, made from its numbers.

Words follow verdicts, and verdicts are made in one place, `snndeep.evaluation.comparison`: no sentence says that something
is ahead, better, worse, learned or leaked unless the verdict on that very difference says so. Where a verdict is undecided the
sentence says so, and where a number is undefined it says that. The layout of the metrics is in the docstring of
`snndeep.evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from snndeep.backends.registry import OWN_BACKEND
from snndeep.reporting.formats import decimal, interval, is_number, percent, quantity, signed, signed_interval
from snndeep.reporting.names import title_of

Metrics = Mapping[str, Any]

KINDS = ("snn", "classical", "context", "joint")
FINEST = 0.0005
"""Differences below this are written as `less than 0.001`."""

VERDICTS = {
    "better": "more than chance explains",
    "worse": "below zero by more than chance explains",
    "undecided": "not told apart from zero by this data",
    "equal": "the results are identical",
}


def headline(metrics: Metrics) -> list[str]:
    """Return five sentences: the chosen network, leakage, other models, what sees no liver, and the implementations.

    Args:
        metrics: See `snndeep.evaluation`.
    """
    first = first_protocol(metrics)
    return [
        _chosen(metrics, first),
        _leakage(metrics),
        _classical(metrics, first),
        _context(metrics, first),
        _implementations(metrics, first),
    ]


def protocols_of(metrics: Metrics) -> list[str]:
    """Return the protocols, the honest one first."""
    shown = dict.fromkeys(protocol for own in metrics["models"].values() for protocol in own)
    return sorted(shown, key=lambda protocol: protocol != "patient")


def first_protocol(metrics: Metrics) -> str:
    """Return the protocol of the headline: by patient where there is that."""
    return protocols_of(metrics)[0]


def models_of(metrics: Metrics, *kinds: str) -> list[str]:
    """Return the models of some kinds (snn, classical, context, joint), kind by kind."""
    return [name for kind in kinds for name in metrics["models"] if metrics["kinds"][name] == kind]


def chosen(metrics: Metrics, protocol: str, kind: str = "network") -> str | None:
    """Return the network (or the classical model) that was chosen on validation data; None where that is undefined."""
    name: str | None = metrics["headline"][protocol][kind]
    return name


def roc_auc(metrics: Metrics, model: str, protocol: str, unit: str = "slice") -> float | None:
    """Return a model's ROC-AUC."""
    value: float | None = metrics["models"][model][protocol][unit]["roc_auc"]
    return value


def against(metrics: Metrics, protocol: str, rival: str, unit: str = "slice") -> Mapping[str, Any] | None:
    """Return the verdict on the chosen network and another model, if they were compared and the difference is defined."""
    compared: Mapping[str, Any] | None = metrics["headline"][protocol][unit]["against"].get(rival)
    return compared if compared and is_number(compared["difference"]) else None


def difference_text(verdict: Mapping[str, Any]) -> str:
    """Return a difference with its interval and what is said of it."""
    bounds = verdict["interval"]
    value = verdict["difference"]
    if not bounds:
        return f"{signed(value)} (no interval), {VERDICTS[verdict['verdict']]}"
    digits = 3
    # As many digits as it takes to see on which side of zero the interval lies.
    while digits < 6 and any(bound != 0 and round(bound, digits) == 0 for bound in bounds):
        digits += 1
    span = signed_interval(bounds[0], bounds[1], digits)
    return f"{signed(value, digits)} (95 % interval {span}), {VERDICTS[verdict['verdict']]}"


def _where(protocol: str) -> str:
    return "For patients that no model has seen (split by patient)" if protocol == "patient" else "Split by slice"


def _chosen(metrics: Metrics, protocol: str) -> str:
    name = chosen(metrics, protocol)
    if name is None:
        return f"{_where(protocol)}, no network can be chosen: a validation part holds one class only."
    own = metrics["models"][name][protocol]
    count = metrics["headline"][protocol]["networks"]
    among = f"of {count} distinct networks" if count > 1 else "the only distinct network"
    null = own["patient"].get("null")
    noise = ""
    if null:
        noise = (
            f" (noise in place of its slice scores reaches {decimal(null['roc_auc'])}, {interval(*null['interval'])})"
        )
    return (
        f"{_where(protocol)}, the network chosen on validation data, {among}, is {title_of(name)}: its ROC-AUC is "
        f"{_with_interval(own['slice'])} for slices, {_chance(metrics, protocol, 'slice')}, with an accuracy of "
        f"{percent(own['slice']['accuracy'])}, and {_with_interval(own['patient'])} for patients, "
        f"{_chance(metrics, protocol, 'patient')}{noise}."
    )


def _with_interval(values: Mapping[str, Any]) -> str:
    bounds = values["interval"]["roc_auc"]
    return decimal(values["roc_auc"]) + (f" (95 % interval {interval(*bounds)})" if bounds else "")


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
    name = shown_arm(metrics)
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
        f"On the same test slices {title_of(name)} has a ROC-AUC of {by_slice} split by slice and {by_patient} split by "
        f"patient. The gap is {difference_text(own['gap'])}. Leakage, other slices of the tested patients in the training "
        f"part, is worth {difference_text(own['leak'])}{share}; more patients to learn from are worth "
        f"{difference_text(own['more_patients'])}."
    )


def shown_arm(metrics: Metrics) -> str | None:
    """Return the network with all three arms that has the best validation score, None if there is none."""
    first = first_protocol(metrics)
    names = [name for name in metrics["leakage"] if metrics["kinds"][name] == "snn"]
    scores = {name: metrics["models"][name][first]["validation_roc_auc"] for name in names}
    known = {name: score for name, score in scores.items() if is_number(score)}
    return max(known, key=lambda name: known[name], default=None)


def _classical(metrics: Metrics, protocol: str) -> str:
    rivals = models_of(metrics, "classical")
    compared = {name: verdict for name in rivals if (verdict := against(metrics, protocol, name))}
    if not compared:
        return f"Split by {protocol}, no classical model on the same features can be compared with the network."
    groups = [
        (words, [title_of(name) for name, one in compared.items() if one["verdict"] in said])
        for words, said in (
            ("is better than", ("better",)),
            ("is worse than", ("worse",)),
            ("is not told apart from", ("undecided",)),
            ("equals", ("equal",)),
        )
    ]
    said = "; it ".join(f"{words} {listed(names)}" for words, names in groups if names)
    strongest = chosen(metrics, protocol, "classical")
    detail = ""
    if strongest in compared:
        detail = (
            f" The classical model chosen on validation data, {title_of(strongest)}, has a ROC-AUC of "
            f"{decimal(roc_auc(metrics, strongest, protocol))}; the network minus it is {difference_text(compared[strongest])}."
        )
    return f"Compared with {len(compared)} classical models on the same features, that network {said} (slices).{detail}"


def _context(metrics: Metrics, protocol: str) -> str:
    rivals = models_of(metrics, "context")
    shown = [
        f"{title_of(name).lower()} {decimal(roc_auc(metrics, name, protocol))}" for name in rivals if name != "constant"
    ]
    facts = f"Models that see nothing of the inside of the liver reach, for slices: {listed(shown)}" if shown else ""
    facts = facts or "No model without the inside of the liver was fitted"
    compared = {name: against(metrics, protocol, name) for name in rivals}
    if not rivals or any(one is None for one in compared.values()):
        return f"{facts}; whether the network beats them all is undefined."
    open_ones = [
        f"{title_of(name).lower()} by {difference_text(one)}"
        for name, one in compared.items()
        if one and one["verdict"] != "better"
    ]
    image = metrics["headline"][protocol]["slice"]["image"]
    if open_ones:
        return (
            f"{facts}. The network differs from {'; from '.join(open_ones)}. So it is not shown that it has learned anything "
            "about the inside of the liver."
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


def listed(names: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _implementations(metrics: Metrics, protocol: str) -> str:
    by_rule: dict[str, dict[str, float]] = {}
    for name in models_of(metrics, "snn"):
        backend, rule = name.split("/")
        value = roc_auc(metrics, name, protocol)
        if value is not None and is_number(value):
            by_rule.setdefault(rule, {})[backend] = value
    spreads = [max(own.values()) - min(own.values()) for own in by_rule.values() if len(own) > 1]
    times = {name: _seconds(metrics, name, protocol) for name in models_of(metrics, "snn")}
    ratios = []
    for rule in dict.fromkeys(name.split("/")[1] for name in times):
        own = times.get(f"{OWN_BACKEND}/{rule}")
        others = [s for n, s in times.items() if n.endswith(f"/{rule}") and not n.startswith(f"{OWN_BACKEND}/") and s]
        if own and others:
            ratios.append(min(others) / own)
    same = "Implementations of one network cannot be compared here"
    if spreads:
        largest = max(spreads)
        at_most = "less than 0.001" if largest < FINEST else f"at most {decimal(largest)}"
        same = f"Implementations of one network differ by {at_most} in ROC-AUC"
    if not ratios:
        return f"{same}; times of training cannot be compared."
    low, high = quantity(min(ratios)), quantity(max(ratios))
    span = low if low == high else f"{low} to {high}"
    return f"{same}; an epoch of training takes the faster framework {span} times as long as the custom engine."


def _seconds(metrics: Metrics, model: str, protocol: str) -> float | None:
    seconds: float | None = metrics["cost"].get(model, {}).get(protocol, {}).get("seconds_per_epoch")
    return seconds
