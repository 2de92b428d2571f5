"""Mutation tests: whatever is done to the test part, nothing that is fitted, tuned, trained or chosen moves by a bit.

They go over the registries: a new rule, backend, encoder or baseline is tested by being listed there.
"""

from __future__ import annotations

import json

import numpy as np
import optuna
import pandas as pd
import pytest

from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.learning.registry import RULES, load_rule
from snndeep.radiomics.naming import RELATIVE
from snndeep.samples.fit_preprocessing import fit_split
from snndeep.samples.relative import add_relative
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import Split
from snndeep.spikes.encode import encode_split, part_indices
from snndeep.spikes.encoders.registry import ENCODERS, load_encoder
from snndeep.training.baselines import (
    BASELINES,
    BaselineSettings,
    Part,
    score_baselines,
    scores_of,
    views_of,
)
from snndeep.training.fit import merge_settings, train_split
from snndeep.training.search import SearchSettings, tune_fold
from snndeep.training.trials import FinishedTrials

pytestmark = pytest.mark.slow

FEATURES = [f"f{k}" for k in range(6)]
PREPROCESSING = PreprocessingSettings(features=4, within_patient="auto")
SMALL = {"learning_rate": 0.01, "epochs": 3, "batch_size": 16, "hidden": 6, "rounds": 2, "compare_random": True}
SPACE = {"learning_rate": {"low": 0.001, "high": 0.05, "log": True}}


def made_up_table() -> pd.DataFrame:
    """Twenty-four patients with six slices each; two features tell the classes apart, with noise."""
    rng = np.random.default_rng(5)
    patients = np.repeat([f"p{k:02d}" for k in range(24)], 6)
    labels = np.repeat(np.arange(24) % 2, 6)
    values = rng.normal(size=(144, 6)) + labels[:, None] * np.array([1.2, -0.8, 0, 0, 0, 0])
    table = pd.DataFrame(values, columns=FEATURES).assign(
        sample=[f"{p}:{k % 6:04d}" for k, p in enumerate(patients)],
        patient=patients,
        case=patients,
        slice=np.arange(144) % 6,
        label=labels,
        organ_area_mm2=rng.uniform(1000, 9000, 144),
        lesion_area_mm2=60.0 * labels,
    )
    return add_relative(table, FEATURES)


