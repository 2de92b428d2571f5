"""What every spiking network cost, from what its jobs recorded: operations, energy (an estimate), time and memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from snndeep.evaluation.operations import energy_of_accumulates, energy_of_macs

NO_HIDDEN = "the model has no hidden neurons"
COUNTED = ("synaptic_operations", "dense_operations", "dense_macs", "input_sparsity", "activation_sparsity")


def costs(
    records: Mapping[str, Mapping[str, Any]], tuned: Mapping[str, Mapping[str, Any]], protocols: Mapping[str, list[str]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return costs by model and protocol.

    Operations, sparsity, latency and energy are means over splits, for one slice (latency: one patient); seconds per epoch
    are the median over all epochs; seconds of training and tuning are sums over splits; memory is the greatest.

    Args:
        records: By model and split, what training kept.
        tuned: By model and split, what the search found.
        protocols: By protocol, the names of its splits.
    """
    return {
        model: {
            protocol: _cost([own[name] for name in names], [tuned[model][name] for name in names])
            for protocol, names in protocols.items()
        }
        for model, own in records.items()
    }


def _cost(records: list[Mapping[str, Any]], studies: list[Mapping[str, Any]]) -> dict[str, Any]:
    counted = {name: _mean([record["cost"][name] for record in records]) for name in COUNTED}
    return {
        "parameters": records[0]["parameters"],
        **counted,
        "energy_pj": energy_of_accumulates(counted["synaptic_operations"]),
        "dense_energy_pj": energy_of_macs(counted["dense_macs"]),
        "seconds_per_epoch": float(np.median([e["seconds"] for record in records for e in record["history"]])),
        "training_seconds": float(sum(record["training_seconds"] for record in records)),
        "tuning_seconds": float(sum(trial["seconds"] or 0.0 for study in studies for trial in study["trials"])),
        "peak_memory_mb": max(record["cost"]["peak_memory_mb"] for record in records),
        "latency_ms": _mean([record["cost"]["latency_ms"] for record in records]),
        "undefined": {} if counted["activation_sparsity"] is not None else {"activation_sparsity": NO_HIDDEN},
    }


def _mean(values: list[float | None]) -> float | None:
    return None if None in values else float(np.mean(values))
