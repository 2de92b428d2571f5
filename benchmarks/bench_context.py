"""Does a network that reads the slices of a scan in order, its membranes carried from slice to slice, see more?

    python benchmarks/bench_context.py [CONFIGFILE ...] [--folder DATASET] [--seeds 2]

A prototype in PyTorch, on the samples, splits and representation of the study, without a search: hidden neurons with learned
decays read the spikes of a slice, and their membranes start from zero in every slice (`reset`) or from where the slice before
left them (`carried`). Because order may give the class away by the number and direction of slices, `shuffled` carries them
through slices in random order (what is left then is not context along the axis), and `both ways` trains on scans in either
direction and averages the two readings. Printed are the ROC-AUC of slices and of patients over pairs within a fold, with 95 %
intervals from the same resamples of patients, and the gain over `reset`.
"""

from __future__ import annotations

import argparse
from itertools import groupby

import numpy as np
import pandas as pd
import torch
from bench_networks import ROOT, UNITS, Seen, Study, interval, judge, samples_of

from snndeep.backends.base import NeuronSettings
from snndeep.backends.torch_layer import surrogate_spike
from snndeep.learning.ranking import roc_auc
from snndeep.samples.split import Split
from snndeep.seeds import derive_seed, generator
from snndeep.spikes.encode import encode_split
from snndeep.spikes.encoders.registry import load_encoder
from snndeep.store.files import write_json

KINDS = ("reset", "carried", "shuffled", "both ways")
SPIKE = surrogate_spike(NeuronSettings())
HIDDEN, EPOCHS, PATIENCE, RATE, DECAY, SCANS = 64, 40, 10, 5e-3, 0.05, 6


class Reader(torch.nn.Module):
    """F -> H -> 1, read slice by slice.

    Args:
        channels: Number F of channels.
        rate: Share of input entries that hold a spike, for the weights at the start.
        carry: Whether membranes go from slice to slice.
    """

    def __init__(self, channels: int, rate: float, carry: bool):
        super().__init__()
        self.inputs, self.output = torch.nn.Linear(channels, HIDDEN), torch.nn.Linear(HIDDEN, 1)
        torch.nn.init.normal_(self.inputs.weight, 0, 0.5 / np.sqrt(max(channels * rate, 1)))
        torch.nn.init.zeros_(self.inputs.bias)
        self.decay = torch.nn.Parameter(torch.full((HIDDEN,), 2.2))
        self.carry = carry

    def forward(self, spikes):
        """Return the log odds of every slice `[S, B]` for spikes `[S, T, B, F]`."""
        current, beta = self.inputs(spikes), torch.sigmoid(self.decay)
        v, odds = torch.zeros(current.shape[2:]), []
        for own in current:
            v = v if self.carry else torch.zeros_like(v)
            count = torch.zeros_like(v)
            for step in own:
                v_pre = beta * v + step
                fired = SPIKE(v_pre - 1)
                v, count = v_pre * (1 - fired), count + fired
            odds.append(self.output(count)[:, 0])
        return torch.stack(odds)


def scans_of(study: Study, indices: np.ndarray, order: np.random.Generator | None, backwards: bool) -> list[np.ndarray]:
    """Return the samples of each scan, by slice number, backwards, or shuffled."""
    cases, numbers = study.samples["case"].to_numpy(str), study.samples["slice"].to_numpy()
    scans = []
    for case in np.unique(cases[indices]):
        own = indices[cases[indices] == case]
        own = own[np.argsort(numbers[own])]
        scans.append(order.permutation(own) if order is not None else own[::-1] if backwards else own)
    return scans


def stacked(dense: np.ndarray, labels: np.ndarray, scans: list[np.ndarray]):
    """Return spikes `[S, T, B, F]` and labels `[S, B]`, -1 after the last slice of a scan."""
    length = max(map(len, scans))
    spikes = np.zeros((length, dense.shape[1], len(scans), dense.shape[2]), np.float32)
    target = np.full((length, len(scans)), -1.0, np.float32)
    for k, scan in enumerate(scans):
        spikes[: len(scan), :, k], target[: len(scan), k] = dense[scan], labels[scan]
    return torch.from_numpy(spikes), torch.from_numpy(target)


def read(reader: Reader, dense: np.ndarray, study: Study, scans: list[np.ndarray], scores: np.ndarray) -> None:
    """Add the log odds of the samples of scans to `scores` `[N]`."""
    with torch.no_grad():
        odds = reader(stacked(dense, study.labels, scans)[0]).numpy()
    for k, scan in enumerate(scans):
        scores[scan] += odds[: len(scan), k]


