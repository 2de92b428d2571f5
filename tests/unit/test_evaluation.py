"""The evaluation of a whole run, its guard against leaks, and its tables."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from snndeep.errors import LeakageError
from snndeep.evaluation.leakage import fitted_digests
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.evaluation.study import Jobs, StudyCohort, evaluate
from snndeep.evaluation.tables import TABLES
from snndeep.samples.split import Split

SETTINGS = EvaluationSettings(top_share=(0.25, 1.0), bootstrap=100, calibration_bins=10, seed=1)
NO_JOBS = Jobs({}, {}, "phantom")
KINDS = {"m/x": "snn", "m/y": "snn", "logistic": "classical", "area": "context", "constant": "context"}


def study(noise: float, folds: int = 3):
    """24 patients with 6 slices each, by patient; every other patient is diseased."""
    rng = np.random.default_rng(0)
    patients = np.repeat([f"p{k:02d}" for k in range(24)], 6)
    labels = np.repeat(np.arange(24) % 2, 6)
    samples = np.array([f"{p}:{k}" for k, p in enumerate(patients)])
    table = pd.DataFrame({"sample": samples, "patient": patients, "label": labels})
    score = {name: labels + noise * rng.normal(size=144) for name in KINDS}
    score["constant"] = np.full(144, 0.5)
    splits, scores = [], {name: {} for name in KINDS}
    for fold, test in enumerate(np.array_split(np.arange(24), folds)):
        inside = np.isin(np.arange(144) // 6, test)
        rest = np.flatnonzero(~inside)
        parts = {"validation": rest[:36], "test": np.flatnonzero(inside)}
        splits.append(Split("patient", fold, tuple(samples[rest[36:]]), *(tuple(samples[p]) for p in parts.values())))
        for part, chosen in parts.items():
            for name in KINDS:
                scores[name][f"patient_{fold}/{part}.samples"] = samples[chosen]
                scores[name][f"patient_{fold}/{part}.scores"] = score[name][chosen] * (1 + fold) + fold
    sign(table, splits, scores)
    return table, splits, scores, KINDS


def digests_of(split, table):
    known = table.set_index("sample")
    return np.array(list(fitted_digests(split, known["label"].to_dict(), known["patient"].to_dict()).values()))


def sign(table, splits, scores):
    """Record for every model and split that it was fitted on the split's own parts."""
    for split in splits:
        digests = digests_of(split, table)
        for own in scores.values():
            own[f"{split.name}/fitted_on"] = digests


def test_a_perfect_model_is_perfect_everywhere():
    metrics, predictions = evaluate(*study(0.0), SETTINGS, NO_JOBS)
    for unit in ("slice", "patient"):
        values = metrics["models"]["m/x"]["patient"][unit]
        for name in ("roc_auc", "pr_auc", "accuracy", "balanced_accuracy", "f1", "mcc", "sensitivity", "specificity"):
            assert values[name] == pytest.approx(1.0), (unit, name)
        assert values["undefined"] == {}
    assert len(metrics["patients"]) == 24 * len(KINDS)
    assert len(predictions) == 144 * len(KINDS)


def test_noisy_models_have_intervals_around_their_values_and_the_same_run_gives_the_same_numbers():
    metrics, _ = evaluate(*study(1.0), SETTINGS, NO_JOBS)
    for unit in ("slice", "patient"):
        values = metrics["models"]["m/x"]["patient"][unit]
        for name in ("roc_auc", "pr_auc", "accuracy", "mcc", "brier"):
            low, high = values["interval"][name]
            assert low <= values[name] <= high, (unit, name)
    assert 0.6 < metrics["models"]["m/x"]["patient"]["slice"]["roc_auc"] < 0.95
    assert metrics == evaluate(*study(1.0), SETTINGS, NO_JOBS)[0]


