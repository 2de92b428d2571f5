"""One conformance suite for every backend of the registry; a new one is tested by being listed there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snn_reference import DRIVES, assert_close, layer_parameters, lif, loaded, random_spikes, tensors

import snndeep
from snndeep.backends.base import NATIVE_SETTINGS, NeuronSettings, hidden_names
from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.backends.surrogates import SURROGATES
from snndeep.errors import ConfigError, InvalidInputError
from snndeep.learning.registry import load_rule
from snndeep.learning.shapes import widths_of
from snndeep.spikes.trains import SpikeTrains

NATIVE = {
    "learn_beta": {"learn_beta": True},
    "learn_threshold": {"learn_threshold": True},
    "adaptation": {"adaptation": 0.4, "adaptation_decay": 0.8},
    "all": {"learn_beta": True, "learn_threshold": True, "adaptation": 0.4, "adaptation_decay": 0.8},
}
READOUTS = ("spike_count", "mean_potential")


@pytest.fixture(params=list(BACKENDS))
def backend(request):
    """Every backend of the registry; one whose packages are missing fails, since the developer's environment has all."""
    return request.param


def test_a_backend_describes_itself(backend):
    made = load_backend(backend)
    assert made.name == backend
    assert made.label in made.methods_text()
    assert set(made.native) <= set(NATIVE_SETTINGS)
    for package in made.packages:
        assert version(package)


def test_a_backend_computes_on_the_devices_that_it_names(backend):
    made = load_backend(backend)
    assert made.on("cpu").name == backend
    with pytest.raises(ConfigError, match=r"(?s)does not compute on this device.*cpu"):
        made.on("tpu")
    if "cuda" not in made.devices:
        with pytest.raises(ConfigError, match="does not compute on this device"):
            made.on("cuda")
    elif torch.cuda.is_available():
        assert made.on("cuda") is not made
    else:
        with pytest.raises(ConfigError, match=r"(?s)There is no GPU.*models.device.*0 GPUs"):
            made.on("cuda")


@pytest.mark.parametrize("name", [name for name in BACKENDS if "cuda" in load_backend(name).devices])
def test_another_device_gives_the_same_layer(name):
    """On a GPU where there is one; else on the processor through the same moves, which PyTorch then does nothing for."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rng = np.random.default_rng(5)
    neuron = NeuronSettings()
    parameters = layer_parameters(neuron, 6, 4, 2.0, rng)
    inputs = rng.integers(0, 2, (3, 7, 6)).astype(np.float64)
    found = []
    for made in (load_backend(name), load_backend(name).on(device)):
        layer = made.layer(neuron)
        trace = layer.forward(parameters, inputs)
        gradients, upstream = layer.backward(trace, np.ones_like(trace.spikes), None)
        found.append([trace.spikes, trace.v_pre, *gradients.values(), upstream])
    for one, other in zip(*found, strict=True):
        assert isinstance(other, np.ndarray)
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_a_backend_is_imported_without_its_packages(backend):
    code = f"""
