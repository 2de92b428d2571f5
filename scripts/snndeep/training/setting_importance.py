"""How much each hyperparameter matters to a search.

fANOVA fits a forest of regression trees to the finished trials and shares the variance of what it predicts out among
the hyperparameters. Trials of all folds, and of all backends that search the same space, go into one forest, each
measured from the mean of its own study: one study alone is too short.

Source: Hutter, Hoos and Leyton-Brown 2014, An efficient approach for assessing hyperparameter importance, ICML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna

from snndeep.training.search_space import distributions

LEAST_TRIALS = 10
optuna.logging.set_verbosity(optuna.logging.WARNING)


def setting_importance(
    studies: Sequence[Mapping[str, Any]], space: Mapping[str, Mapping[str, Any]], seed: int
) -> dict[str, float]:
    """Return the share of each setting, summing to 1; empty with too few finished trials or none that differ.

    Args:
        studies: Outcomes of searches over the same space, see `snndeep.training.search.tune_split`.
        space: The search space.
        seed: Of the forest.
    """
    drawn_from = distributions(space)
    pooled = optuna.create_study(direction="maximize")
    values: list[float] = []
    for study in studies:
        finished = [trial for trial in study["trials"] if trial["value"] is not None]
        mean = float(np.mean([trial["value"] for trial in finished])) if finished else 0.0
        for trial in finished:
            values.append(trial["value"] - mean)
            pooled.add_trial(
                optuna.trial.create_trial(params=trial["params"], distributions=drawn_from, value=values[-1])
            )
    if len(values) < LEAST_TRIALS or np.ptp(values) == 0 or len(space) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed % 2**32)
    shares = optuna.importance.get_param_importances(pooled, evaluator=evaluator)
    return {name: float(share) for name, share in shares.items()}