def test_a_constant_model_knows_nothing_and_what_it_leaves_undefined_is_said():
    metrics, _ = evaluate(*study(1.0), SETTINGS, NO_JOBS)
    for unit in ("slice", "patient"):
        values = metrics["models"]["constant"]["patient"][unit]
        assert values["roc_auc"] == 0.5
        assert values["pr_auc"] == 0.5
        assert values["accuracy"] == 0.5
        assert values["mcc"] is None
        assert values["interval"]["mcc"] is None
        assert values["undefined"]["mcc"] == f"every {unit} was called diseased"


def test_a_fold_with_one_class_is_undefined_says_why_and_stops_nothing():
    table, splits, scores, kinds = study(1.0)
    table["label"] = np.where(table["patient"] < "p08", 0, table["label"])
    sign(table, splits, scores)
    metrics, _ = evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
    own = metrics["models"]["m/x"]["patient"]
    fold = own["folds"][0]["slice"]
    for name in ("roc_auc", "pr_auc", "sensitivity", "mcc"):
        assert fold[name] is None
        assert "no diseased slice" in fold["undefined"][name]
    assert fold["specificity"] is not None
    later = [own["folds"][k]["slice"]["roc_auc"] for k in (1, 2)]
    assert own["slice"]["roc_auc"] == pytest.approx(np.mean(later))  # the two folds have equally many pairs
    assert own["slice"]["notes"]["roc_auc"].startswith("pairs within 2 folds; undefined in 1: one class only")
    assert own["slice"]["notes"]["pr_auc"].startswith("mean of 2 folds; undefined in 1: one class only")
    json.dumps(metrics, allow_nan=False)
    assert all(len(make(metrics)) for name, make in TABLES.items() if name != "cost")


def test_a_run_without_any_defined_fold_still_ends():
    table, splits, scores, kinds = study(1.0)
    table["label"] = 0
    sign(table, splits, scores)
    metrics, _ = evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
    values = metrics["models"]["m/x"]["patient"]["slice"]
    assert values["roc_auc"] is None
    assert "no diseased slice" in values["undefined"]["roc_auc"]
    assert metrics["headline"]["patient"]["network"] is None
    assert all(row["difference"] is None and row["undefined"]["difference"] for row in metrics["comparisons"])
    json.dumps(metrics, allow_nan=False)
    table = TABLES["models"](metrics)
    assert table["roc_auc"].isna().all()


def test_the_headline_compares_the_chosen_network_with_what_it_has_to_beat():
    table, splits, scores, kinds = study(1.0)
    truth = table.set_index("sample")["label"]
    for key in [key for key in scores["m/y"] if key.endswith("samples")]:
        scores["m/y"][key.replace("samples", "scores")] = truth.loc[scores["m/y"][key]].to_numpy(float)
    metrics, _ = evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
    answer = metrics["headline"]["patient"]
    assert (answer["network"], answer["classical"]) == ("m/y", "logistic")
    assert set(answer["slice"]["against"]) == {"logistic", "area", "constant"}
    for rival in answer["slice"]["against"].values():
        assert rival["verdict"] == "better"
        assert rival["interval"][0] > 0
    rows = [row for row in metrics["comparisons"] if row["unit"] == "slice"]
    others = ("logistic", "area", "constant")
    assert {(row["a"], row["b"]) for row in rows} == {("m/x", "m/y"), *((m, o) for m in ("m/x", "m/y") for o in others)}
    for row in metrics["comparisons"]:
        assert row["p_folds_holm"] is None or row["p_folds_holm"] >= row["p_folds"]


def test_the_network_of_the_answer_is_chosen_on_validation_whatever_the_test_part_says():
    table, splits, scores, kinds = study(1.0)
    truth = table.set_index("sample")["label"]
    for name, part in (("m/x", "validation"), ("m/y", "test")):  # x is perfect on validation, y is on test
        for split in splits:
            own = scores[name][f"{split.name}/{part}.samples"]
            scores[name][f"{split.name}/{part}.scores"] = truth.loc[own].to_numpy(float)
    metrics, _ = evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
    assert metrics["models"]["m/y"]["patient"]["slice"]["roc_auc"] == 1.0
    assert metrics["headline"]["patient"]["network"] == "m/x"


