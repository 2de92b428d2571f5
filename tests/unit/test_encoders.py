"""One suite for every encoder, then what is particular to each."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snndeep.errors import ConfigError, InvalidInputError
from snndeep.spikes.encoders.latency import LatencyEncoder
from snndeep.spikes.encoders.population import PopulationEncoder
from snndeep.spikes.encoders.rate import RateEncoder
from snndeep.spikes.encoders.registry import ENCODERS, load_encoder

VALUES = np.random.default_rng(0).random((20, 5))
SAMPLES = [f"s{k}" for k in range(20)]


@pytest.mark.parametrize("name", ENCODERS)
class TestEveryEncoder:
    def test_shape_and_values(self, name):
        encoder = load_encoder(name, {"steps": 7})
        spikes = encoder.encode(VALUES, SAMPLES, 1)
        assert spikes.dtype == np.uint8
        assert spikes.shape[:2] == (20, 7)
        assert spikes.shape[2] % 5 == 0
        assert set(np.unique(spikes)) == {0, 1}

    def test_a_sample_depends_on_itself_alone(self, name):
        encoder = load_encoder(name, {})
        spikes = encoder.encode(VALUES, SAMPLES, 3)
        order = np.random.default_rng(1).permutation(20)[:7]
        alone = encoder.encode(VALUES[order], [SAMPLES[k] for k in order], 3)
        np.testing.assert_array_equal(alone, spikes[order])

    def test_one_step(self, name):
        assert load_encoder(name, {"steps": 1}).encode(VALUES, SAMPLES, 1).shape[1] == 1

    @pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan, np.inf])
    def test_values_out_of_range_are_refused(self, name, wrong):
        values = VALUES.copy()
        values[3, 2] = wrong
        with pytest.raises(InvalidInputError, match=r"out of range"):
            load_encoder(name, {}).encode(values, SAMPLES, 1)

    def test_an_encoder_describes_itself(self, name):
        encoder = load_encoder(name, {})
        assert encoder.label in encoder.methods_text()
        for field in fields(encoder):
            value = getattr(encoder, field.name)
            changed = replace(encoder, **{field.name: value + 1 if isinstance(value, int) else 0.9 * value or 0.05})
            assert changed.methods_text() != encoder.methods_text(), field.name

    def test_impossible_settings_are_refused(self, name):
        with pytest.raises(ConfigError, match="steps"):
            load_encoder(name, {"steps": 0})


def test_unknown_encoder():
    with pytest.raises(ConfigError, match=", ".join(ENCODERS)):
        load_encoder("burst", {})


def test_rate_is_the_value():
    values = np.array([[0.0, 0.25, 0.5, 1.0]])
    rates = RateEncoder(steps=4000, least=0.0, most=0.8).encode(values, ["a"], 1).mean(axis=1)[0]
    np.testing.assert_allclose(rates, 0.8 * values[0], atol=0.03)
    assert rates[0] == 0


def test_rate_depends_on_seed_and_sample():
    encode = RateEncoder().encode
    same = np.full((2, 50), 0.5)
    first = encode(same, ["a", "b"], 1)
    assert (first[0] != first[1]).any()
    assert (first != encode(same, ["a", "b"], 2)).any()


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), st.integers(1, 40))
def test_latency_is_one_spike_at_its_time(value, steps):
    spikes = LatencyEncoder(steps).encode(np.array([[value]]), ["a"], 0)[0, :, 0]
    assert spikes.sum() == 1
    assert spikes.argmax() == int(np.rint((1 - value) * (steps - 1)))


def test_larger_values_spike_earlier():
    spikes = LatencyEncoder(16).encode(np.array([[0.0, 0.3, 0.8, 1.0]]), ["a"], 0)[0]
    assert list(spikes.argmax(axis=0)) == [15, 10, 3, 0]


def test_population_fields_peak_at_their_centres():
    encoder = PopulationEncoder(steps=10, fields=5)
    spikes = encoder.encode(np.linspace(0, 1, 5)[:, None], list("abcde"), 0)
    for k in range(5):
        assert spikes[k, 0].tolist() == [float(j == k) for j in range(5)], "the field at the value fires first"


def test_population_floor_silences_far_fields():
    spikes = PopulationEncoder(steps=10, fields=8, floor=0.1).encode(np.array([[0.0]]), ["a"], 0)[0]
    fired = spikes.any(axis=0)
    assert fired[0]
    assert not fired[-1]