def fit(study: Study, split: Split, dense: np.ndarray, parts: dict[str, np.ndarray], kind: str) -> np.ndarray:
    """Train one network and return the scores of all samples of the validation and test parts, `[N]`."""
    torch.manual_seed(derive_seed(study.config["seed"], "context", split.name) % 2**31)
    rng = generator(study.config["seed"], "context order", split.name)
    order = rng if kind == "shuffled" else None
    directions = (False, True) if kind == "both ways" else (False,)
    reader = Reader(dense.shape[2], float(dense[parts["train"]].mean()), kind != "reset")
    optimiser = torch.optim.AdamW(reader.parameters(), RATE, weight_decay=DECAY)
    share = study.labels[parts["train"]].mean()
    read_in = {
        part: [scans_of(study, parts[part], order, way) for way in directions] for part in ("validation", "test")
    }
    best, waited, scores = -1.0, 0, np.zeros(study.ids.size)
    for _ in range(EPOCHS):
        scans = scans_of(study, parts["train"], order, len(directions) > 1 and bool(rng.integers(2)))
        turns = rng.permutation(len(scans))
        for first in range(0, turns.size, SCANS):
            spikes, target = stacked(dense, study.labels, [scans[k] for k in turns[first : first + SCANS]])
            there = target >= 0
            weight = torch.where(target == 1, 0.5 / share, 0.5 / (1 - share))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                reader(spikes), target.clamp(min=0), weight, reduction="none"
            )
            optimiser.zero_grad()
            loss[there].mean().backward()
            optimiser.step()
        now = np.zeros(study.ids.size)
        for own in read_in["validation"]:
            read(reader, dense, study, own, now)
        reached = roc_auc(study.labels[parts["validation"]], now[parts["validation"]])
        waited = 0 if reached > best else waited + 1
        if reached > best:
            for own in read_in["test"]:
                read(reader, dense, study, own, now)
            best, scores = reached, now
        if waited >= PATIENCE:
            break
    return scores


def run(study: Study, seed: int) -> dict[str, Seen]:
    """Return what every kind of network did on the splits of one seed."""
    found = {kind: Seen() for kind in KINDS}
    splits = study.splits(seed, "patient")
    fitted = study.fitted(splits, study.config["preprocessing"]["within_patient"])
    encoder = load_encoder("population", study.config["encoders"]["population"])
    for fold, members in groupby(splits, key=lambda split: split.fold):
        networks = {kind: [] for kind in KINDS}
        for split in members:
            encoded = encode_split(study.samples, split, fitted[split.name], encoder, study.config["seed"])
            dense = encoded.trains.dense()
            for kind in KINDS:
                networks[kind].append(study.judged(split, fit(study, split, dense, encoded.parts, kind)))
        for kind, own in networks.items():
            found[kind].validation.append(float(np.mean([reached for _, reached in own])))
            for unit in UNITS:
                found[kind].folds[unit].append(judge(fold, [judged[unit] for judged, _ in own]))
    return found


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=["config/config.yaml"], help="configuration files of the study")
    parser.add_argument("--folder", default="", help="a data set of your own, see docs/own-scans.md")
    parser.add_argument("--seeds", type=int, default=2, help="split seeds (default: %(default)s)")
    typed = parser.parse_args()
    torch.set_num_threads(1)
    study = Study(*samples_of(typed.files, typed.folder))
    seeds = [run(study, study.config["seed"] + k) for k in range(typed.seeds)]
    rows, reference = [], {}
    for kind in KINDS:
        row = {"membranes": kind, "validation": np.mean([np.mean(seen[kind].validation) for seen in seeds])}
        for unit in UNITS:
            values, draws = zip(*(study.auc(seen[kind].folds[unit]) for seen in seeds), strict=True)
            mean = np.mean(draws, axis=0)
            reference.setdefault(unit, (np.mean(values), mean))
            row[unit], row[f"{unit}_interval"] = float(np.mean(values)), interval(mean)
            row[f"{unit}_gain"] = row[unit] - reference[unit][0]
            row[f"{unit}_gain_interval"] = interval(mean - reference[unit][1])
        rows.append(row)
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.3f}".format))
    write_json(ROOT / "benchmarks" / "results" / "context.json", rows)


if __name__ == "__main__":
    main()