import sys
from snndeep.backends.registry import load_backend
made = load_backend({backend!r})
print([name for package in made.packages for name in (package.replace("-", "_"),) if name in sys.modules])
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(snndeep.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def network_parameters(neuron, inputs, hidden, drive, rng):
    widths = [inputs, *widths_of(hidden)]
    layers = [layer_parameters(neuron, *sizes, drive, rng) for sizes in pairwise(widths)]
    layers.append(layer_parameters(NeuronSettings(), widths[-1], 2, drive, rng))
    names = [*hidden_names(len(widths) - 1), "output"]
    return {f"{layer}.{n}": a for layer, own in zip(names, layers, strict=True) for n, a in own.items()}


def reference_network(settings, parameters, spikes, labels, weights):
    """Return hidden spikes by layer, output spikes, loss and gradients, by autograd in float64."""
    p = tensors(parameters)
    *layers, second = (
        {n.partition(".")[2]: t for n, t in p.items() if n.startswith(f"{layer}.")}
        for layer in (*hidden_names(len(widths_of(settings.hidden))), "output")
    )
    hidden = [torch.tensor(spikes, dtype=torch.float64)]
    for own in layers:
        hidden.append(lif(settings.neuron, own, hidden[-1])[0])
    counts = settings.readout == "spike_count"
    output = NeuronSettings(
        beta=settings.beta,
        threshold=settings.threshold if counts else float("inf"),
        surrogate=settings.surrogate,
        slope=settings.slope,
    )
    fired, v_pre = lif(output, second, hidden[-1])
    logits = fired.sum(1) if counts else 4 * v_pre.mean(1)
    losses = torch.nn.functional.cross_entropy(logits, torch.tensor(labels), reduction="none")
    loss = (losses * torch.tensor(weights)).sum() / labels.size
    loss.backward()
    return (
        [h.detach().numpy() for h in hidden[1:]],
        fired.detach().numpy(),
        loss.item(),
        {n: t.grad.numpy() for n, t in p.items()},
    )


def check_network(backend, chosen, steps, samples, inputs, drive, seed, rate=0.2):
    rng = np.random.default_rng(seed)
    spikes = random_spikes(rng, steps, samples, inputs, rate)
    parameters = network_parameters(chosen.neuron, inputs, chosen.hidden, drive, rng)
    labels, weights = rng.integers(0, 2, samples), rng.uniform(0.5, 1.5, samples)
    hidden, output, loss, gradients = reference_network(chosen, parameters, spikes, labels, weights)
    made = load_backend(backend)
    model = load_rule("surrogate").model(made, chosen, parameters)
    data = made.load(SpikeTrains.from_dense(spikes), np.dtype(np.float64))
    everything = np.arange(samples)
    trace = model.network.forward(model.parameters, data.batch(everything))
    for layer, expected in zip(trace.hidden_layers, hidden, strict=True):
        np.testing.assert_array_equal(layer.spikes, expected)
    np.testing.assert_array_equal(trace.output.spikes, output)
    found_loss, found = model.gradients(data, everything, labels, weights)
    assert found_loss == pytest.approx(loss, abs=1e-6)
    assert found.keys() == gradients.keys()
    for name, expected in gradients.items():
        assert_close(found[name], expected, 1e-4, name)
    return min(layer.mean() for layer in hidden)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("steps", [25, 100])
@pytest.mark.parametrize("drive", DRIVES)
def test_network_equals_autograd(backend, drive, steps, readout):
    chosen = load_rule("surrogate").settings(hidden=20, readout=readout)
    rate = check_network(backend, chosen, steps, 9, 24, DRIVES[drive], seed=steps)
    assert 0.001 < rate < 0.9  # the comparison means something


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("hidden", [(20,), (20, 12), (9, 30, 16)], ids=["one", "two", "three"])
def test_network_of_any_depth_equals_autograd(backend, hidden, readout):
    chosen = load_rule("surrogate").settings(hidden=hidden, readout=readout)
    assert 0.001 < check_network(backend, chosen, 25, 9, 24, DRIVES["strong"], seed=8) < 0.9


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("slope", [1.0, 5.0])
def test_every_surrogate_equals_autograd(backend, surrogate, slope):
    chosen = load_rule("surrogate").settings(hidden=7, readout="spike_count", surrogate=surrogate, slope=slope)
    check_network(backend, chosen, 25, 6, 12, 1.0, seed=3)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("native", NATIVE)
def test_native_settings_are_refused_or_equal_autograd(backend, native, readout):
    chosen = load_rule("surrogate").settings(hidden=8, readout=readout, **NATIVE[native])
    missing = [name for name in chosen.neuron.native if name not in load_backend(backend).native]
    if missing:
        with pytest.raises(ConfigError, match=re.escape(missing[0])):
            load_backend(backend).layer(chosen.neuron)
        with pytest.raises(ConfigError):
            load_backend(backend).pair(chosen.neuron, NeuronSettings())
        return
    check_network(backend, chosen, 25, 6, 12, 1.0, seed=4)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("beta", [0.0, 0.05, 0.999])
def test_a_neuron_without_memory_and_one_that_hardly_forgets_equal_autograd(backend, beta, readout):
    chosen = load_rule("surrogate").settings(hidden=8, readout=readout, beta=beta)
    check_network(backend, chosen, 25, 6, 12, 1.0, seed=5)


def test_loaded_spikes_can_be_looked_at(backend):
    dense = random_spikes(np.random.default_rng(1), 5, 7, 11)
    data = load_backend(backend).load(SpikeTrains.from_dense(dense), np.dtype(np.float32))
    np.testing.assert_array_equal(data.dense(np.array([6, 0, 0])), dense[[6, 0, 0]])


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.integers(1, 9),
    samples=st.integers(1, 5),
    inputs=st.integers(1, 19),
    neurons=st.integers(1, 18),
    rate=st.sampled_from([0.0, 0.3, 1.0]),
    readout=st.sampled_from(READOUTS),
    seed=st.integers(0, 9),
)
def test_network_of_any_shape(backend, steps, samples, inputs, neurons, rate, readout, seed):
    chosen = load_rule("surrogate").settings(hidden=neurons, readout=readout)
    check_network(backend, chosen, steps, samples, inputs, 1.5, seed, rate)


