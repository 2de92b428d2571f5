from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snndeep.errors import InvalidInputError
from snndeep.spikes.trains import SpikeTrains


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 5), st.integers(0, 6), st.integers(1, 20), st.integers(0, 9))
def test_packing_is_reversible(steps, samples, channels, seed):
    dense = np.random.default_rng(seed).integers(0, 2, (samples, steps, channels))
    trains = SpikeTrains.from_dense(dense)
    assert (trains.samples, trains.steps, trains.channels) == (samples, steps, channels)
    np.testing.assert_array_equal(trains.dense(), dense)
    assert trains.mean_rate() == pytest.approx(dense.mean() if dense.size else 0)


def test_choosing_samples_and_other_types():
    dense = np.random.default_rng(0).random((7, 4, 9)) < 0.5
    trains = SpikeTrains.from_dense(np.asfortranarray(dense.astype(np.float32)))
    np.testing.assert_array_equal(trains.dense(np.array([6, 1, 1])), dense[[6, 1, 1]])
    np.testing.assert_array_equal(SpikeTrains.from_dense(dense[::2, ::-1]).dense(), dense[::2, ::-1])


@pytest.mark.parametrize("value", [np.nan, -1, 0.5, 2, np.inf])
def test_values_that_are_no_spikes(value):
    dense = np.zeros((2, 3, 4))
    dense[1, 2, 3] = value
    with pytest.raises(InvalidInputError, match=f"(?s)spikes.*{value}"):
        SpikeTrains.from_dense(dense)


@pytest.mark.parametrize("shape", [(3, 4), (2, 0, 3), (2, 3, 0), (1, 2, 3, 4)])
def test_shapes_that_are_no_spike_trains(shape):
    with pytest.raises(InvalidInputError, match="spikes"):
        SpikeTrains.from_dense(np.zeros(shape))


def test_packed_arrays_of_the_wrong_form():
    with pytest.raises(InvalidInputError, match="packed"):
        SpikeTrains(np.zeros((2, 3, 1), np.int64), 8)
    for channels in (0, 9, 17):
        with pytest.raises(InvalidInputError, match="channels"):
            SpikeTrains(np.zeros((2, 3, 1), np.uint8), channels)
