"""Which models are compared with which, and what is said of each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from snndeep.evaluation.comparison import Measured, Verdict, are_same, difference_of, holm, judge_family, over_folds
from snndeep.evaluation.headline import IMAGE

UNITS = ("slice", "patient")
COMPARED = "roc_auc"


def identical_networks(
    networks: Sequence[str], compared: Mapping[tuple[str, str, str, str], Measured], protocol: str
) -> dict[str, str]:
    """Return, for every network, the first of the networks that it equals; identical results are one piece of evidence."""
    first: dict[str, str] = {}
    for name in networks:
        own = compared[name, protocol, "slice", COMPARED]
        twins = (other for other in set(first.values()) if are_same(own, compared[other, protocol, "slice", COMPARED]))
        first[name] = next(iter(sorted(twins, key=networks.index)), name)
    return first


def compare_models(
    kinds: Mapping[str, str],
    compared: Mapping[tuple[str, str, str, str], Measured],
    identical: Mapping[str, Mapping[str, str]],
    share: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Compare networks with one another and with every other model, and image and geometry with geometry alone.

    Those of one protocol and unit are one family; of identical networks the first stands for all.
    """
    others = [name for name, kind in kinds.items() if kind != "snn"]
    rows = []
    for protocol, same in identical.items():
        networks = list(dict.fromkeys(same.values()))
        pairs = [*combinations(networks, 2), *((a, b) for b in others for a in networks)]
        pairs += [IMAGE] if set(IMAGE) <= set(others) else []
        for unit in UNITS:
            measured = {name: compared[name, protocol, unit, COMPARED] for name in [*networks, *others]}
            verdicts = judge_family({(a, b): difference_of(measured[a], measured[b]) for a, b in pairs})
            own = [
                _row(pair, verdicts[pair], over_folds(measured[pair[0]], measured[pair[1]], share[protocol]))
                for pair in pairs
            ]
            for row, adjusted in zip(own, holm([row["p_folds"] for row in own]), strict=True):
                row["p_folds_holm"] = adjusted
            rows += [{"protocol": protocol, "unit": unit, "metric": COMPARED, **row} for row in own]
    return rows


def _row(pair: tuple[str, str], verdict: Verdict, folds: tuple[dict[str, float | int | None], str]) -> dict[str, Any]:
    values = verdict.to_json()
    reasons = values.pop("undefined") | {name: folds[1] for name, value in folds[0].items() if value is None}
    return {"a": pair[0], "b": pair[1], **values, **folds[0], "undefined": reasons}
