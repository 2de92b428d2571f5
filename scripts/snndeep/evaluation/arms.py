"""What the gap between split by slice and split by patient is made of.

    slice      trained on slices of every patient, the tested patients' own among them
    apart      the same training part without the slices of the tested patients, a few patients at a time
    patient    split by patient: fewer patients to learn from

    gap = slice - patient = (slice - apart) + (apart - patient) = leak + more patients

All three are measured on the same test slices and the same pairs: those of one fold of the split by slice and of one group
of patients of the third arm. A group lies within one fold of the split by patient, so each pair is scored by one network in
each arm. Where a fold has several networks, the first counts, in every arm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from snndeep.evaluation.bootstrap import Ranked, interval, resampled_stratified_auc, stratified_auc
from snndeep.evaluation.comparison import Difference, judge_family
from snndeep.samples.split import APART, Split

ARMS = ("slice", "apart", "patient")
PARTS_OF_GAP = {"gap": ("slice", "patient"), "leak": ("slice", "apart"), "more_patients": ("apart", "patient")}


def decompose(
    samples: pd.DataFrame,
    splits: Sequence[Split],
    scores: Mapping[str, Mapping[str, np.ndarray]],
    members: np.ndarray,
    draws: np.ndarray,
) -> dict[str, Any]:
    """Return the three arms of every model that has them, with the verdicts of one family over all models.

    Args:
        samples: Label and patient, by sample.
        splits: All splits.
        scores: By model, then `<split>/test.samples` and `.scores`.
        members: Number of the patient of each sample of `samples`, `[N]`.
        draws: Resamples of patients `[R, P]`.

    Returns:
        By model: ROC-AUC and its interval by arm, and difference, interval, p and verdict by part of the gap.
    """
    numbers = pd.Series(members, samples.index)
    values: dict[str, dict[str, float]] = {}
    resampled: dict[str, dict[str, np.ndarray]] = {}
    for model, own in scores.items():
        cells = _cells(samples, numbers, splits, own)
        if not cells:
            continue
        found = {arm: stratified_auc([cell[arm] for cell in cells]) for arm in ARMS}
        if None not in found.values():
            values[model] = {arm: float(value) for arm, value in found.items() if value is not None}
            resampled[model] = {arm: resampled_stratified_auc([cell[arm] for cell in cells], draws) for arm in ARMS}
    return judge_arms(values, resampled)


def judge_arms(
    values: Mapping[str, Mapping[str, float]], resampled: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, Any]:
    """Return the parts of the gap by model, judged as one family.

    Args:
        values: ROC-AUC by model and arm.
        resampled: The same under every resample, `[R]`.
    """
    verdicts = judge_family(
        {
            (model, part): Difference(values[model][a] - values[model][b], resampled[model][a] - resampled[model][b])
            for model in values
            for part, (a, b) in PARTS_OF_GAP.items()
        }
    )
    return {
        model: {
            "arms": {arm: {"roc_auc": values[model][arm], "interval": interval(resampled[model][arm])} for arm in ARMS},
            **{part: verdicts[model, part].to_json() for part in PARTS_OF_GAP},
        }
        for model in values
    }


def _cells(
    samples: pd.DataFrame, numbers: pd.Series, splits: Sequence[Split], scores: Mapping[str, np.ndarray]
) -> list[dict[str, Ranked]]:
    """Return the test slices of each fold and group with their scores under every arm; empty if an arm is missing."""
    firsts = {
        protocol: [s for s in splits if s.protocol == protocol and s.member in (None, 0)]
        for protocol in ("slice", "patient")
    }
    apart = [split for split in splits if split.protocol == APART]
    needed = [*apart, *firsts["slice"], *firsts["patient"]]
    if not apart or any(f"{split.name}/test.samples" not in scores for split in needed):
        return []
    by_slice = {split.fold: _scores(split, scores) for split in firsts["slice"]}
    by_patient = [_scores(split, scores) for split in firsts["patient"]]
    cells = []
    for split in apart:
        own = _scores(split, scores)
        labels, member = samples.loc[own.index, "label"].to_numpy(), numbers.loc[own.index].to_numpy()
        tested = next(values for values in by_patient if own.index.isin(values.index).all())
        arms = {"apart": own, "slice": by_slice[split.fold].loc[own.index], "patient": tested.loc[own.index]}
        cells.append({arm: (labels, values.to_numpy(), member) for arm, values in arms.items()})
    return cells


def _scores(split: Split, scores: Mapping[str, np.ndarray]) -> pd.Series:
    return pd.Series(
        scores[f"{split.name}/test.scores"].astype(float), index=scores[f"{split.name}/test.samples"].astype(str)
    )
