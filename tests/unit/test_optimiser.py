from __future__ import annotations

import numpy as np
import pytest
import torch

from snndeep.errors import ConfigError
from snndeep.learning.optimiser import Adam, MovingAverage
from snndeep.learning.parameters import Parameters


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_equal_to_torch(weight_decay):
    rng = np.random.default_rng(0)
    ours = rng.normal(size=30)
    theirs = torch.tensor(ours.copy(), requires_grad=True)
    optimiser = Adam(ours, 0.02, weight_decay)
    reference = torch.optim.AdamW([theirs], lr=0.02, weight_decay=weight_decay)
    for step in range(50):
        gradient = rng.normal(size=30) * 10.0 ** (step % 5 - 3)
        theirs.grad = torch.tensor(gradient.copy())
        reference.step()
        optimiser.step(gradient.copy())
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10)


def test_what_is_exempt_does_not_decay():
    """At rate 0.02 and decay 1, hundred steps would draw a time constant of 0.9 to 0.12."""
    parameters = Parameters({"hidden.weight": np.full((2, 2), 0.9), "hidden.beta": np.full(2, 0.9)})
    exempt = parameters.of_neurons()
    assert exempt.tolist() == [False] * 4 + [True] * 2
    optimiser = Adam(parameters.vector, 0.02, 1.0, exempt)
    for _ in range(100):
        optimiser.step(np.zeros(6))
    np.testing.assert_allclose(parameters["hidden.weight"], 0.9 * 0.98**100)
    assert (parameters["hidden.beta"] == 0.9).all()


def test_the_vector_is_updated_in_place_and_seen_by_name():
    parameters = Parameters({"hidden.weight": np.ones((2, 3), np.float32), "hidden.bias": np.zeros(2, np.float32)})
    gradient = parameters.flatten(
        {"hidden.bias": np.ones(2, np.float32), "hidden.weight": np.zeros((2, 3), np.float32)}
    )
    Adam(parameters.vector, 0.1).step(gradient)
    np.testing.assert_array_equal(parameters["hidden.weight"], np.ones((2, 3)))
    np.testing.assert_allclose(parameters.layer("hidden")["bias"], -0.1, rtol=1e-5)
    assert parameters.vector.dtype == np.float32
    kept = parameters.copy()
    parameters.vector[:] = 7
    assert kept["hidden.weight"].max() == 1


def test_the_average_is_that_of_its_definition():
    vectors = np.random.default_rng(1).normal(size=(200, 4))
    vector = vectors[0].copy()
    average = MovingAverage(vector, 0.9)
    expected = vectors[0].copy()
    for step, values in enumerate(vectors, start=1):
        vector[:] = values
        average.update()
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * values
        np.testing.assert_allclose(average.values, expected, rtol=1e-12)


def test_without_averaging_the_average_is_the_vector():
    vector = np.random.default_rng(2).normal(size=9).astype(np.float32)
    average = MovingAverage(vector, 0.0)
    vector += 0.1
    average.update()
    np.testing.assert_array_equal(average.values, vector)


@pytest.mark.parametrize("decay", [-0.1, 1.0, np.nan])
def test_a_decay_out_of_range_is_refused(decay):
    with pytest.raises(ConfigError, match="averaging"):
        MovingAverage(np.zeros(2), decay)
