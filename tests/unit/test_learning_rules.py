"""The Tempotron against its paper's equations, and active learning's selection against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snn_reference import random_spikes

from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.learning.bal import BalSettings, initial_labels, label_schedule, select_departing
from snndeep.learning.registry import load_rule
from snndeep.learning.tempotron import TempotronSettings, kernel_scale
from snndeep.spikes.encoded_split import Problem
from snndeep.spikes.trains import SpikeTrains

CUSTOM = load_backend("custom")


def postsynaptic(d, tau_m, tau_s):
    peak = tau_m * tau_s / (tau_m - tau_s) * math.log(tau_m / tau_s)
    top = math.exp(-peak / tau_m) - math.exp(-peak / tau_s)
    return (math.exp(-d / tau_m) - math.exp(-d / tau_s)) / top if d >= 0 else 0.0


def naive_tempotron(spikes, weight, bias, labels, weights, chosen):
    """Spike by spike: V(t) = sum_i w_i sum_{t_i <= t} K(t - t_i) + b; on an error move w_i by +- sum K(t_max - t_i)."""
    samples, steps, channels = spikes.shape
    loss, grad, grad_bias = 0.0, np.zeros((channels, 1)), 0.0
    voltages = np.zeros((samples, steps))
    for n in range(samples):
        for t in range(steps):
            voltages[n, t] = bias + sum(
                weight[i, 0] * postsynaptic(t - u, chosen.tau_m, chosen.tau_s)
                for u, i in np.argwhere(spikes[n, : t + 1])
            )
        t_max = int(voltages[n].argmax())
        margin = voltages[n, t_max] - chosen.threshold
        fired = margin >= 0
        if fired == bool(labels[n]):
            continue
        direction = weights[n] / samples * (1 if fired else -1)  # descent: down if it fired, up if it should have
        loss += direction * margin
        grad_bias += direction
        for u, i in np.argwhere(spikes[n, : t_max + 1]):
            grad[i, 0] += direction * postsynaptic(t_max - u, chosen.tau_m, chosen.tau_s)
    return voltages, loss, grad, grad_bias


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("backend", BACKENDS)
def test_tempotron_equals_the_paper(backend, seed):
    rng = np.random.default_rng(seed)
    chosen = TempotronSettings(tau_m=6.0, tau_s=1.5, threshold=0.8)
    spikes = random_spikes(rng, 14, 40, 6, 0.25)
    spikes[0] = 0  # a silent sample
    weight, bias = rng.normal(0.2, 0.3, (6, 1)), rng.normal(0, 0.1, 1)
    labels, weights = np.arange(40) % 2, rng.uniform(0.5, 2, 40)
    made = load_backend(backend)
    model = load_rule("tempotron").model(made, chosen, {"weight": weight, "bias": bias})
    inputs = made.load(SpikeTrains.from_dense(spikes), np.dtype(np.float64))
    voltages, loss, grad, grad_bias = naive_tempotron(spikes, weight, bias[0], labels, weights, chosen)
    found_loss, found = model.gradients(inputs, np.arange(40), labels, weights)
    np.testing.assert_allclose(model.trace(inputs, np.arange(40))["output potential"][:, :, 0], voltages, atol=1e-10)
    np.testing.assert_allclose(model.scores(inputs, np.arange(40)), voltages.max(axis=1) - 0.8, atol=1e-10)
    assert found_loss == pytest.approx(loss, abs=1e-10)
    np.testing.assert_allclose(found["weight"], grad, atol=1e-7)
    assert found["bias"][0] == pytest.approx(grad_bias)
    margins = voltages.max(axis=1) - 0.8
    assert np.any(np.abs(margins) < 0.1)  # close calls on both sides of the threshold
    assert 0 < (margins >= 0).sum() < 40


def test_tempotron_weights_by_finite_differences():
    rng = np.random.default_rng(9)
    chosen = TempotronSettings()
    weight, labels, ones = rng.normal(0.1, 0.3, (5, 1)), np.arange(10) % 2, np.ones(10)
    inputs = CUSTOM.load(SpikeTrains.from_dense(random_spikes(rng, 12, 10, 5, 0.3)), np.dtype(np.float64))

    def evaluate(w):
        model = load_rule("tempotron").model(CUSTOM, chosen, {"weight": w, "bias": np.zeros(1)})
        return model.gradients(inputs, np.arange(10), labels, ones)

    _, gradients = evaluate(weight)
    for i in range(5):
        shift = np.zeros((5, 1))
        shift[i] = 1e-7
        slope = (evaluate(weight + shift)[0] - evaluate(weight - shift)[0]) / 2e-7
        assert gradients["weight"][i, 0] == pytest.approx(slope, abs=1e-5)


@pytest.mark.parametrize(("tau_m", "tau_s"), [(8.0, 2.0), (15.0, 3.75), (3.0, 2.9)])
def test_the_kernel_peaks_at_one(tau_m, tau_s):
    d = np.linspace(0, 60, 600001)
    kernel = kernel_scale(tau_m, tau_s) * (np.exp(-d / tau_m) - np.exp(-d / tau_s))
    assert kernel.max() == pytest.approx(1, abs=1e-6)


def brute_force(empirical, generalised, patients, count):
    known, chosen = [tuple(p) for p in empirical], []
    count = min(count, len(generalised))
    quota = math.ceil(count / len(set(patients)))
    while len(chosen) < count:
        left = [k for k in range(len(generalised)) if k not in chosen]
        fair = [k for k in left if sum(patients[c] == patients[k] for c in chosen) < quota]
        if not fair:
            quota += 1
            continue
        best = max(fair, key=lambda k: (min(math.dist(generalised[k], p) for p in known), -k))
        chosen.append(best)
        known.append(tuple(generalised[best]))
    return chosen


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(1, 6), st.integers(1, 12), st.integers(1, 4), st.integers(1, 14), st.integers(1, 4), st.integers(0, 99)
)
def test_selection_equals_brute_force(known, unknown, width, count, patients, seed):
    rng = np.random.default_rng(seed)
    # Whole numbers keep distances exact, so that ties are ties for both.
    empirical, generalised = rng.integers(0, 4, (known, width)), rng.integers(0, 4, (unknown, width))
    owners = rng.integers(0, patients, unknown)
    found = select_departing(empirical, generalised, owners, count)
    assert found.tolist() == brute_force(empirical.tolist(), generalised.tolist(), owners.tolist(), count)


def test_a_patient_that_runs_out_is_made_up_for_evenly():
    patients = np.array([0] * 6 + [1] * 6 + [2])
    generalised = np.concatenate([np.arange(100, 160, 10), np.arange(10, 70, 10), [5]])[:, None]
    found = select_departing(np.zeros((1, 1)), generalised, patients, 9)
    assert np.bincount(patients[found]).tolist() == [4, 4, 1]
    assert found.tolist() == brute_force([[0]], generalised.tolist(), patients.tolist(), 9)


def test_selection_spreads_over_patients_and_patterns():
    empirical = np.zeros((1, 2))
    generalised = np.array([[9.0, 0], [9, 0.1], [8, 0], [0, 5]])
    assert select_departing(empirical, generalised, np.array([0, 0, 0, 1]), 2).tolist() == [1, 3]
    assert select_departing(empirical, generalised, np.zeros(4), 2).tolist() == [1, 3]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(4, 40), st.integers(2, 30), st.integers(0, 20))
def test_first_labels_hold_both_classes_and_spread_over_patients(samples, count, seed):
    rng = np.random.default_rng(seed)
    labels, patients = np.arange(samples) % 4 // 3, np.arange(samples) // 4
    chosen = initial_labels(labels, patients, min(count, samples), rng)
    assert set(labels[chosen]) == {0, 1}
    assert len(set(chosen)) == chosen.size >= min(count, samples)


def test_no_label_is_read_that_is_not_counted():
    patients = np.arange(40) // 4
    for seed in range(20):
        labels = (np.arange(40) % 10 == 3).astype(int)
        chosen = initial_labels(labels, patients, 3, np.random.default_rng(seed))
        unseen = np.setdiff1d(np.arange(40), chosen)
        labels[unseen] = 1 - labels[unseen]
        np.testing.assert_array_equal(initial_labels(labels, patients, 3, np.random.default_rng(seed)), chosen)


def test_label_schedule():
    chosen = BalSettings(initial_fraction=0.2, budget_fraction=0.6, rounds=3)
    assert label_schedule(100, chosen) == [20, 40, 60]
    assert label_schedule(3, chosen)[0] == 2
    assert label_schedule(100, BalSettings(rounds=1)) == [60]


def test_active_learning_keeps_to_its_budget():
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 2
    trains = SpikeTrains.from_dense(rng.random((80, 8, 6)) < np.where(labels[:, None, None], 0.5, 0.2))
    problem = Problem(trains, labels, np.arange(80) // 4, np.arange(60), np.arange(60, 80))
    chosen = BalSettings(epochs=2, hidden=8, rounds=3, compare_random=True)
    records = []
    inputs = CUSTOM.load(trains, np.dtype(np.float32))
    found = load_rule("bal").fit(problem, inputs, CUSTOM, chosen, 1, records.append)
    assert [point["labels"] for point in found.extra["curve"]] == [12, 24, 36]
    assert {point["validation_labels"] for point in found.extra["curve"]} == {20}
    assert [entry.epoch for entry in records] == list(range(1, len(records) + 1))
    assert found.validation_auc == max(point["validation_auc"] for point in found.extra["curve"])
    arms = load_rule("bal").arms(problem, inputs, CUSTOM, chosen, 1)
    assert [one.labels for one in arms["random"]] == [12, 24, 36]
    assert [one.to_json() for one in arms["BAL"]] == found.extra["curve"]
    best = max(arms["BAL"], key=lambda one: one.validation_auc)
    assert all(np.array_equal(best.parameters[name], values) for name, values in found.parameters.items())
