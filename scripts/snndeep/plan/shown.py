"""The configuration as the report shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from snndeep.plan.scan_plan import ScanPlan
from snndeep.redaction import masked

NOT_SHOWN = ("store", "durable", "prune", "limits")


def shown_config(
    config: Mapping[str, Any], scans: ScanPlan, rules: Sequence[str], encoders: Sequence[str]
) -> dict[str, Any]:
    """Return the configuration without secrets, without what changes no result, and without members that are not in use.

    A new member of a family, with its settings, is therefore no change to the report of a run that does without it.

    Args:
        config: The complete configuration.
        scans: Where the scans come from.
        rules: Learning rules in use.
        encoders: Encoders in use.
    """
    shown = {key: value for key, value in config.items() if key not in NOT_SHOWN}
    dataset = shown["dataset"]
    shown["dataset"] = {key: dataset[key] for key in ("source", "labels", scans.source) if key in dataset}
    if scans.source == "msd":
        shown["dataset"] |= {"msd": {"md5": dataset["msd"]["md5"]}, "cases": [case.name for case in scans.cases]}
    spaces = shown["tuning"]["search_space"]
    shown["tuning"] = {key: value for key, value in shown["tuning"].items() if key not in ("workers", "storage")}
    shown["tuning"]["search_space"] = {key: space for key, space in spaces.items() if key in (*rules, "native")}
    shown["learning"] = {rule: shown["learning"][rule] for rule in rules}
    shown["encoders"] = {name: shown["encoders"][name] for name in encoders}
    without_secrets: dict[str, Any] = masked(shown)
    return without_secrets
