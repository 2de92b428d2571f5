"""The answer of a run in five sentences, made from its numbers.

The layout of the metrics stands in the docstring of `snndeep.evaluation`. What is undefined is said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean
from typing import Any

from snndeep.backends.registry import OWN_BACKEND
from snndeep.reporting.formats import decimal, interval, is_number, percent, quantity, signed
from snndeep.reporting.names import title_of

Metrics = Mapping[str, Any]

_VERDICTS = {
    "better": "better than chance explains",
    "worse": "worse than chance explains",
    "undecided": "not told apart by this data",
}


def headline(metrics: Metrics) -> list[str]:
    """Return five sentences: the best network, leakage, other models, what sees no liver, and the implementations.

    Args:
        metrics: See `snndeep.evaluation`.
    """
    first = first_protocol(metrics)
    return [
        _best(metrics, first),
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
    """Return the models of some kinds (snn, classical, context), kind by kind."""
    return [name for kind in kinds for name in metrics["models"] if metrics["kinds"][name] == kind]


def best_of(metrics: Metrics, kind: str, protocol: str, unit: str = "slice") -> str | None:
    """Return the model of a kind with the greatest ROC-AUC, None where it is undefined for all."""
    defined = [name for name in models_of(metrics, kind) if is_number(roc_auc(metrics, name, protocol, unit))]
    return max(defined, key=lambda name: roc_auc(metrics, name, protocol, unit), default=None)


def roc_auc(metrics: Metrics, model: str, protocol: str, unit: str = "slice") -> float | None:
    """Return a model's ROC-AUC."""
    return metrics["models"][model][protocol][unit]["roc_auc"]


def _best(metrics: Metrics, protocol: str) -> str:
    best = best_of(metrics, "snn", protocol)
    where = "For patients that no model has seen (split by patient)" if protocol == "patient" else "Split by slice"
    if best is None:
        return f"{where}, the ROC-AUC of every spiking network is undefined: a test part holds one class only."
    own = metrics["models"][best][protocol]
    whole = own["patient"]["roc_auc"]
    bounds = own["slice"]["interval"]["roc_auc"]
    span = f" (95 % interval {interval(*bounds)})" if bounds else ""
    return (
        f"{where}, the best spiking network is {title_of(best)}: it tells diseased from healthy slices with a ROC-AUC of "
        f"{decimal(own['slice']['roc_auc'])}{span} and an accuracy of {percent(own['slice']['accuracy'])}, and diseased "
        f"from healthy patients with a ROC-AUC of {decimal(whole)}."
    )


def _leakage(metrics: Metrics) -> str:
    if protocols_of(metrics) != ["patient", "slice"]:
        only = first_protocol(metrics)
        return f"Only the split by {only} was run, so this report cannot say what leakage between slices is worth."
    networks = models_of(metrics, "snn")
    pairs = [(roc_auc(metrics, name, "slice"), roc_auc(metrics, name, "patient")) for name in networks]
    gaps = [slices - patients for slices, patients in pairs if is_number(slices) and is_number(patients)]
    if not gaps:
        return "What leakage between slices is worth is undefined: no network has a ROC-AUC under both protocols."
    gap = mean(gaps)
    best = best_of(metrics, "snn", "slice")
    accuracy = metrics["models"][best]["slice"]["slice"]["accuracy"]
    if gap > 0:
        return (
            f"When slices of one patient may lie on both sides of the split, the same networks score {decimal(gap)} "
            f"higher on average and the best reaches an accuracy of {percent(accuracy)}; that difference is leakage, "
            "and a new patient must not expect it."
        )
    return (
        f"When slices of one patient may lie on both sides of the split, the same networks score {decimal(abs(gap))} "
        f"lower on average (accuracy of the best {percent(accuracy)}), so this data shows no gain from leakage."
    )


def against(metrics: Metrics, protocol: str, rival: str, unit: str = "slice") -> Mapping[str, Any] | None:
    """Return how the best spiking network compares with a rival (classical, area, acquisition, constant), if it does."""
    compared = metrics["headline"][protocol][unit]["against"].get(rival)
    return compared if compared and is_number(compared["difference"]) else None


