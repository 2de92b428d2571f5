"""The importance of each hyperparameter in a search.

fANOVA fits a forest of regression trees to the finished trials and divides the variance of its predictions among the
hyperparameters. One study alone is too short, so the trials of all folds, and of all backends that search the same space,
go into one forest, each relative to the mean of its own study.

Source: Hutter, Hoos and Leyton-Brown 2014, An efficient approach for assessing hyperparameter importance, ICML.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import optuna

from snndeep.training.outcomes import SearchOutcome
from snndeep.training.search_space import Space, as_optuna, distributions

LEAST_TRIALS = 10
optuna.logging.set_verbosity(optuna.logging.WARNING)


def setting_importance(studies: Sequence[SearchOutcome], space: Space, seed: int) -> dict[str, float]:
    """Return the share of each setting in the explained variance. The shares sum to 1.

    The result is empty if there are fewer than `LEAST_TRIALS` finished trials, all have the same value, or fewer than two
    settings are searched.

    Args:
        studies: Outcomes of searches over the same space.
        space: The search space.
        seed: Seed of the forest.
    """
    drawn_from = distributions(space)
    pooled = optuna.create_study(direction="maximize")
    values: list[float] = []
    for study in studies:
        finished = [
            ({name: as_optuna(own) for name, own in trial["params"].items()}, value)
            for trial in study["trials"]
            if (value := trial["value"]) is not None
        ]
        mean = float(np.mean([value for _, value in finished])) if finished else 0.0
        for params, value in finished:
            values.append(value - mean)
            pooled.add_trial(optuna.trial.create_trial(params=params, distributions=drawn_from, value=values[-1]))
    if len(values) < LEAST_TRIALS or np.ptp(values) == 0 or len(space) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed % 2**32)
    shares = optuna.importance.get_param_importances(pooled, evaluator=evaluator)
    return {name: float(share) for name, share in shares.items()}
