import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, recall_score, roc_auc_score

from snndeep.evaluation import EvaluationSettings, evaluate
from snndeep.protocols import Split
from snndeep.resampling import interval, patient_draws, weighted_auc, weighted_rates
from snndeep.tables import fold_table, model_table, patient_table
from snndeep.thresholds import choose_threshold


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_weighted_metrics_equal_those_of_repeated_samples(seed):
    rng = np.random.default_rng(seed)
    labels = np.array([0, 1, *rng.integers(0, 2, 20)])
    scores = rng.integers(0, 8, 22) / 8
    weights = rng.integers(0, 4, (3, 22))
    weights[:, :2] = 1
    aucs = weighted_auc(labels, scores, weights)
    predicted = (scores > 0.5).astype(int)
    sensitivity, specificity, accuracy = weighted_rates(labels, predicted, weights)
    for k, counts in enumerate(weights):
        y, s, p = (np.repeat(v, counts) for v in (labels, scores, predicted))
        assert aucs[k] == pytest.approx(roc_auc_score(y, s))
        assert sensitivity[k] == pytest.approx(recall_score(y, p))
        assert specificity[k] == pytest.approx(recall_score(y, p, pos_label=0))
        assert accuracy[k] == pytest.approx(accuracy_score(y, p))


def test_draws_keep_the_number_of_patients_of_each_class():
    status = np.array([0, 0, 0, 1, 1])
    draws = patient_draws(status, 200, np.random.default_rng(0))
    assert (draws[:, :3].sum(axis=1) == 3).all()
    assert (draws[:, 3:].sum(axis=1) == 2).all()
    assert draws.max() > 1


def test_interval_passes_over_what_is_undefined():
    assert interval(np.array([np.nan, 1.0, 1.0])) == [1.0, 1.0]
    assert interval(np.array([np.nan])) is None


def test_threshold_separates_what_can_be_separated():
    assert choose_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.7, 0.8])) == pytest.approx(0.5)
    assert choose_threshold(np.array([1, 1]), np.array([0.2, 0.4])) == pytest.approx(0.3)


def study(noise: float):
    rng = np.random.default_rng(0)
    patients = np.repeat([f"p{k:02d}" for k in range(24)], 5)
    labels = np.repeat(np.arange(24) % 2, 5)
    samples = np.array([f"{p}:{k}" for k, p in enumerate(patients)])
    table = pd.DataFrame({"sample": samples, "patient": patients, "label": labels})
    score = labels + noise * rng.normal(size=120)
    splits, scores = [], {}
    for fold in range(2):
        test = np.arange(24)[fold * 12 : fold * 12 + 12]
        inside = np.isin(np.arange(120) // 5, test)
        rest = np.flatnonzero(~inside)
        parts = {"validation": rest[:30], "test": np.flatnonzero(inside)}
        splits.append(Split("patient", fold, tuple(samples[rest[30:]]), *(tuple(samples[p]) for p in parts.values())))
        for part, chosen in parts.items():
            scores[f"patient_{fold}/{part}.samples"] = samples[chosen]
            scores[f"patient_{fold}/{part}.scores"] = score[chosen] * (1 + fold) + fold
    return table, splits, {"m/x": scores}


SETTINGS = EvaluationSettings(top_slices=3, bootstrap=100, seed=1)


def test_a_perfect_model_is_perfect_everywhere():
    metrics = evaluate(*study(0.0), SETTINGS)
    for unit in ("slice", "patient"):
        values = metrics["models"]["m/x"]["patient"][unit]
        for name in ("roc_auc", "pr_auc", "accuracy", "balanced_accuracy", "f1", "mcc"):
            assert values[name] == pytest.approx(1.0), (unit, name)
    assert len(metrics["patients"]) == 24


def test_a_noisy_model_has_an_interval_around_its_value():
    metrics = evaluate(*study(1.0), SETTINGS)
    values = metrics["models"]["m/x"]["patient"]["slice"]
    low, high = values["interval"]["roc_auc"]
    assert low < values["roc_auc"] < high
    assert 0.6 < values["roc_auc"] < 0.95
    assert metrics == evaluate(*study(1.0), SETTINGS)


def test_a_fold_with_one_class_is_undefined_and_said_so():
    table, splits, scores = study(1.0)
    healthy = table.loc[table["label"] == 0, "sample"]
    keep = np.isin(scores["m/x"]["patient_0/test.samples"], healthy)
    for kind in ("samples", "scores"):
        scores["m/x"][f"patient_0/test.{kind}"] = scores["m/x"][f"patient_0/test.{kind}"][keep]
    metrics = evaluate(table, splits, scores, SETTINGS)["models"]["m/x"]["patient"]
    assert "folds [0]" in metrics["slice"]["undefined"]
    assert metrics["folds"][0]["roc_auc"] is None
    assert metrics["slice"]["roc_auc"] == pytest.approx(metrics["folds"][1]["roc_auc"])


def test_tables_have_a_row_for_everything():
    metrics = evaluate(*study(1.0), SETTINGS)
    assert len(model_table(metrics)) == 2
    assert len(fold_table(metrics)) == 2
    assert len(patient_table(metrics)) == 24
