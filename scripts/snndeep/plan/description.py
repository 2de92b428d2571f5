"""What a published run says of itself to those who compare it with another."""

from __future__ import annotations

from typing import Any

from snndeep.plan.plan import Plan


def describe(plan: Plan) -> dict[str, Any]:
    """Return the source, the configuration, the fingerprint of the code by stage, and the digest of the data by case."""
    return {
        "source": plan.scans.source,
        "config": plan.shown_config,
        "code": {name: stage.code for name, stage in plan.named_stages().items()},
        "data": {case.name: case.leaf for case in plan.scans.cases},
    }
