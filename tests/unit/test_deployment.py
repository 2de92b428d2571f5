"""Calibration under resampled patients, and the comparison of a scan with the training data."""

import numpy as np
import pandas as pd
import pytest

from snndeep.deployment.assembly import calibrate
from snndeep.deployment.reference import Reference, compare_features, compare_hu, compare_spacing
from snndeep.evaluation.calibration import fit_calibration, fit_platt, probabilities


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_is_that_of_the_evaluation(seed):
    rng = np.random.default_rng(seed)
    labels = np.r_[0, 1, rng.integers(0, 2, 30)]
    margins = rng.normal(size=32) * 3 + labels * (2 - seed)
    expected = fit_calibration(labels, margins)
    ((slope, intercept),) = fit_platt(margins, labels, np.ones((1, 32)))
    assert slope == pytest.approx(expected.slope, abs=1e-3)
    assert intercept == pytest.approx(expected.intercept, abs=1e-3)


def test_weights_count_like_copies():
    rng = np.random.default_rng(0)
    labels, margins = np.tile([0, 1], 6), rng.normal(size=12) + np.tile([0, 1], 6)
    weights = rng.integers(1, 4, 12)
    copied = fit_platt(np.repeat(margins, weights), np.repeat(labels, weights), np.ones((1, weights.sum())))
    np.testing.assert_allclose(fit_platt(margins, labels, weights[None].astype(float)), copied, atol=1e-6)


def test_separated_patients_give_no_certainty_and_reversed_ones_no_reversal():
    labels, margins = np.array([0, 0, 0, 1, 1, 1]), np.array([-3.0, -2, -1, 1, 2, 3])
    p = probabilities(fit_platt(margins, labels, np.ones((1, 6))), np.array([100.0]))
    assert np.isfinite(fit_platt(margins, labels, np.ones((1, 6)))).all()
    assert 0.5 < p[0] <= 1
    slope, intercept = fit_platt(-margins, labels, np.ones((1, 6)))[0]
    assert slope == 0
    assert probabilities(np.array([[slope, intercept]]), np.array([9.0]))[0] == pytest.approx(0.5)


def test_resampling_draws_patients_within_their_class():
    patients = np.array(["a", "a", "b", "c", "d", "e"])
    labels = np.array([1, 1, 1, 0, 0, 0])
    fits = calibrate(np.array([2.0, 1, 3, -1, 0, 1]), labels, patients, 50, np.random.default_rng(0))
    assert fits.shape == (51, 2)
    assert np.isfinite(fits).all()
    assert len(np.unique(fits[1:, 0])) > 5


def reference() -> Reference:
    return Reference(
        patients=5,
        spacing=np.array([[0.6, 0.6, 1.0], [0.9, 0.9, 5.0]]),
        hu=(80.0, 120.0),
        features=np.array([[0.0, 0.0], [1.0, 1.0]]),
        mean=np.zeros(2),
        precision=np.eye(2),
        limit=2.0,
    )


def test_a_scan_like_the_training_data_raises_no_warning():
    known = [reference()]
    assert compare_spacing(known, (0.6, 0.9, 5.1)) == []
    assert compare_hu(known, 100) == []
    assert compare_features(known, [1.9], [("a", "b")], [np.array([0.5, 0.5])]) == []


def test_each_way_out_of_the_training_data_is_told_with_its_numbers():
    known = [reference(), reference()]
    (spacing,) = compare_spacing(known, (0.7, 0.7, 8.0))
    assert (spacing.kind, "along z is 8 mm" in spacing.text, "1 to 5 mm" in spacing.text) == ("spacing", True, True)
    (hu,) = compare_hu(known, 20)
    assert "20 HU" in hu.text
    (features,) = compare_features(known, [6.0, 6.0], [("a", "b")] * 2, [np.array([0.5, 9.0])] * 2)
    assert "3.0 times" in features.text
    assert "Farthest outside: b." in features.text


def test_the_distance_is_mahalanobis():
    z = np.array([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(reference().distances(z), [5.0, 0.0])
    assert pd.Series(reference().to_json()).index.tolist() == ["patients", "spacing", "hu", "features", "mean", "limit"]
