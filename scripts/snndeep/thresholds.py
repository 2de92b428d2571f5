"""The decision threshold, chosen on validation data alone, and how far test scores lie from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def choose_threshold(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the threshold with the greatest balanced accuracy, midway between the scores around it.

    Scores at or above the threshold count as diseased. With one class only the threshold lies at the median score.
    """
    values = np.unique(scores)
    if len(set(labels)) < 2 or values.size < 2:
        return float(np.median(scores))
    cuts = (values[1:] + values[:-1]) / 2
    positive = labels == 1
    above = scores[None, :] >= cuts[:, None]
    balanced = above[:, positive].mean(axis=1) + (~above[:, ~positive]).mean(axis=1)
    best = np.flatnonzero(balanced >= balanced.max() - 1e-12)
    return float(cuts[best[best.size // 2]])


def margins(labels: np.ndarray, validation: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return (score - threshold) / spread of test scores: comparable between folds, and diseased from 0 on.

    Args:
        labels: Of the validation samples.
        validation: Their scores; they choose the threshold and give the spread, their standard deviation.
        test: Scores of the test samples.
    """
    return (test - choose_threshold(labels, validation)) / (float(validation.std()) or 1.0)


def judge_slices(table: pd.DataFrame, scores: Mapping[str, np.ndarray], splits: Sequence[str]) -> pd.DataFrame:
    """Return the test slices of some splits with columns sample, patient, slice, label, split, score, margin.

    Args:
        table: Samples with label, patient and slice.
        scores: A model's, `<split>/<part>.samples` and `.scores`.
        splits: Names of the splits.
    """
    known = table.set_index("sample")[["patient", "slice", "label"]]
    parts = []
    for split in splits:
        validation, test = (known.loc[scores[f"{split}/{part}.samples"]] for part in ("validation", "test"))
        own = scores[f"{split}/test.scores"]
        margin = margins(validation["label"].to_numpy(), scores[f"{split}/validation.scores"], own)
        parts.append(test.assign(split=split, score=own, margin=margin))
    return pd.concat(parts).reset_index(names="sample")
