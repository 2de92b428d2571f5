"""E-prop against its paper's equations, and against backpropagation through time as theory relates them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from snn_reference import Spike, assert_close, random_spikes, tensors

from snndeep.backends.registry import BACKENDS, OWN_BACKEND, load_backend
from snndeep.learning.eprop import RULE, EpropModel, EpropSettings
from snndeep.learning.registry import DEFAULT_RULES
from snndeep.learning.surrogate import RULE as SURROGATE
from snndeep.learning.surrogate import SurrogateSettings
from snndeep.spikes.encoded_split import Problem
from snndeep.spikes.trains import SpikeTrains

CHOSEN = EpropSettings(hidden=7, beta=0.8, threshold=0.9, slope=3.0)


def drawn(seed=0, steps=12, samples=6, channels=9):
    """Return spikes `[B, T, F]`, parameters, labels and weights."""
    rng = np.random.default_rng(seed)
    parameters = {
        "hidden.weight": rng.normal(0, 0.6, (channels, CHOSEN.hidden)),
        "hidden.bias": rng.normal(0.05, 0.05, CHOSEN.hidden),
        "output.weight": rng.normal(0, 0.5, (CHOSEN.hidden, 2)),
        "output.bias": rng.normal(0, 0.1, 2),
    }
    spikes = random_spikes(rng, steps, samples, channels, 0.3)
    return spikes, parameters, rng.integers(0, 2, samples), rng.uniform(0.5, 1.5, samples)


def found(backend, spikes, parameters, labels, weights, feedback=None):
    made = load_backend(backend)
    model = EpropModel(made, CHOSEN, parameters, feedback)
    inputs = made.load(SpikeTrains.from_dense(spikes), np.dtype(np.float64))
    return model.gradients(inputs, np.arange(len(spikes)), labels, weights)


def as_published(spikes, p, labels, weights, feedback):
    """The factorisation, sample by sample, synapse by synapse and step by step."""
    samples, steps, channels = spikes.shape
    gradient = {name: np.zeros_like(values) for name, values in p.items()}
    total = 0.0
    for n in range(samples):
        v, y, fired = np.zeros(CHOSEN.hidden), np.zeros(2), np.zeros((steps, CHOSEN.hidden))
        vectors = np.zeros((channels + 1, CHOSEN.hidden))
        traces = np.zeros((steps, channels + 1, CHOSEN.hidden))
        outputs = np.zeros((steps, 2))
        for t in range(steps):
            x = np.append(spikes[n, t], 1.0)
            last = fired[t - 1] if t else np.zeros(CHOSEN.hidden)
            v = CHOSEN.beta * v * (1 - last) + spikes[n, t] @ p["hidden.weight"] + p["hidden.bias"]
            vectors = CHOSEN.beta * (1 - last) * vectors + x[:, None]
            k = CHOSEN.slope
            h = k / 2 / (1 + (math.pi / 2 * k * (v - CHOSEN.threshold)) ** 2)
            traces[t] = h * vectors
            fired[t] = v >= CHOSEN.threshold
            y = CHOSEN.beta * y + fired[t] @ p["output.weight"] + p["output.bias"]
            outputs[t] = y
        z = 4 * outputs.mean(axis=0)
        probability = np.exp(z) / np.exp(z).sum()
        total -= weights[n] * np.log(probability[labels[n]]) / samples
        error = (probability - np.eye(2)[labels[n]]) * weights[n] / samples
        # The output's decay is a filter of the eligibility trace: F(e)[t] = beta F(e)[t-1] + e[t], as in the paper.
        filtered, filtered_spikes, ones = np.zeros_like(traces[0]), np.zeros(CHOSEN.hidden), 0.0
        for t in range(steps):
            filtered = CHOSEN.beta * filtered + traces[t]
            filtered_spikes = CHOSEN.beta * filtered_spikes + fired[t]
            ones = CHOSEN.beta * ones + 1
            signal = 4 / steps * feedback @ error
            gradient["hidden.weight"] += signal * filtered[:-1]
            gradient["hidden.bias"] += signal * filtered[-1]
            gradient["output.weight"] += 4 / steps * np.outer(filtered_spikes, error)
            gradient["output.bias"] += 4 / steps * ones * error
    return total, gradient


@pytest.mark.parametrize("feedback", ["symmetric", "random"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_update_is_the_published_factorisation(backend, feedback):
    spikes, parameters, labels, weights = drawn()
    matrix = None if feedback == "symmetric" else np.random.default_rng(9).normal(size=(CHOSEN.hidden, 2))
    loss, gradients = found(backend, spikes, parameters, labels, weights, matrix)
    used = parameters["output.weight"] if matrix is None else matrix
    expected_loss, expected = as_published(spikes, parameters, labels, weights, used)
    assert loss == pytest.approx(expected_loss, rel=1e-9)
    assert gradients.keys() == expected.keys()
    for name, values in expected.items():
        assert np.abs(values).max() > 0
        assert_close(gradients[name], values, 1e-9, name)


def through_time(spikes, parameters, labels, weights, reset_held_fixed):
    """Return the gradients of backpropagation through time, by autograd."""
    p = tensors(parameters)
    v = y = torch.zeros((), dtype=torch.float64)
    outputs = []
    for x in torch.tensor(spikes, dtype=torch.float64).unbind(1):
        v = v + x @ p["hidden.weight"] + p["hidden.bias"]
        s = Spike.apply(v - CHOSEN.threshold, CHOSEN.surrogate, CHOSEN.slope)
        v = CHOSEN.beta * v * (1 - (s.detach() if reset_held_fixed else s))
        y = CHOSEN.beta * y + s @ p["output.weight"] + p["output.bias"]
        outputs.append(y)
    z = 4 * torch.stack(outputs, 1).mean(1)
    losses = torch.nn.functional.cross_entropy(z, torch.tensor(labels), reduction="none")
    ((losses * torch.tensor(weights)).sum() / labels.size).backward()
    return {name: tensor.grad.numpy() for name, tensor in p.items()}


@pytest.mark.parametrize("seed", range(3))
def test_without_recurrence_it_is_the_gradient_through_time_with_the_reset_held_fixed(seed):
    case = drawn(seed)
    _, gradients = found(OWN_BACKEND, *case)
    for name, values in through_time(*case, reset_held_fixed=True).items():
        assert_close(gradients[name], values, 1e-9, name)


def test_only_the_reset_tells_it_from_the_whole_gradient():
    case = drawn()
    _, gradients = found(OWN_BACKEND, *case)
    whole = through_time(*case, reset_held_fixed=False)
    for name in ("output.weight", "output.bias"):
        assert_close(gradients[name], whole[name], 1e-9, name)
    ours, theirs = gradients["hidden.weight"].ravel(), whole["hidden.weight"].ravel()
    cosine = ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs)
    assert 0.7 < cosine < 1 - 1e-6


def test_a_single_step_has_no_reset_and_equals_the_surrogate_gradient():
    spikes, parameters, labels, weights = drawn(steps=1)
    _, gradients = found(OWN_BACKEND, spikes, parameters, labels, weights)
    made = load_backend(OWN_BACKEND)
    same = SurrogateSettings(hidden=CHOSEN.hidden, beta=CHOSEN.beta, threshold=CHOSEN.threshold, slope=CHOSEN.slope)
    model = SURROGATE.model(made, same, parameters)
    inputs = made.load(SpikeTrains.from_dense(spikes), np.dtype(np.float64))
    _, expected = model.gradients(inputs, np.arange(len(spikes)), labels, weights)
    for name, values in expected.items():
        assert_close(gradients[name], values, 1e-9, name)


@pytest.mark.parametrize("feedback", ["symmetric", "random"])
def test_it_learns_what_a_linear_rule_cannot(feedback):
    """Disease is when exactly one of two groups of channels fires often."""
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 2, (360, 2))
    labels = groups[:, 0] ^ groups[:, 1]
    rates = np.repeat(np.where(groups, 0.6, 0.1), 8, axis=1)
    trains = SpikeTrains.from_dense(rng.random((360, 12, 16)) < rates[:, None])
    problem = Problem(trains, labels, np.arange(360) // 4, np.arange(240), np.arange(240, 360))
    made = load_backend(OWN_BACKEND)
    inputs = made.load(trains, np.dtype(np.float32))
    settings = EpropSettings(hidden=32, epochs=40, patience=40, learning_rate=0.01, averaging=0.0, feedback=feedback)
    fit = RULE.fit(problem, inputs, made, settings, 1, lambda record: None)
    assert fit.validation_auc > 0.95
    assert max(record.epoch for record in fit.history) == 40


def test_it_is_off_by_default():
    assert RULE.name not in DEFAULT_RULES
