"""What scores that are noise would reach: the yardstick of every figure over patients.

Where a patient's score is made from its slices, the number of slices alone can tell patients apart. Slice scores are
replaced by independent normal noise, made into patient scores by the same shares and ranked within the same folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from snndeep.evaluation.aggregation import patient_scores
from snndeep.evaluation.bootstrap import Ranked, interval, stratified_auc

DRAWS = 200


def noise_auc(
    folds: Sequence[tuple[np.ndarray, Sequence[float]]], diseased: np.ndarray, rng: np.random.Generator
) -> dict[str, Any] | None:
    """Return the ROC-AUC that noise reaches over patients, mean and 95 % range; None where it is undefined.

    Args:
        folds: Patient of each test slice `[N]`, and the share of slices that each network of the fold takes.
        diseased: Names of the diseased patients.
        rng: Source of the noise.
    """
    reached = []
    for _ in range(DRAWS):
        ranked: list[Ranked] = []
        for patients, shares in folds:
            noise = rng.normal(size=patients.size)
            each = [patient_scores(patients, noise, share) for share in shares]
            names = each[0][0]
            ranked.append(
                (np.isin(names, diseased).astype(int), np.mean([s for _, s in each], axis=0), np.arange(names.size))
            )
        value = stratified_auc(ranked)
        if value is None:
            return None
        reached.append(value)
    return {"roc_auc": float(np.mean(reached)), "interval": interval(np.array(reached))}
