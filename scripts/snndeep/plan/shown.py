"""The configuration as a report shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snndeep.plan.scan_plan import ScanPlan
from snndeep.redaction import masked

NOT_SHOWN = ("store", "durable", "prune", "limits")


def shown_config(config: Mapping[str, Any], scans: ScanPlan) -> dict[str, Any]:
    """Return a configuration without secrets and without what changes no result.

    Args:
        config: The complete configuration.
        scans: The plan of its scans.
    """
    shown = {key: value for key, value in config.items() if key not in NOT_SHOWN}
    shown["dataset"] = {k: v for k, v in shown["dataset"].items() if k in ("source", "labels", scans.source)}
    if scans.source == "msd":
        shown["dataset"] |= {
            "msd": {"md5": shown["dataset"]["msd"]["md5"]},
            "cases": [case.name for case in scans.cases],
        }
    shown["tuning"] = {k: v for k, v in shown["tuning"].items() if k not in ("workers", "storage")}
    without_secrets: dict[str, Any] = masked(shown)
    return without_secrets
