from __future__ import annotations

import numpy as np
import pytest
import torch

from snndeep.optimiser import Adam
from snndeep.parameters import Parameters


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