def test_identical_networks_are_one_piece_of_evidence():
    table, splits, scores, kinds = study(1.0)
    alone, _ = evaluate(table, splits, {k: v for k, v in scores.items() if k != "m/y"}, kinds, SETTINGS, NO_JOBS)
    scores["m/y"] = scores["m/x"]
    twice, _ = evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
    assert twice["identical"]["patient"] == {"m/x": "m/x", "m/y": "m/x"}
    assert twice["headline"]["patient"]["networks"] == 1
    assert twice["comparisons"] == alone["comparisons"]


def test_nothing_that_is_chosen_or_fitted_looks_at_the_test_part():
    table, splits, scores, kinds = study(1.0)
    before, _ = evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
    rng = np.random.default_rng(5)
    for name in kinds:
        for split in splits:
            key = f"{split.name}/test.scores"
            scores[name][key] = rng.normal(50, 9, scores[name][key].size)
    after, _ = evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
    for name in ("network", "classical"):
        assert before["headline"]["patient"][name] == after["headline"]["patient"][name]
    for name in kinds:
        own = [m["models"][name]["patient"] for m in (before, after)]
        assert own[0]["validation_roc_auc"] == own[1]["validation_roc_auc"]
        for one, other in zip(*(values["folds"] for values in own), strict=True):
            for unit in ("slice", "patient"):
                for fitted in ("decisions", "calibration", "validation"):
                    assert one[unit][fitted] == other[unit][fitted]


def test_by_slice_a_validation_patients_status_is_read_from_known_slices():
    # All lesions of p01 are in the test part: neither threshold nor share of the validation part may know of them.
    table = study(1.0)[0]
    sick = table.loc[table["patient"] == "p01", "sample"].tolist()
    rest = [s for s in table["sample"] if s not in sick]
    table.loc[table["sample"] == sick[0], "label"] = 0
    split = Split("slice", 0, tuple(sorted(rest[40:])), tuple(sorted([*rest[:40], sick[0]])), tuple(sorted(sick[1:])))
    cohort = StudyCohort.of(table, SETTINGS)
    assert "p01" in cohort.diseased
    assert "p01" not in cohort.known_diseased(split)


def test_noise_reaches_one_half_where_scans_are_equally_long_and_the_figure_is_given():
    metrics, _ = evaluate(*study(1.0), SETTINGS, NO_JOBS)
    null = metrics["models"]["m/x"]["patient"]["patient"]["null"]
    assert null["roc_auc"] == pytest.approx(0.5, abs=0.05)
    assert null["interval"][0] < 0.4 < 0.6 < null["interval"][1]


def test_a_network_that_was_trained_on_the_test_part_is_refused():
    table, splits, scores, kinds = study(1.0)
    swapped = replace(splits[0], train=splits[0].test, test=splits[0].train)
    scores["m/x"]["patient_0/fitted_on"] = digests_of(swapped, table)
    with pytest.raises(LeakageError, match=r"fitted on other samples(.|\n)*m/x, patient_0, train"):
        evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
    del scores["m/x"]["patient_0/fitted_on"]
    with pytest.raises(LeakageError, match="not recorded"):
        evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)


def test_scores_that_say_nothing_have_an_auc_of_one_half():
    rng = np.random.default_rng(3)
    table, splits, scores, _ = study(0.0)
    aucs = []
    for _ in range(10):
        for key in [key for key in scores["m/x"] if key.endswith("scores")]:
            scores["m/x"][key] = rng.permutation(scores["m/x"][key])
        few = {"m/x": scores["m/x"]}
        metrics, _ = evaluate(table, splits, few, {"m/x": "snn"}, replace(SETTINGS, bootstrap=20), NO_JOBS)
        aucs.append([metrics["models"]["m/x"]["patient"][unit]["roc_auc"] for unit in ("slice", "patient")])
    np.testing.assert_allclose(np.mean(aucs, axis=0), 0.5, atol=0.08)


