"""Bootstrap over patients: the unit that was sampled from the world, where slices were not.

A resample is a vector of weights, how often each patient was drawn. Most metrics are functions of sums per patient (ROC-AUC
of a sum per pair of patients), so all resamples are computed by a few products of small matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snndeep.evaluation.calibration import calibration_bin, calibration_error
from snndeep.evaluation.metrics import CALIBRATIONS, Outcome

BLOCK = 4_000_000


def patient_draws(status: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Draw patients with replacement within each class.

    Args:
        status: Class of each patient `[P]`.
        resamples: Number R of resamples.
        rng: Source of the draws.

    Returns:
        How often each patient was drawn, `[R, P]`.
    """
    counts = np.zeros((resamples, status.size))
    for value in np.unique(status):
        members = np.flatnonzero(status == value)
        counts[:, members] = rng.multinomial(members.size, np.full(members.size, 1 / members.size), size=resamples)
    return counts


def resampled_metrics(
    folds: Sequence[tuple[Outcome, np.ndarray]], draws: np.ndarray, bins: int
) -> dict[str, np.ndarray]:
    """Return every metric under every resample, `[R]` each; NaN where a resample leaves it undefined.

    ROC-AUC is taken over pairs within a fold, PR-AUC is the mean over the folds in which a resample defines it, the others
    are taken over all samples.

    Args:
        folds: Samples of each fold, and the patient of each as a number below P. A patient may be in several folds.
        draws: `[R, P]`.
        bins: Number of bins of the calibration error.
    """
    results = {"roc_auc": resampled_stratified_auc([(o.label, o.margin, member) for o, member in folds], draws)}
    values = np.array([resampled_pr_auc(o.label, o.margin, member, draws) for o, member in folds])
    defined = np.isfinite(values)
    results["pr_auc"] = _ratio(np.where(defined, values, 0).sum(axis=0), defined.sum(axis=0).astype(float))
    outcome, member = pool([o for o, _ in folds]), np.concatenate([m for _, m in folds])
    return results | _resampled_calls(outcome, member, draws) | _resampled_calibration(outcome, member, draws, bins)


