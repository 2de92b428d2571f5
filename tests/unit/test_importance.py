"""Permutation importance and firing rates, on planted data and on trained models."""

import numpy as np
import pytest
from snn_reference import known_settings

from snndeep.backends.registry import load_backend
from snndeep.errors import InvalidInputError
from snndeep.insight.feature_importance import (
    family_channels,
    feature_channels,
    permutation_importance,
    scorer,
    split_importance,
)
from snndeep.insight.firing import firing_rates
from snndeep.learning.registry import RULES, load_rule
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.spikes.encoders.registry import ENCODERS, load_encoder
from snndeep.spikes.trains import SpikeTrains
from snndeep.training.fit import merge_settings

N, STEPS = 240, 6
FEATURES = ["glcm.noise", "glcm.decides", "ngtdm.noise", "ngtdm.half"]
SMALL = {"hidden": 12, "epochs": 12, "rounds": 4}


@pytest.fixture
def values():
    """Features in [0, 1]: one decides, one tells a little, two are noise; then labels."""
    rng = np.random.default_rng(5)
    labels = np.tile([0, 1], N // 2)
    drawn = rng.random((N, 4))
    drawn[:, 1] = np.clip(0.25 + 0.5 * labels + 0.1 * rng.normal(size=N), 0, 1)
    drawn[:, 3] = np.clip(0.1 * labels + 0.9 * drawn[:, 3], 0, 1)
    return drawn, labels


def encoded(values, labels, encoder="latency", test=slice(160, None)):
    spikes = load_encoder(encoder, {"steps": STEPS}).encode(values, [f"s{k}" for k in range(N)], 1)
    index = np.arange(N)
    parts = {"train": index[:120], "validation": index[120:160], "test": index[test]}
    patients = np.array([f"p{k // 4}" for k in range(N)])
    samples = np.array([f"s{k}" for k in range(N)])
    return EncodedSplit(SpikeTrains.from_dense(spikes), samples, labels, patients, parts)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_feature_has_channels_of_its_own(encoder, values):
    drawn, _ = values
    code = load_encoder(encoder, {"steps": STEPS})
    samples = [f"s{k}" for k in range(N)]
    before = code.encode(drawn, samples, 1)
    own = feature_channels(FEATURES, before.shape[2])
    for k, name in enumerate(FEATURES):
        changed = drawn.copy()
        changed[:, k] = 1 - changed[:, k]
        differs = (code.encode(changed, samples, 1) != before).any(axis=(0, 1))
        assert set(np.flatnonzero(differs)) <= set(own[name])
        assert differs.any()


@pytest.mark.parametrize("rule_name", RULES)
def test_the_feature_that_decides_comes_out_first(rule_name, values):
    data = encoded(*values)
    backend, rule = load_backend("custom"), load_rule(rule_name)
    settings = merge_settings(rule, known_settings(rule, **SMALL), {"learning_rate": 0.02})
    inputs = backend.load(data.trains, np.dtype(np.float32))
    fit = rule.fit(data.problem(), inputs, backend, settings, 3, lambda record: None)
    found = split_importance(data, FEATURES, scorer(backend, rule.model(backend, settings, fit.parameters)), 5, 1)
    means = {name: np.mean(losses) for name, losses in found["features"].items()}
    assert max(means, key=means.get) == "glcm.decides"
    assert means["glcm.decides"] > 0.2
    assert means["glcm.decides"] > 3 * max(abs(means["glcm.noise"]), abs(means["ngtdm.noise"]))
    assert len(found["features"]["glcm.noise"]) == 5
    assert np.mean(found["families"]["glcm"]) > np.mean(found["families"]["ngtdm"])


def test_importance_is_what_is_lost(values):
    drawn, labels = values
    trains = encoded(drawn, labels).trains
    groups = feature_channels(FEATURES, trains.channels)

    def first_spike_of_the_deciding(spikes):
        return -spikes.dense()[:, :, groups["glcm.decides"][0]].argmax(axis=1).astype(float)

    losses = permutation_importance(trains, labels, groups, first_spike_of_the_deciding, 20, 1)
    assert np.mean(losses["glcm.decides"]) == pytest.approx(0.5, abs=0.08)
    assert set(losses["glcm.noise"] + losses["ngtdm.half"]) == {0.0}


def test_dealing_depends_on_the_seed_alone(values):
    data = encoded(*values)

    def all_spikes(trains):
        return -(trains.dense() * np.arange(STEPS)[:, None]).sum(axis=(1, 2)).astype(float)

    first, again, other = (split_importance(data, FEATURES, all_spikes, 3, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_one_class_is_undefined_and_says_so(values):
    drawn, labels = values
    found = split_importance(encoded(drawn, labels, test=slice(160, None, 2)), FEATURES, lambda trains: None, 3, 1)
    assert "one class" in found["undefined"]


def test_families():
    channels = feature_channels(["a.x", "b.x", "a.y"], 6)
    assert {name: own.tolist() for name, own in family_channels(channels).items()} == {"a": [0, 1, 4, 5], "b": [2, 3]}


def test_channels_that_cannot_be_shared_out_are_refused():
    with pytest.raises(InvalidInputError, match="5 channels, 2 features"):
        feature_channels(["a", "b"], 5)


@pytest.mark.parametrize("backend_name", ["custom", "snntorch"])
def test_firing_rates_are_spikes_per_step(backend_name, values):
    data = encoded(*values)
    backend, rule = load_backend(backend_name), load_rule("surrogate")
    settings = merge_settings(rule, known_settings(rule, **SMALL), {"epochs": 1})
    inputs = backend.load(data.trains, np.dtype(np.float32))
    fit = rule.fit(data.problem(), inputs, backend, settings, 3, lambda record: None)
    model = rule.model(backend, settings, fit.parameters)
    rates = firing_rates(data, model, inputs)
    diseased = data.parts["test"][data.labels[data.parts["test"]] == 1]
    expected = model.trace(inputs, diseased)["hidden spikes"].mean(axis=(0, 1))
    np.testing.assert_allclose(rates["hidden"]["diseased"], expected, atol=1e-6)
    # Latency coding gives every input channel one spike in each sample.
    np.testing.assert_allclose(rates["input"]["healthy"], np.full(4, 1 / STEPS))


def test_firing_rates_without_hidden_neurons_and_of_one_class(values):
    drawn, labels = values
    data = encoded(drawn, labels, test=slice(160, None, 2))
    backend, rule = load_backend("custom"), load_rule("tempotron")
    settings = merge_settings(rule, known_settings(rule, **SMALL), {"epochs": 1})
    inputs = backend.load(data.trains, np.dtype(np.float32))
    fit = rule.fit(data.problem(), inputs, backend, settings, 3, lambda record: None)
    rates = firing_rates(data, rule.model(backend, settings, fit.parameters), inputs)
    assert set(rates) == {"input"}
    assert set(rates["input"]) == {"healthy"}