def test_a_planted_leak_is_caught():
    table, splits, scores, kinds = study(1.0)
    stolen = splits[0].test[0]
    leaky = [replace(splits[0], train=(*splits[0].train, stolen)), *splits[1:]]
    with pytest.raises(LeakageError, match="A sample is in two parts"):
        evaluate(table, leaky, scores, kinds, SETTINGS, NO_JOBS)

    # One slice of a test patient moves to the training part: no sample is shared, but the patient is.
    leaky = [replace(leaky[0], test=splits[0].test[1:]), *splits[1:]]
    with pytest.raises(LeakageError, match=r"A patient is in two parts(.|\n)*train and test(.|\n)*p00"):
        evaluate(table, leaky, scores, kinds, SETTINGS, NO_JOBS)

    scores["m/x"]["patient_0/validation.samples"] = scores["m/x"]["patient_0/test.samples"]
    with pytest.raises(LeakageError, match="Scores are not of the samples of their part"):
        evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)


def test_tables_say_what_the_metrics_say():
    metrics, _ = evaluate(*study(1.0), SETTINGS, NO_JOBS)
    tables = {name: make(metrics) for name, make in TABLES.items()}
    row = tables["models"].set_index(["model", "protocol", "unit"]).loc[("m/x", "patient", "slice")]
    values = metrics["models"]["m/x"]["patient"]["slice"]
    for name in metrics["metrics"]:
        assert row[name] == values[name]
        assert [row[f"{name}_low"], row[f"{name}_high"]] == values["interval"][name]
    assert row["kind"] == "snn"
    assert len(tables["folds"]) == len(KINDS) * 3 * 2
    assert len(tables["comparisons"]) == len(metrics["comparisons"])
    assert len(tables["patients"]) == 24 * len(KINDS)


def several_networks(scales):
    """The study above with a network per scale in each fold; all have the same scores, each on a scale of its own."""
    table, splits, scores, kinds = study(1.0)
    several = [replace(split, member=member) for split in splits for member in range(len(scales))]
    own = {
        name: {
            f"patient_{split.fold}_{split.member}/{part}.{what}": (
                values[f"patient_{split.fold}/{part}.{what}"]
                if what == "samples"
                else values[f"patient_{split.fold}/{part}.{what}"] * scales[split.member]
            )
            for split in several
            for part in ("validation", "test")
            for what in ("samples", "scores")
        }
        for name, values in scores.items()
    }
    sign(table, several, own)
    return table, several, own, kinds


def test_networks_of_a_fold_that_say_the_same_on_other_scales_say_it_together():
    alone, _ = evaluate(*study(1.0), SETTINGS, NO_JOBS)
    together, predictions = evaluate(*several_networks([1.0, 50.0, 0.2]), SETTINGS, NO_JOBS)
    for unit in ("slice", "patient"):
        one, other = (m["models"]["m/x"]["patient"][unit] for m in (alone, together))
        # Three times the validation margins draw Platt's targets in a little less.
        for name, tolerance in (("roc_auc", 1e-6), ("accuracy", 1e-6), ("brier", 0.02)):
            assert other[name] == pytest.approx(one[name], abs=tolerance), (unit, name)
    fold = together["models"]["m/x"]["patient"]["folds"][0]
    assert fold["networks"] == 3
    assert len({round(decision["threshold"], 9) for decision in fold["slice"]["decisions"]}) == 3
    assert len(predictions) == 144 * len(KINDS), "a slice is judged once, not once for each network"


def test_networks_of_a_fold_that_were_tested_on_different_samples_are_refused():
    table, splits, scores, kinds = several_networks([1.0, 1.0])
    short = splits[1].test[1:]
    splits[1] = replace(splits[1], test=short)
    for own in scores.values():
        own["patient_0_1/test.samples"], own["patient_0_1/test.scores"] = (
            own[f"patient_0_1/test.{what}"][1:] for what in ("samples", "scores")
        )
    sign(table, splits, scores)
    with pytest.raises(LeakageError, match="tested on different samples"):
        evaluate(table, splits, scores, kinds, SETTINGS, NO_JOBS)
