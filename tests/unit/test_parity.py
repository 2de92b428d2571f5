"""One suite for every backend: the same spikes and the same gradients, and a reference written from the equations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snndeep.backends.base import NeuronSettings
from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.errors import ConfigError, InvalidInputError
from snndeep.spikes import SpikeTrains
from snndeep.surrogates import SURROGATES, surrogate_derivative

PARAMETERS = ("hidden.weight", "hidden.bias", "output.weight", "output.bias")


def reference(weights, spikes, neuron, grad_spikes, grad_v_pre):
    """Two layers in plain PyTorch, from the equations of `NeuronSettings`; gradients by autograd."""

    class Spike(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return (x >= 0).to(x.dtype)

        @staticmethod
        def backward(ctx, grad):
            return grad * surrogate_derivative(neuron.surrogate, neuron.slope, ctx.saved_tensors[0])

    tensors = {name: torch.tensor(values, requires_grad=True) for name, values in weights.items()}

    def layer(x, name):
        current = x @ tensors[f"{name}.weight"] + tensors[f"{name}.bias"]
        beta, threshold = tensors.get(f"{name}.beta", neuron.beta), tensors.get(f"{name}.threshold", neuron.threshold)
        adapts = neuron.adaptation if name == "hidden" else 0.0
        v, a, s = torch.zeros_like(current[0]), torch.zeros_like(current[0]), torch.zeros_like(current[0])
        fired, potentials = [], []
        for step in current:
            u = beta * v + step
            a = neuron.adaptation_decay * a + s
            s = Spike.apply(u - threshold - adapts * a)
            v = u * (1 - s)
            fired.append(s)
            potentials.append(u)
        return torch.stack(fired), torch.stack(potentials)

    hidden, _ = layer(torch.tensor(spikes, dtype=torch.float64), "hidden")
    output, v_pre = layer(hidden, "output")
    loss = (output * torch.tensor(grad_spikes)).sum() + (v_pre * torch.tensor(grad_v_pre)).sum()
    loss.backward()
    return hidden.detach().numpy(), output.detach().numpy(), v_pre.detach().numpy(), {
        name: t.grad.numpy() for name, t in tensors.items()
    }  # fmt: skip


def run(backend, weights, spikes, neuron, grad_spikes, grad_v_pre):
    backend = load_backend(backend)
    inputs = backend.load(SpikeTrains.from_dense(spikes), np.dtype(np.float64)).batch(np.arange(spikes.shape[1]))
    plain = NeuronSettings(neuron.beta, neuron.threshold, neuron.surrogate, neuron.slope)
    first, second = backend.layer(neuron), backend.layer(plain)
    parts = {
        name: {k.split(".")[1]: v for k, v in weights.items() if k.startswith(name)} for name in ("hidden", "output")
    }
    hidden = first.forward(parts["hidden"], inputs)
    output = second.forward(parts["output"], hidden.spikes)
    grad_output, grad_hidden = second.backward(output, grad_spikes, grad_v_pre)
    grad_first, nothing = first.backward(hidden, grad_hidden, None)
    assert nothing is None
    gradients = {f"hidden.{k}": v for k, v in grad_first.items()} | {f"output.{k}": v for k, v in grad_output.items()}
    return hidden.spikes, output.spikes, output.v_pre, gradients


def problem(seed, steps, batch, inputs, neurons, rate=0.2, drive=1.0):
    rng = np.random.default_rng(seed)
    spikes = (rng.random((steps, batch, inputs)) < rate).astype(np.uint8)
    weights = {
        "hidden.weight": drive * rng.normal(size=(inputs, neurons)) / np.sqrt(max(inputs * 0.2, 1)),
        "hidden.bias": 0.1 * rng.normal(size=neurons),
        "output.weight": rng.normal(size=(neurons, 2)) / np.sqrt(max(neurons * 0.2, 1)),
        "output.bias": 0.1 * rng.normal(size=2),
    }
    return weights, spikes, rng.normal(size=(steps, batch, 2)), rng.normal(size=(steps, batch, 2))


def check(backend, weights, spikes, neuron, grad_spikes, grad_v_pre):
    expected = reference(weights, spikes, neuron, grad_spikes, grad_v_pre)
    found = run(backend, weights, spikes, neuron, grad_spikes, grad_v_pre)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_allclose(found[2], expected[2], rtol=1e-10, atol=1e-12)
    for name, gradient in expected[3].items():
        scale = max(np.abs(gradient).max(), 1e-9)
        np.testing.assert_allclose(found[3][name] / scale, gradient / scale, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("steps", [25, 100])
@pytest.mark.parametrize("drive", [0.3, 1.0, 4.0])
def test_spikes_and_gradients_are_those_of_the_equations(backend, steps, drive):
    weights, spikes, g_s, g_v = problem(1, steps, 8, 20, 30, drive=drive)
    check(backend, weights, spikes, NeuronSettings(), g_s, g_v)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("surrogate", SURROGATES)
def test_surrogates(backend, surrogate):
    weights, spikes, g_s, g_v = problem(2, 12, 4, 10, 9)
    check(backend, weights, spikes, NeuronSettings(0.7, 0.8, surrogate, 3.0), g_s, g_v)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6), steps=st.integers(1, 12), batch=st.integers(1, 5), inputs=st.integers(1, 20),
    neurons=st.integers(1, 9), rate=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)  # fmt: skip
@pytest.mark.parametrize("backend", BACKENDS)
def test_any_shape(backend, seed, steps, batch, inputs, neurons, rate):
    weights, spikes, g_s, g_v = problem(seed, steps, batch, inputs, neurons, rate=rate)
    check(backend, weights, spikes, NeuronSettings(), g_s, g_v)


@pytest.mark.parametrize("adaptation", [0.0, 0.4])
@pytest.mark.parametrize("learned", [(False, False), (True, False), (False, True), (True, True)])
def test_native_settings_of_the_custom_backend(adaptation, learned):
    weights, spikes, g_s, g_v = problem(3, 15, 4, 10, 9)
    rng = np.random.default_rng(4)
    if learned[0]:
        weights["hidden.beta"] = rng.uniform(0.3, 0.95, 9)
    if learned[1]:
        weights["hidden.threshold"] = rng.uniform(0.5, 1.5, 9)
    neuron = NeuronSettings(learn_beta=learned[0], learn_threshold=learned[1], adaptation=adaptation)
    check("custom", weights, spikes, neuron, g_s, g_v)


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "custom"])
def test_frameworks_refuse_native_settings(backend):
    with pytest.raises(ConfigError, match="adaptation"):
        load_backend(backend).layer(NeuronSettings(adaptation=0.1))


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays_need_not_be_contiguous(backend):
    weights, spikes, g_s, g_v = problem(5, 10, 6, 10, 9)
    turned = np.asfortranarray(spikes)[:, ::-1][:, ::-1]
    check(backend, weights, turned, NeuronSettings(), np.asfortranarray(g_s), np.asfortranarray(g_v))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_neuron_without_threshold_only_integrates(backend):
    weights, spikes, _, g_v = problem(6, 10, 3, 8, 4)
    backend = load_backend(backend)
    layer = backend.layer(NeuronSettings(threshold=float("inf")))
    inputs = backend.load(SpikeTrains.from_dense(spikes), np.dtype(np.float64)).batch(np.arange(3))
    parameters = {"weight": weights["hidden.weight"], "bias": weights["hidden.bias"]}
    g_v = np.random.default_rng(0).normal(size=(10, 3, 4))

    def total(values):
        return float((layer.forward({**parameters, **values}, inputs).v_pre * g_v).sum())

    gradients, _ = layer.backward(layer.forward(parameters, inputs), None, g_v)
    for name, values in parameters.items():
        step = np.zeros_like(values)
        step.flat[2] = 1e-5
        slope = (total({name: values + step}) - total({name: values - step})) / 2e-5
        assert gradients[name].flat[2] == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("samples", [[], [9], [-1]])
def test_batches_that_do_not_exist(backend, samples):
    _, spikes, _, _ = problem(7, 4, 3, 8, 4)
    inputs = load_backend(backend).load(SpikeTrains.from_dense(spikes), np.dtype(np.float32))
    with pytest.raises(InvalidInputError, match="batch"):
        inputs.batch(np.array(samples, int))


@pytest.mark.parametrize("wrong", [np.nan, -1.0, 0.5, 2.0])
def test_spikes_that_are_none(wrong):
    spikes = np.zeros((3, 2, 4))
    spikes[1, 1, 2] = wrong
    with pytest.raises(InvalidInputError, match="not binary"):
        SpikeTrains.from_dense(spikes)