def _classical(metrics: Metrics, protocol: str) -> str:
    rival = against(metrics, protocol, "classical")
    if rival is None:
        return (
            f"Split by {protocol}, no classical model on the same features can be compared with the spiking networks."
        )
    name = title_of(rival["model"])
    score = decimal(roc_auc(metrics, rival["model"], protocol))
    return (
        f"Split by {protocol}, that network {_beats(rival)} the best classical model on the same features "
        f"({name}, {score}): the difference is {_difference(rival)}, {_VERDICTS[rival['verdict']]}."
    )


def _beats(rival: Mapping[str, Any]) -> str:
    if rival["verdict"] == "better":
        return "beats"
    if rival["verdict"] == "worse":
        return "loses to"
    return "does not beat" if rival["difference"] <= 0 else "is ahead of, but does not clearly beat,"


def _difference(rival: Mapping[str, Any]) -> str:
    bounds = rival["interval"]
    span = f" (95 % interval {signed(bounds[0])} to {signed(bounds[1])})" if bounds else ""
    return f"{signed(rival['difference'])}{span}"


def _context(metrics: Metrics, protocol: str) -> str:
    size, spacing = (_shown(metrics, name, protocol) for name in ("area", "acquisition"))
    facts = f"Slice area alone reaches {size} and voxel spacing alone {spacing}"
    rivals = [against(metrics, protocol, name) for name in ("area", "acquisition", "constant")]
    if any(rival is None for rival in rivals[:2]):
        return f"{facts}; whether the networks beat them is undefined."
    ahead = [title_of(rival["model"]).lower() for rival in rivals if rival and rival["difference"] < 0]
    if ahead:
        return (
            f"{facts}: {' and '.join(ahead)} {'is' if len(ahead) == 1 else 'are'} ahead of every spiking network, so the "
            "networks have shown nothing about the inside of the liver."
        )
    unclear = [rival for rival in rivals if rival and rival["verdict"] != "better"]
    if unclear:
        listed = " and of ".join(f"{title_of(one['model']).lower()}, by {_difference(one)}" for one in unclear)
        return f"{facts}: the best spiking network is ahead, but not clearly ahead of {listed}."
    return f"{facts}: the best spiking network beats both, so it has learned something about the inside of the liver."


def _shown(metrics: Metrics, model: str, protocol: str) -> str:
    return decimal(roc_auc(metrics, model, protocol)) if model in metrics["models"] else "no value"


def _implementations(metrics: Metrics, protocol: str) -> str:
    by_rule: dict[str, dict[str, float]] = {}
    for name in models_of(metrics, "snn"):
        backend, rule = name.split("/")
        if is_number(value := roc_auc(metrics, name, protocol)):
            by_rule.setdefault(rule, {})[backend] = value
    spreads = [max(own.values()) - min(own.values()) for own in by_rule.values() if len(own) > 1]
    times = {name: _seconds(metrics, name, protocol) for name in models_of(metrics, "snn")}
    ratios = []
    for rule in dict.fromkeys(name.split("/")[1] for name in times):
        own = times.get(f"{OWN_BACKEND}/{rule}")
        others = [s for n, s in times.items() if n.endswith(f"/{rule}") and not n.startswith(f"{OWN_BACKEND}/") and s]
        if own and others:
            ratios.append(min(others) / own)
    same = (
        f"Implementations of one network differ by at most {decimal(max(spreads))} in ROC-AUC"
        if spreads
        else "Implementations of one network cannot be compared here"
    )
    if not ratios:
        return f"{same}; times of training cannot be compared."
    low, high = quantity(min(ratios)), quantity(max(ratios))
    span = low if low == high else f"{low} to {high}"
    return (
        f"{same}; an epoch of training in this run, through the interface that all share, takes the faster framework "
        f"{span} times as long as the custom engine."
    )


def _seconds(metrics: Metrics, model: str, protocol: str) -> float | None:
    return metrics["cost"].get(model, {}).get(protocol, {}).get("seconds_per_epoch")
