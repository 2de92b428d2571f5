"""What the papers claim, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from snndeep.backends.registry import OWN_BACKEND
from snndeep.evaluation.comparison import EQUAL, Measured, difference_of, judge_family
from snndeep.evaluation.headline import chosen

FIRST = "arXiv:2508.20125, version 1"
SECOND = "arXiv:2508.20125, version 2"
FIRST_ACCURACY = 0.9835
SECOND_PR_AUC = 0.970


def claims(
    models: Mapping[str, Any],
    kinds: Mapping[str, str],
    compared: Mapping[tuple[str, str, str, str], Measured],
    identical: Mapping[str, Mapping[str, str]],
    cost: Mapping[str, Mapping[str, Mapping[str, Any]]],
    source: str,
) -> list[dict[str, Any]]:
    """Return the claims, each with the numbers that speak for or against it.

    Args:
        models: Summaries by model, protocol and unit.
        kinds: By model: snn, classical or context.
        compared: By model, protocol, unit and metric.
        identical: By protocol, the first of the networks that each network equals.
        cost: By model and protocol.
        source: Where the scans come from; the second paper's number is about Task03_Liver (msd) alone.
    """
    networks = [name for name, kind in kinds.items() if kind == "snn"]
    pairs = [
        (ours, other)
        for ours in networks
        for other in networks
        if ours.partition("/")[0] == OWN_BACKEND and other != ours and other.partition("/")[2] == ours.partition("/")[2]
    ]
    found = [
        *(_ahead(pairs, compared, identical[protocol], protocol) for protocol in identical),
        _accuracy(models, kinds),
        _time(pairs, cost),
    ]
    return [*found, _pr_auc(models, kinds)] if source == "msd" else found


def _claim(
    claim: str, source: str, paper: float | None, holds: str, reason: str, measured: list[Any]
) -> dict[str, Any]:
    return {"claim": claim, "source": source, "paper": paper, "holds": holds, "reason": reason, "measured": measured}


def _number(what: str, value: float | None, interval: Sequence[float] | None = None) -> dict[str, Any]:
    return {"what": what, "value": value, "interval": interval}


def _ahead(
    pairs: Sequence[tuple[str, str]],
    compared: Mapping[tuple[str, str, str, str], Measured],
    identical: Mapping[str, str],
    protocol: str,
) -> dict[str, Any]:
    """Judge the pairs as one family; pairs of identical results count once."""
    claim = (
        f"The custom network is consistently ahead of snnTorch and SpikingJelly (slice accuracy, split by {protocol})."
    )
    if not pairs:
        return _claim(claim, FIRST, None, "not measured", "the run has no other backend with the same rule", [])
    distinct = {(identical[ours], identical[other]): (ours, other) for ours, other in reversed(pairs)}
    judged = judge_family(
        {pair: difference_of(*(compared[name, protocol, "slice", "accuracy"] for name in pair)) for pair in distinct}
    )
    measured = [
        _number(f"{ours} minus {other}", judged[pair].difference, judged[pair].interval)
        for pair, (ours, other) in reversed(distinct.items())
    ]
    said = [one.verdict for one in judged.values()]
    ahead, behind, equal = (said.count(word) for word in ("better", "worse", EQUAL))
    reason = (
        f"ahead in {ahead} of {len(said)} distinct comparisons, behind in {behind}, equal in {equal}, undecided in "
        f"{len(said) - ahead - behind - equal}"
    )
    holds = "yes" if ahead == len(said) else "partly" if ahead > behind else "no"
    return _claim(claim, FIRST, None, holds, reason, measured)


def _accuracy(models: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    claim = "The best network reaches a validation accuracy of 98.35 % when slices are split at random."
    seen = {
        name: [fold["slice"]["validation"]["accuracy"] for fold in own["slice"]["folds"]]
        for name, own in models.items()
        if kinds[name] == "snn" and "slice" in own and own["slice"]["slice"]["accuracy"] is not None
    }
    if not seen:
        return _claim(claim, FIRST, FIRST_ACCURACY, "not measured", "the run does not split by slice", [])
    name = max(seen, key=lambda one: sum(seen[one]))
    own = models[name]["slice"]
    highest = max(seen[name])
    reached = own["slice"]["accuracy"]
    measured = [
        _number(f"{name}, test slices, all folds", reached, own["slice"]["interval"]["accuracy"]),
        _number(f"{name}, validation slices of its best fold, on which the threshold was chosen", highest),
    ]
    holds = "yes" if reached >= FIRST_ACCURACY else "partly" if highest >= FIRST_ACCURACY else "no"
    return _claim(
        claim, FIRST, FIRST_ACCURACY, holds, "the claim is about validation slices; test slices decide", measured
    )


def _time(pairs: Sequence[tuple[str, str]], cost: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    claim = "The custom network takes less training time."
    if not pairs or not cost:
        return _claim(claim, FIRST, None, "not measured", "the run has no other backend with the same rule", [])
    ratios = []
    for ours, other in pairs:
        protocol = next(iter(cost[ours]))
        seconds = [cost[name][protocol]["seconds_per_epoch"] for name in (ours, other)]
        ratios.append(_number(f"seconds per epoch, {other} over {ours}", seconds[1] / seconds[0]))
    faster = sum(ratio["value"] > 1 for ratio in ratios)
    holds = "yes" if faster == len(ratios) else "partly" if faster else "no"
    return _claim(claim, FIRST, None, holds, f"faster in {faster} of {len(ratios)} comparisons", ratios)


def _pr_auc(models: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    claim = "Split by patient, a convolutional network reaches a PR-AUC of 0.970 over the patients of Task03_Liver."
    name = chosen("snn", models, kinds, "patient") if "patient" in next(iter(models.values())) else None
    if name is None:
        return _claim(claim, SECOND, SECOND_PR_AUC, "not measured", "the run does not split by patient", [])
    own = models[name]["patient"]["patient"]
    reason = "a reference line: another model than ours, on the images themselves"
    measured = [_number(f"{name}, patients (chosen on validation)", own["pr_auc"], own["interval"]["pr_auc"])]
    return _claim(claim, SECOND, SECOND_PR_AUC, "not measured", reason, measured)