def check_layer(backend, neuron, inputs, parameters, dense, seed=0):
    """Compare a layer's trace and derivatives with autograd for random upstream derivatives of both outputs."""
    rng = np.random.default_rng(seed)
    p = tensors(parameters)
    x = torch.tensor(np.ascontiguousarray(dense), dtype=torch.float64, requires_grad=True)
    spikes, v_pre = lif(neuron, p, x)
    upstream = [rng.normal(size=spikes.shape) for _ in range(2)]
    wanted = [*p.values(), x]
    expected = torch.autograd.grad([spikes, v_pre], wanted, [torch.tensor(g) for g in upstream])
    layer = load_backend(backend).layer(neuron)
    trace = layer.forward(parameters, inputs)
    np.testing.assert_array_equal(trace.spikes, spikes.detach().numpy())
    assert_close(trace.v_pre, v_pre.detach().numpy(), 1e-10)
    gradients, grad_inputs = layer.backward(trace, *upstream)
    for name, gradient in zip(p, expected[:-1], strict=True):
        assert_close(gradients[name], gradient.numpy(), 1e-4, name)
    if isinstance(inputs, np.ndarray):
        assert_close(grad_inputs, expected[-1].numpy(), 1e-4, "inputs")
    else:
        assert grad_inputs is None


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.integers(1, 8),
    samples=st.integers(1, 5),
    inputs=st.integers(1, 17),
    neurons=st.integers(1, 9),
    rate=st.sampled_from([0.0, 0.3, 1.0]),
    stored=st.booleans(),
    seed=st.integers(0, 9),
)
def test_layer_of_any_shape(backend, steps, samples, inputs, neurons, rate, stored, seed):
    rng = np.random.default_rng(seed)
    neuron = NeuronSettings(beta=0.8, surrogate="fast_sigmoid", slope=4.0)
    parameters = layer_parameters(neuron, inputs, neurons, 1.5, rng)
    dense = random_spikes(rng, steps, samples, inputs, rate)
    batch = loaded(backend, dense)[1] if stored else dense.astype(np.float64)
    check_layer(backend, neuron, batch, parameters, dense, seed)


def test_layer_takes_arrays_in_any_memory_order(backend):
    rng = np.random.default_rng(8)
    neuron = NeuronSettings()
    parameters = layer_parameters(neuron, 12, 5, 1.0, rng)
    wide = random_spikes(rng, 12, 10, 24).astype(np.float64)
    view = wide.transpose(1, 0, 2)[::2, ::-1, ::2]
    assert not view.flags.c_contiguous
    check_layer(backend, neuron, view, parameters, view)


def test_only_one_upstream_derivative(backend):
    rng = np.random.default_rng(9)
    neuron = NeuronSettings()
    parameters, dense = layer_parameters(neuron, 6, 4, 1.0, rng), random_spikes(rng, 7, 3, 6)
    layer, inputs = load_backend(backend).layer(neuron), loaded(backend, dense)[1]
    trace = layer.forward(parameters, inputs)
    g = rng.normal(size=trace.spikes.shape)
    zero = np.zeros_like(g)
    for alone, both in (((g, None), (g, zero)), ((None, g), (zero, g))):
        first = layer.backward(layer.forward(parameters, inputs), *alone)[0]
        second = layer.backward(layer.forward(parameters, inputs), *both)[0]
        for name in first:
            assert_close(first[name], second[name], 1e-10, name)