def pool(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the samples of several folds as one."""
    fields = ("label", "margin", "predicted", "probability")
    return Outcome(*(np.concatenate([getattr(o, field) for o in outcomes]) for field in fields))


Ranked = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Labels, scores and patients (numbers below P) of the samples of one fold, `[N]` each."""


def stratified_auc(folds: Sequence[Ranked]) -> float | None:
    """Return the share of pairs (diseased, healthy) of one fold that are ranked rightly, over all folds, ties half.

    Scores of different folds come from different models, so a pair across folds says nothing of either. None where no
    fold holds both classes.
    """
    patients = 1 + max(int(member.max(initial=0)) for _, _, member in folds)
    value = resampled_stratified_auc(folds, np.ones((1, patients)))[0]
    return float(value) if np.isfinite(value) else None


def resampled_stratified_auc(folds: Sequence[Ranked], draws: np.ndarray) -> np.ndarray:
    """Return `stratified_auc` under every resample, `[R]`; NaN where no fold has weight in both classes."""
    wins, pairs = np.zeros(draws.shape[0]), np.zeros(draws.shape[0])
    for labels, scores, member in folds:
        won, possible = _resampled_pairs(labels, scores, member, draws)
        wins, pairs = wins + won, pairs + possible
    return _ratio(wins, pairs)


def _resampled_pairs(
    labels: np.ndarray, scores: np.ndarray, member: np.ndarray, draws: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs that are ranked rightly and all pairs, `[R]` each.

    With A_pq the number of pairs (diseased sample of p, healthy sample of q) that are ranked rightly, ties counting half,
    and n the samples of each patient and class: w A w and (w n+) (w n-).
    """
    present, member = np.unique(member, return_inverse=True)
    draws = draws[:, present]
    patients = present.size
    _, group = np.unique(scores, return_inverse=True)
    positive = labels == 1
    negative = np.zeros((group.max(initial=-1) + 1, patients))
    np.add.at(negative, (group[~positive], member[~positive]), 1)
    below = np.cumsum(negative, axis=0) - negative / 2
    wins = np.zeros((patients, patients))
    np.add.at(wins, member[positive], below[group[positive]])
    pairs = (draws @ _per_patient(positive, member, patients)) * (draws @ _per_patient(~positive, member, patients))
    return ((draws @ wins) * draws).sum(axis=1), pairs


def resampled_pr_auc(labels: np.ndarray, scores: np.ndarray, member: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the average precision under every resample, `[R]`: sum over thresholds of gain in recall times precision."""
    patients = draws.shape[1]
    _, group = np.unique(-scores, return_inverse=True)
    positive = labels == 1
    rows = np.zeros((2, patients, group.max(initial=-1) + 1))
    np.add.at(rows, (positive.astype(int), member, group), 1)
    useful = rows[1].any(axis=0)  # recall grows there
    above = np.cumsum(rows, axis=2)[:, :, useful]
    result = np.empty(draws.shape[0])
    step = max(1, BLOCK // max(useful.sum(), 1))
    for start in range(0, draws.shape[0], step):
        block = draws[start : start + step]
        false, true = block @ above[0], block @ above[1]
        gain = block @ rows[1][:, useful]
        precision = _ratio(true, true + false)
        area = np.where(gain > 0, gain * np.nan_to_num(precision), 0).sum(axis=1)
        healthy = block @ rows[0].sum(axis=1)
        result[start : start + step] = np.where(healthy > 0, _ratio(area, gain.sum(axis=1)), np.nan)
    return result


def _resampled_calls(outcome: Outcome, member: np.ndarray, draws: np.ndarray) -> dict[str, np.ndarray]:
    label, predicted = outcome.label == 1, outcome.predicted == 1
    cells = (label & predicted, ~label & predicted, label & ~predicted, ~label & ~predicted)
    tp, fp, fn, tn = (draws @ _per_patient(cell, member, draws.shape[1]) for cell in cells)
    sensitivity, specificity = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return {
        "accuracy": _ratio(tp + tn, tp + fp + fn + tn),
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "mcc": _ratio(tp * tn - fp * fn, np.sqrt(product)),
        "sensitivity": sensitivity,
        "specificity": specificity,
    }


def _resampled_calibration(outcome: Outcome, member: np.ndarray, draws: np.ndarray, bins: int) -> dict[str, np.ndarray]:
    patients = draws.shape[1]
    error = outcome.probability - outcome.label
    total = draws @ _per_patient(np.ones(member.size), member, patients)
    number = calibration_bin(outcome.probability, bins)
    sums = []
    for values in (np.ones(member.size), outcome.label, -error):
        own = np.zeros((patients, bins))
        np.add.at(own, (member, number), values)
        sums.append(draws @ own)
    resampled = {
        "brier": _ratio(draws @ _per_patient(error**2, member, patients), total),
        "ece": np.where(total > 0, calibration_error(*sums), np.nan),
    }
    for name, fitted in CALIBRATIONS.items():
        # To first order in the weights; a fit for every resample would say the same and take minutes.
        found = fitted(outcome.label, outcome.probability)
        pull = (draws - 1) @ _per_patient(found.influence, member, patients)
        resampled[name] = np.full(draws.shape[0], np.nan) if found.value is None else found.value + pull
    return resampled


def _per_patient(values: np.ndarray, member: np.ndarray, patients: int) -> np.ndarray:
    sums: np.ndarray = np.bincount(member, values, minlength=patients)
    return sums


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = np.divide(
        numerator, denominator, out=np.full(np.shape(denominator), np.nan), where=denominator > 0
    )
    return ratio


def interval(values: np.ndarray) -> list[float] | None:
    """Return the 95 % percentile interval, or None if no resample was defined."""
    values = values[np.isfinite(values)]
    return [float(v) for v in np.percentile(values, [2.5, 97.5])] if values.size else None
