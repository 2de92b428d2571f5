"""The small pieces of the evaluation, against scikit-learn, formulas and cases worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from snndeep.evaluation.aggregation import choose_share, patient_scores
from snndeep.evaluation.bootstrap import interval, patient_draws, resampled_metrics, stratified_auc
from snndeep.evaluation.calibration import calibration_slope, expected_calibration_error, fit_calibration
from snndeep.evaluation.comparison import (
    Difference,
    Measured,
    are_same,
    difference_of,
    holm,
    judge_family,
    resampled_t_test,
)
from snndeep.evaluation.decision import fit_decision, fit_patient_decision
from snndeep.evaluation.metrics import CALIBRATIONS, METRICS, Outcome, measure
from snndeep.evaluation.thresholds import choose_threshold

BY_HAND = Outcome(
    label=np.array([1, 1, 1, 0, 0, 0, 0, 0]),
    margin=np.array([0.9, 0.4, -0.2, 0.5, -0.1, -0.3, -0.4, -0.5]),
    predicted=np.array([1, 1, 0, 1, 0, 0, 0, 0]),
    probability=np.array([0.9, 0.7, 0.4, 0.7, 0.4, 0.3, 0.2, 0.1]),
)


LINE = ("calibration_slope", "calibration_intercept")


def test_metrics_of_a_case_worked_by_hand():
    values, undefined = measure(BY_HAND, "slice", 2)
    assert undefined == {}
    # Pairs: 0.9 beats 5, 0.4 beats 4, -0.2 beats 3. Precision at the three hits: 1/1, 2/3, 3/5.
    expected = {
        "accuracy": 6 / 8,
        "balanced_accuracy": (2 / 3 + 4 / 5) / 2,
        "roc_auc": 12 / 15,
        "pr_auc": (1 + 2 / 3 + 3 / 5) / 3,
        "f1": 4 / 6,
        "mcc": (2 * 4 - 1 * 1) / math.sqrt(3 * 3 * 5 * 5),
        "sensitivity": 2 / 3,
        "specificity": 4 / 5,
        "brier": (0.01 + 0.09 + 0.36 + 0.49 + 0.16 + 0.09 + 0.04 + 0.01) / 8,
        # Upper bin: 2 of 3 diseased, lower: 1 of 5; less the variance of these shares, which is more than the error here.
        "ece": 0.0,
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("label", "predicted", "missing"),
    [
        ([0, 0], [0, 1], {"roc_auc", "pr_auc", "balanced_accuracy", "mcc", "sensitivity", *LINE}),
        ([1, 1], [0, 1], {"roc_auc", "pr_auc", "balanced_accuracy", "mcc", "specificity", *LINE}),
        ([0, 0], [0, 0], {"roc_auc", "pr_auc", "balanced_accuracy", "mcc", "sensitivity", "f1", *LINE}),
        ([0, 1], [0, 0], {"mcc", "calibration_slope"}),
        ([], [], set(METRICS)),
    ],
)
def test_what_is_undefined_is_none_with_a_reason(label, predicted, missing):
    n = len(label)
    outcome = Outcome(np.array(label, int), np.arange(n) / 2, np.array(predicted, int), np.full(n, 0.5))
    values, undefined = measure(outcome, "slice", 10)
    assert {name for name, value in values.items() if value is None} == missing == set(undefined)
    assert all(undefined.values())


@settings(max_examples=40, deadline=None)
@example(65536)  # a resample that draws none of the patients
@given(st.integers(0, 10**6))
def test_resampled_metrics_equal_those_of_repeated_samples(seed):
    rng = np.random.default_rng(seed)
    member = rng.integers(0, 5, 24)
    label = np.array([0, 1, *rng.integers(0, 2, 22)])
    outcome = Outcome(label, rng.integers(0, 8, 24) / 8, rng.integers(0, 2, 24), rng.integers(0, 21, 24) / 20)
    draws = rng.integers(0, 4, (3, 5)).astype(float)
    resampled = resampled_metrics([(outcome, member)], draws, 10)
    for k, counts in enumerate(draws):
        repeat = np.repeat(np.arange(24), counts[member].astype(int))
        fields = (getattr(outcome, f)[repeat] for f in ("label", "margin", "predicted", "probability"))
        values, _ = measure(Outcome(*fields), "slice", 10)
        for name in METRICS:
            if name in CALIBRATIONS:
                continue  # to first order in the weights, see below
            if values[name] is None:
                assert np.isnan(resampled[name][k]), name
            else:
                assert resampled[name][k] == pytest.approx(values[name]), name


def test_ranked_metrics_are_averaged_over_the_folds_that_define_them():
    healthy = Outcome(np.zeros(2, int), np.array([0.1, 0.2]), np.zeros(2, int), np.full(2, 0.5))
    rows = [(BY_HAND, np.zeros(8, int)), (healthy, np.zeros(2, int))]
    assert resampled_metrics(rows, np.ones((1, 1)), 10)["roc_auc"][0] == pytest.approx(0.8)


def test_draws_keep_the_number_of_patients_of_each_class():
    draws = patient_draws(np.array([0, 0, 0, 1, 1]), 200, np.random.default_rng(0))
    assert (draws[:, :3].sum(axis=1) == 3).all()
    assert (draws[:, 3:].sum(axis=1) == 2).all()
    assert draws.max() > 1


def test_interval_passes_over_what_is_undefined():
    assert interval(np.array([np.nan, 1.0, 1.0])) == [1.0, 1.0]
    assert interval(np.array([np.nan])) is None


def test_intervals_over_patients_cover_the_truth_where_intervals_over_slices_would_not():
    # A patient's 10 slices share one score, so slices are no more evidence than patients. The true AUC is Phi(1 / sqrt 2).
    rng = np.random.default_rng(5)
    truth = stats.norm.cdf(1 / math.sqrt(2))
    covered = {"patients": 0, "slices": 0}
    label = np.repeat([0, 1], 20)
    for _ in range(100):
        score = rng.normal(label, 1)
        outcome = Outcome(*(np.repeat(v, 10) for v in (label, score, score > 0.5, np.full(40, 0.5))))
        for unit, status, member in (
            ("patients", label, np.repeat(np.arange(40), 10)),
            ("slices", np.repeat(label, 10), np.arange(400)),
        ):
            draws = patient_draws(status, 150, rng)
            low, high = interval(resampled_metrics([(outcome, member)], draws, 10)["roc_auc"])
            covered[unit] += low <= truth <= high
    assert covered["patients"] >= 87
    assert covered["slices"] <= 60


def test_a_patients_score_is_the_mean_of_a_share_of_its_slices():
    patients = np.array(["b", "a", "b", "b", "a", "c", "b"])
    scores = np.array([0.1, 0.4, 0.7, 0.5, 0.2, 0.9, 0.3])
    names, values = patient_scores(patients, scores, 0.5)
    assert names.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(values, [0.4, 0.6, 0.9])  # of two slices one, of four two, of one that one
    np.testing.assert_allclose(patient_scores(patients, scores, 1.0)[1], [0.3, 0.4, 0.9])
    # Three eighths of four slices are one and a half: the second counts half.
    np.testing.assert_allclose(patient_scores(patients, scores, 0.375)[1][1], (0.7 + 0.5 / 2) / 1.5)


def test_patients_of_a_constant_model_are_equal_to_the_bit():
    # The mean of seven times 0.1 is not that of three times 0.1; ranking patients by that noise would rank them by size.
    patients = np.repeat(["a", "b", "c"], [3, 7, 10])
    for share in (0.05, 0.3, 0.5, 1.0):
        assert set(patient_scores(patients, np.full(20, 0.1), share)[1]) == {0.1}


def test_long_scans_do_not_score_higher_for_being_long():
    # Forty scans of 20 and forty of 120 slices, all scores noise: the mean of the three highest tells them apart, a share
    # of the slices hardly.
    rng = np.random.default_rng(0)
    lengths = np.repeat([20, 120], 40)
    patients = np.repeat([f"p{k:02d}" for k in range(80)], lengths)
    long = np.arange(80) >= 40
    noise = [rng.normal(size=patients.size) for _ in range(20)]
    by_share = np.mean([sk.roc_auc_score(long, patient_scores(patients, scores, 0.1)[1]) for scores in noise])
    highest = [[np.sort(scores[patients == name])[-3:].mean() for name in np.unique(patients)] for scores in noise]
    by_number = np.mean([sk.roc_auc_score(long, values) for values in highest])
    assert by_number > 0.95
    assert by_share < 0.65


def test_the_share_of_slices_is_the_one_that_ranks_validation_patients_best():
    # Each healthy patient has one slice that is higher than any of the diseased: only the mean of several is right.
    patients = np.repeat(["h1", "h2", "d1", "d2"], 4)
    scores = np.array([0.9, 0.1, 0.1, 0.1, 0.9, 0.2, 0.1, 0.1, 0.6, 0.6, 0.6, 0.6, 0.7, 0.7, 0.7, 0.7])
    assert choose_share(patients, scores, np.array(["d1", "d2"]), [0.25, 1.0]) == 1.0
    assert choose_share(patients, -scores, np.array(["d1", "d2"]), [0.25]) == 0.25
    assert choose_share(patients, scores, np.array([]), [0.1, 0.3, 0.5, 1.0]) == 0.3  # one class: nothing to choose by
    perfect = np.isin(patients, ["d1", "d2"]).astype(float)
    assert choose_share(patients, perfect, np.array(["d1", "d2"]), [0.1, 0.2, 0.4]) == 0.2  # equally good: the middle


def test_pairs_of_different_folds_are_not_compared():
    # Both folds rank perfectly, on scales of their own; pooled, half of the pairs across folds would be wrong.
    labels = np.array([0, 0, 1, 1])
    folds = [
        (labels, np.array([0.1, 0.2, 0.3, 0.4]), np.arange(4)),
        (labels, np.array([5.0, 6, 7, 8]), np.arange(4, 8)),
    ]
    assert stratified_auc(folds) == 1.0
    pooled = np.concatenate([scores for _, scores, _ in folds])
    assert sk.roc_auc_score(np.tile(labels, 2), pooled) == 0.75
    assert stratified_auc([(np.ones(3), np.arange(3.0), np.arange(3))]) is None


def test_threshold_separates_what_can_be_separated():
    assert choose_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.7, 0.8])) == pytest.approx(0.5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_no_threshold_has_a_greater_balanced_accuracy(seed):
    rng = np.random.default_rng(seed)
    labels, scores = np.array([0, 1, *rng.integers(0, 2, 18)]), rng.integers(0, 9, 20) / 9
    scores[:2] = 0, 1
    chosen = choose_threshold(labels, scores)
    reached = sk.balanced_accuracy_score(labels, scores >= chosen)
    for cut in np.r_[-1, np.unique(scores) + 1e-6]:
        assert reached >= sk.balanced_accuracy_score(labels, scores >= cut) - 1e-12


@pytest.mark.parametrize("labels", [[0, 0, 1], [1, 1, 0], [0, 0, 0], [1, 1, 1]])
def test_calls_follow_the_majority_where_nothing_can_be_chosen(labels):
    decision = fit_decision(np.array(labels), np.full(3, 0.4))
    majority = int(np.mean(labels) >= 0.5)
    assert (decision.threshold <= 0.4) == bool(majority)
    assert decision.margin(np.full(3, 0.4)).tolist() == [0.0] * 3


def test_calibration_recovers_a_logistic_model_and_keeps_the_order():
    rng = np.random.default_rng(0)
    margin = rng.normal(0, 2, 20_000)
    label = (rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * margin - 0.5)))).astype(int)
    fitted = fit_calibration(label, margin)
    assert fitted.slope == pytest.approx(1.5, abs=0.08)
    assert fitted.intercept == pytest.approx(-0.5, abs=0.08)
    assert expected_calibration_error(label, fitted.probability(margin), 10) < 0.01

    reversed_order = fit_calibration(1 - label, margin)
    assert reversed_order.slope == 0
    np.testing.assert_allclose(reversed_order.probability(margin), 1 - label.mean(), atol=0.001)


def test_calibration_of_a_few_separated_samples_is_not_certain():
    label = np.array([0, 0, 0, 1, 1])
    probability = fit_calibration(label, np.array([-2.0, -1.5, -1.0, 1.0, 2.0])).probability(np.array([-1.5, 1.5]))
    # Platt's targets for three healthy and two diseased samples are 1/5 and 3/4.
    np.testing.assert_allclose(probability, [0.2, 0.75], atol=0.1)


def test_decisions_about_patients_are_fitted_on_validation_patients():
    patients = np.repeat(["h1", "h2", "d1", "d2"], 3)
    scores = np.array([0.1, 0.2, 0.1, 0.3, 0.1, 0.1, 0.9, 0.1, 0.1, 0.8, 0.2, 0.1])
    decision = fit_patient_decision(patients, scores, np.array(["d1", "d2"]), [0.3, 1.0])
    assert decision.top_share == 0.3
    assert decision.threshold == pytest.approx(0.55)
    assert (decision.margin(np.array([0.5, 0.6])) >= 0).tolist() == [False, True]


def test_holm_on_a_case_worked_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, None, 0.9]) == [1.0, None, 1.0]
    assert holm([]) == []


def test_the_corrected_resampled_t_test_on_a_case_worked_by_hand():
    # mean 0.02, variance 0.00025; t = 0.02 / sqrt((1/5 + 1/4) 0.00025) = 1.8856
    differences = np.array([0.0, 0.01, 0.02, 0.03, 0.04])
    values, reason = resampled_t_test(differences, 0.25)
    assert reason == ""
    assert values["t"] == pytest.approx(0.02 / math.sqrt(0.45 * 0.00025))
    assert values["degrees"] == 4
    assert values["p_folds"] == pytest.approx(2 * stats.t.sf(1.885618, 4), rel=1e-5)
    assert values["effect"] == pytest.approx(0.02 / math.sqrt(0.00025))
    # Without the correction it is the paired t-test, which is more easily convinced.
    plain = stats.ttest_1samp(differences, 0)
    assert resampled_t_test(differences, 0.0)[0]["t"] == pytest.approx(plain.statistic)
    assert values["p_folds"] > plain.pvalue


@pytest.mark.parametrize("differences", [[0.1], [np.nan, 0.1], [0.1, 0.1, 0.1]])
def test_a_t_test_that_cannot_be_made_says_why(differences):
    values, reason = resampled_t_test(np.array(differences), 0.25)
    assert set(values.values()) == {None}
    assert reason


def test_equal_models_do_not_differ():
    same = Measured(0.8, np.array([0.7, 0.8, 0.9]), np.array([0.7, 0.9]))
    assert are_same(same, same)
    verdict = judge_family({"x": difference_of(same, same)})["x"]
    assert (verdict.difference, verdict.p, verdict.verdict) == (0.0, 1.0, "equal")


def test_the_paired_bootstrap_is_about_the_difference_not_about_the_models():
    # Two models that rise and fall together: each alone is uncertain, their difference is not.
    rng = np.random.default_rng(0)
    common = rng.normal(0, 0.1, 1000)
    a, b = 0.8 + common, 0.75 + common + rng.normal(0, 0.005, 1000)
    found = judge_family({"x": difference_of(Measured(0.8, a, np.zeros(2)), Measured(0.75, b, np.zeros(2)))})["x"]
    assert found.verdict == "better"
    assert found.interval[0] > 0
    assert found.p < 0.01


def family_of_nothing(rng, size=10, resamples=399):
    """Differences that are all zero in truth and depend on one another, as models on the same patients do."""
    common, error = rng.normal(size=(resamples, 1)), 0.02
    resampled = error * (0.6 * common + 0.8 * rng.normal(size=(resamples, size)))
    found = error * (0.6 * rng.normal() + 0.8 * rng.normal(size=size))
    return {k: Difference(found[k], found[k] + resampled[:, k]) for k in range(size)}


def test_a_family_in_which_nothing_differs_seldom_has_a_verdict():
    rng = np.random.default_rng(1)
    wrong = [
        any(one.verdict != "undecided" for one in judge_family(family_of_nothing(rng)).values()) for _ in range(300)
    ]
    assert 0.01 < np.mean(wrong) < 0.09


def test_identical_differences_cost_nothing_and_different_ones_do():
    rng = np.random.default_rng(2)
    one = Difference(0.05, 0.05 + 0.02 * rng.normal(size=999))
    others = {k: Difference(0.0, 0.02 * rng.normal(size=999)) for k in range(20)}
    alone = judge_family({"one": one})["one"]
    assert judge_family({"one": one, "again": one, "and again": one})["one"] == alone
    among = judge_family({"one": one, **others})["one"]
    assert among.p > alone.p
    assert among.interval[0] < alone.interval[0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_interval_p_and_verdict_agree(seed):
    rng = np.random.default_rng(seed)
    family = {}
    for k in range(rng.integers(1, 6)):
        value = float(rng.normal(0, 0.03))
        family[k] = Difference(value, value + rng.normal(0, 0.01, int(rng.integers(19, 200))) if k == 0 else value)
    size = family[0].resampled.size
    family = {k: Difference(one.value, one.value + rng.normal(0, 0.01, size)) for k, one in family.items()}
    for one in judge_family(family).values():
        low, high = one.interval
        assert (one.verdict == "better") == (low > 0)
        assert (one.verdict == "worse") == (high < 0)
        assert (one.p <= 0.05) == (one.verdict != "undecided")
        assert low <= one.difference <= high


def test_what_is_undefined_has_no_verdict_and_says_why():
    nothing = np.full(5, np.nan)
    family = {"a": Difference(None, nothing), "b": Difference(0.1, nothing), "c": Difference(0.1, np.full(99, 0.1))}
    found = judge_family(family)
    for name in "ab":
        assert found[name].verdict == "undecided"
        assert found[name].interval is None
        assert found[name].undefined
    assert (found["c"].verdict, found["c"].interval, found["c"].p) == ("better", (0.1, 0.1), 0.01)


def test_a_calibrated_model_has_slope_one_and_an_overconfident_one_less():
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 1.5, 20_000)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-odds))).astype(int)
    right, bold = (1 / (1 + np.exp(-factor * odds)) for factor in (1, 2))
    assert calibration_slope(labels, right).value == pytest.approx(1, abs=0.05)
    assert calibration_slope(labels, bold).value == pytest.approx(0.5, abs=0.03)
    assert expected_calibration_error(labels, bold, 10) > 0.05


def test_the_calibration_error_of_a_calibrated_model_with_few_samples_is_about_zero():
    rng = np.random.default_rng(0)
    plain, debiased = [], []
    for _ in range(200):
        p = rng.uniform(0, 1, 60)
        labels = (rng.random(60) < p).astype(int)
        number = np.minimum((10 * p).astype(int), 9)
        plain.append(np.abs(np.bincount(number, labels - p, minlength=10)).sum() / 60)
        debiased.append(expected_calibration_error(labels, p, 10))
    assert np.mean(plain) > 0.1
    assert np.median(debiased) < 0.05


def test_the_calibration_line_under_a_resample_is_about_that_of_the_repeated_samples():
    rng = np.random.default_rng(3)
    odds = rng.normal(0, 1.5, 600)
    label = (rng.random(600) < 1 / (1 + np.exp(-0.7 * odds))).astype(int)
    outcome = Outcome(label, odds, (odds > 0).astype(int), 1 / (1 + np.exp(-odds)))
    member = np.arange(600) // 10
    draws = patient_draws(np.zeros(60), 40, rng)
    resampled = resampled_metrics([(outcome, member)], draws, 10)
    for name, fitted in CALIBRATIONS.items():
        repeats = [np.repeat(np.arange(600), counts[member].astype(int)) for counts in draws]
        exact = np.array([fitted(label[own], outcome.probability[own]).value for own in repeats])
        assert np.corrcoef(exact, resampled[name])[0, 1] > 0.98
        assert resampled[name].std() == pytest.approx(exact.std(), rel=0.15)