def test_leaky_integrator_by_finite_differences(backend):
    """With an infinite threshold potentials are smooth in weights and biases, so the derivative is a true one."""
    rng = np.random.default_rng(10)
    neuron = NeuronSettings(beta=0.85, threshold=float("inf"))
    parameters, dense = layer_parameters(neuron, 5, 3, 1.0, rng), random_spikes(rng, 12, 4, 5, 0.4)
    layer, inputs = load_backend(backend).layer(neuron), loaded(backend, dense)[1]
    g = rng.normal(size=(4, 12, 3))

    def value():
        return float((np.sin(layer.forward(parameters, inputs).v_pre) * g).sum())

    trace = layer.forward(parameters, inputs)
    assert trace.spikes.sum() == 0
    gradients, _ = layer.backward(trace, None, np.cos(trace.v_pre) * g)
    step = 1e-6
    for name in ("weight", "bias"):
        for index in np.ndindex(parameters[name].shape):
            kept = parameters[name][index]
            values = []
            for shift in (step, -step):
                parameters[name][index] = kept + shift
                values.append(value())
            parameters[name][index] = kept
            assert gradients[name][index] == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-5, abs=1e-7)


def test_samples_may_repeat_and_come_in_any_order(backend):
    rng = np.random.default_rng(11)
    neuron = NeuronSettings()
    parameters, dense = layer_parameters(neuron, 9, 4, 1.0, rng), random_spikes(rng, 6, 5, 9)
    made = load_backend(backend)
    data = made.load(SpikeTrains.from_dense(dense), np.dtype(np.float64))
    chosen = np.array([4, 0, 0, 2])
    trace = made.layer(neuron).forward(parameters, data.batch(chosen))
    np.testing.assert_array_equal(
        trace.spikes, lif(neuron, tensors(parameters), torch.tensor(dense[chosen] * 1.0))[0].detach()
    )


@pytest.mark.parametrize("value", [np.nan, -1.0, 0.5, 2.0])
def test_spikes_that_are_not_binary(backend, value):
    neuron, rng = NeuronSettings(), np.random.default_rng(0)
    spikes = np.zeros((4, 2, 3))
    spikes[1, 1, 2] = value
    with pytest.raises(InvalidInputError, match=f"(?s)inputs.*{value}"):
        load_backend(backend).layer(neuron).forward(layer_parameters(neuron, 3, 2, 1.0, rng), spikes)


@pytest.mark.parametrize("shape", [(2, 4), (2, 4, 5), (0, 4, 3), (2, 0, 3)])
def test_spikes_of_wrong_shape(backend, shape):
    neuron, rng = NeuronSettings(), np.random.default_rng(0)
    with pytest.raises(InvalidInputError, match=f"(?s)inputs.*{re.escape(str(shape))}"):
        load_backend(backend).layer(neuron).forward(layer_parameters(neuron, 3, 2, 1.0, rng), np.zeros(shape))


def test_stored_spikes_that_do_not_fit_the_weights(backend):
    neuron, rng = NeuronSettings(), np.random.default_rng(0)
    made, inputs = loaded(backend, random_spikes(rng, 4, 2, 6))
    parameters = layer_parameters(neuron, 3, 2, 1.0, rng)
    with pytest.raises(InvalidInputError, match="inputs"):
        made.layer(neuron).forward(parameters, inputs)
    with pytest.raises(InvalidInputError, match="inputs"):
        made.pair(neuron, neuron).forward(parameters, layer_parameters(neuron, 2, 2, 1.0, rng), inputs)


@pytest.mark.parametrize(
    ("samples", "found"), [([], r"\(0,\)"), ([[0]], r"\(1, 1\)"), ([0, 5], "0 to 5"), ([-1], "-1 to -1")]
)
def test_impossible_batches(backend, samples, found):
    made = load_backend(backend)
    data = made.load(SpikeTrains.from_dense(np.zeros((5, 3, 2))), np.dtype(np.float32))
    with pytest.raises(InvalidInputError, match=f"(?s)samples.*{found}"):
        data.batch(np.array(samples, np.int64))


def test_unknown_backend():
    with pytest.raises(ConfigError, match="custom"):
        load_backend("lava")


@pytest.mark.parametrize(
    ("name", "value"),
    [("beta", 1.0), ("beta", -0.1), ("threshold", 0.0), ("threshold", float("nan")), ("surrogate", "relu"),
     ("slope", 0.0), ("adaptation", -1.0), ("adaptation_decay", 1.0)],
)  # fmt: skip
def test_impossible_neurons(name, value):
    with pytest.raises(ConfigError, match=name):
        NeuronSettings(**{name: value})