def made_up_cases(table: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    names = np.unique(table["case"])
    columns = [f"{kind}_{axis}" for kind in ("spacing", "shape") for axis in "xyz"]
    return pd.DataFrame(rng.uniform(1, 3, (names.size, 6)), columns=columns).assign(case=names)


def split_of(table: pd.DataFrame) -> Split:
    ids = table["sample"].to_numpy(str)
    return Split("patient", 0, tuple(ids[:72]), tuple(ids[72:108]), tuple(ids[108:]))


def scramble(table: pd.DataFrame, samples: tuple[str, ...], seed: int = 0) -> pd.DataFrame:
    """Return the table with other features, labels, patients and another order of the given samples."""
    rng = np.random.default_rng(seed)
    changed = table[[name for name in table.columns if not name.startswith(RELATIVE)]].copy()
    rows = np.flatnonzero(changed["sample"].isin(samples))
    own = changed.index[rows]
    changed.loc[own, FEATURES] = rng.normal(3, 50, (rows.size, len(FEATURES)))
    changed.loc[own, ["organ_area_mm2", "lesion_area_mm2"]] = rng.uniform(1, 1e6, (rows.size, 2))
    changed.loc[own, "label"] = 1 - changed.loc[own, "label"]
    changed.loc[own, "patient"] = [f"other{k % 5}" for k in range(rows.size)]
    order = np.arange(len(changed))
    order[rows] = rng.permutation(rows)
    return add_relative(changed.iloc[order].reset_index(drop=True), FEATURES)


def learned(table: pd.DataFrame, split: Split, backend: str, rule: str, encoder: str, **changes) -> dict[str, str]:
    """Return everything that one model learns and chooses, as text to the last bit."""
    made, learns = load_backend(backend), load_rule(rule)
    fitted = fit_split(table, split, PREPROCESSING)
    data = encode_split(table, split, fitted, load_encoder(encoder, {}), 1)
    known = learns.settings().__dataclass_fields__
    base = {k: v for k, v in {**SMALL, **changes}.items() if k in known}
    search = SearchSettings({k: v for k, v in base.items() if k != "compare_random"}, SPACE, 2, 7)
    finished = FinishedTrials(optuna.storages.InMemoryStorage(), "study")
    tuned = tune_fold({split.name: data}, made, learns, search, finished)
    trained = train_split(split.name, data, made, learns, merge_settings(learns, base, tuned["best"]), 7)
    measured = ("training_seconds", "scoring_seconds", "cost", "history")
    record = {k: v for k, v in trained.record.items() if k not in measured}
    for rounds in record.get("arms", {}).values():
        for one in rounds:
            del one["test_auc"]
    return {
        "preprocessing": json.dumps(fitted.to_json()),
        "tuned": json.dumps([(t["state"], t["value"], t["params"]) for t in tuned["trials"]]),
        "best": json.dumps(tuned["best"]),
        "validation scores": trained.scores["validation"].tobytes().hex(),
        "record": json.dumps(record, default=str),
        **{f"weights {name}": values.tobytes().hex() for name, values in trained.parameters.items()},
    }


def differing(one: dict[str, str], two: dict[str, str]) -> list[str]:
    return [name for name in one | two if one.get(name) != two.get(name)]


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_test_part_moves_nothing_that_a_network_learns(backend, rule, encoder):
    table = made_up_table()
    split = split_of(table)
    before = learned(table, split, backend, rule, encoder)
    after = learned(scramble(table, split.test), split, backend, rule, encoder)
    assert differing(before, after) == []


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_validation_part_moves_no_weight_of_the_first_epoch(backend, rule, encoder):
    table = made_up_table()
    split = split_of(table)
    made, learns = load_backend(backend), load_rule(rule)
    weights = []
    for own in (table, scramble(table, split.validation, seed=1)):
        data = encode_split(own, split, fit_split(own, split, PREPROCESSING), load_encoder(encoder, {}), 1)
        settings = learns.settings(**{k: v for k, v in {**SMALL, "epochs": 1, "rounds": 1}.items()
                                      if k in learns.settings.__dataclass_fields__})  # fmt: skip
        weights.append(train_split(split.name, data, made, learns, settings, 7).parameters)
    assert {k: v.tobytes() for k, v in weights[0].items()} == {k: v.tobytes() for k, v in weights[1].items()}


def fitted_baselines(table: pd.DataFrame, split: Split) -> dict[str, str]:
    """Return what every other model learns and chooses, as text to the last bit."""
    fitted = {split.name: fit_split(table, split, PREPROCESSING)}
    scores = score_baselines(table, made_up_cases(table), [split], fitted, BaselineSettings(8, 6, 3, 1))
    return {k: v.tobytes().hex() for k, v in scores.items() if "/test." not in k}


def test_the_test_part_moves_nothing_that_other_models_learn():
    table = made_up_table()
    split = split_of(table)
    before, after = (fitted_baselines(own, split) for own in (table, scramble(table, split.test)))
    assert differing(before, after) == []
    assert {name.split("/")[0] for name in before} == set(BASELINES)


def test_the_validation_part_chooses_between_forms_and_moves_no_form():
    table = made_up_table()
    split = split_of(table)
    for name, baseline in BASELINES.items():
        for form, candidate in baseline.candidates.items():
            if candidate.fit is BASELINES["dense"].candidates["one hidden layer, features"].fit:
                continue  # stops early on the validation part, as the networks do
            said = []
            for own in (table, scramble(table, split.validation, seed=1)):
                views = views_of(own, made_up_cases(own), fit_split(own, split, PREPROCESSING))
                indices = part_indices(split, own["sample"].to_numpy(str))
                labels = own["label"].to_numpy()
                train, validation, test = (
                    Part(views[candidate.view][indices[part]], labels[indices[part]])
                    for part in ("train", "validation", "test")
                )
                model = candidate.fit(train, validation, BaselineSettings(8, 6, 3, 1), 3)
                said.append(scores_of(model, test.values).tobytes())
            assert said[0] == said[1], (name, form)
