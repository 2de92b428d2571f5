"""What every spiking network cost, from what its jobs recorded: operations, energy (an estimate), time and memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from snndeep.evaluation.operations import energy_of_accumulates, energy_of_macs
from snndeep.samples.split import first_member

NO_HIDDEN = "the model has no hidden neurons"
NO_DENSE = "the run has no dense network"
COUNTED = (
    "synaptic_operations", "neuron_updates", "dense_operations", "unrolled_macs", "input_sparsity", "activation_sparsity",
)  # fmt: skip


def costs(
    records: Mapping[str, Mapping[str, Any]],
    tuned: Mapping[str, Mapping[str, Any]],
    protocols: Mapping[str, list[str]],
    dense_macs: Mapping[str, float],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return costs by model and protocol.

    Operations, sparsity, latency and energy are means over splits, for one slice (latency: one patient); seconds per epoch
    are the median over all epochs; seconds of training and tuning are sums over splits; memory is the greatest.

    The energy of a network is that of its synaptic operations and of the updates of its neurons' potentials, a
    multiply-accumulate each. It is compared with one pass through the dense network that the run itself trains on the
    same features.

    Args:
        records: By model and split, what training kept.
        tuned: By model and split, what the search found.
        protocols: By protocol, the names of its splits.
        dense_macs: By split, the multiply-accumulates of the run's own dense network; empty if it has none.
    """
    return {
        model: {
            protocol: _cost(
                [own[name] for name in names],
                [tuned[model][name] for name in dict.fromkeys(map(first_member, names))],
                [dense_macs[name] for name in names if name in dense_macs],
            )
            for protocol, names in protocols.items()
        }
        for model, own in records.items()
    }


def _cost(records: list[Mapping[str, Any]], studies: list[Mapping[str, Any]], dense: list[float]) -> dict[str, Any]:
    counted = {name: _mean([record["cost"][name] for record in records]) for name in COUNTED}
    accumulates, updates = counted["synaptic_operations"] or 0.0, counted["neuron_updates"] or 0.0
    energy = energy_of_accumulates(accumulates) + energy_of_macs(updates)
    macs = float(np.mean(dense)) if dense else None
    undefined = {} if counted["activation_sparsity"] is not None else {"activation_sparsity": NO_HIDDEN}
    undefined |= {} if dense else dict.fromkeys(("dense_macs", "dense_energy_pj", "energy_ratio"), NO_DENSE)
    return {
        "parameters": records[0]["parameters"],
        **counted,
        "dense_macs": macs,
        "energy_pj": energy,
        "dense_energy_pj": None if macs is None else energy_of_macs(macs),
        "energy_ratio": None if macs is None else energy_of_macs(macs) / energy,
        "seconds_per_epoch": float(np.median([e["seconds"] for record in records for e in record["history"]])),
        "training_seconds": float(sum(record["training_seconds"] for record in records)),
        "tuning_seconds": float(sum(trial["seconds"] or 0.0 for study in studies for trial in study["trials"])),
        "peak_memory_mb": max(record["cost"]["peak_memory_mb"] for record in records),
        "latency_ms": _mean([record["cost"]["latency_ms"] for record in records]),
        "undefined": undefined,
    }


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None
