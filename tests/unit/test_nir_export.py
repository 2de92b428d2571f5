"""Networks in NIR give the spikes of the network that was trained, loaded by the frameworks' own imports."""

import math

import nir
import numpy as np
import pytest
import torch
from snntorch.import_nir import import_from_nir as by_snntorch
from spikingjelly.activation_based.nir_exchange import import_from_nir as by_spikingjelly

from snndeep.backends.registry import load_backend
from snndeep.deployment.nir_export import DT, network_graph, tempotron_graph
from snndeep.errors import ConfigError
from snndeep.learning.surrogate import RULE as SURROGATE
from snndeep.learning.surrogate import SurrogateSettings
from snndeep.learning.tempotron import TempotronModel, TempotronSettings
from snndeep.spikes.trains import SpikeTrains

STEPS, SAMPLES, CHANNELS, HIDDEN = 20, 40, 12, 16


def trained(settings, seed=0):
    """Return random parameters, input spikes and what our network makes of them."""
    rng = np.random.default_rng(seed)
    parameters = {
        "hidden.weight": rng.normal(0, 0.5, (CHANNELS, HIDDEN)),
        "hidden.bias": rng.normal(0, 0.05, HIDDEN),
        "output.weight": rng.normal(0, 0.5, (HIDDEN, 2)),
        "output.bias": rng.normal(0, 0.05, 2),
    }
    if settings.learn_beta:
        parameters["hidden.beta"] = rng.uniform(0.5, 0.95, HIDDEN)
    if settings.learn_threshold:
        parameters["hidden.threshold"] = rng.uniform(0.5, 1.5, HIDDEN)
    parameters = {name: values.astype(np.float32) for name, values in parameters.items()}
    spikes = (rng.random((SAMPLES, STEPS, CHANNELS)) < 0.3).astype(np.uint8)
    backend = load_backend("custom")
    model = SURROGATE.model(backend, settings, parameters)
    inputs = backend.load(SpikeTrains.from_dense(spikes), np.dtype(np.float32))
    trace = model._network.forward(model.parameters, inputs.batch(np.arange(SAMPLES)))
    return parameters, spikes.astype(np.float32), trace


def round_trip(graph, tmp_path):
    nir.write(tmp_path / "network.nir", graph)
    return nir.read(tmp_path / "network.nir")


def run_imported(module, spikes):
    """Step an imported network through time; the executor of NIRTorch takes the state of its neurons with each call."""
    outputs, state = [], None
    with torch.no_grad():
        for step in torch.from_numpy(spikes).unbind(1):
            result, state = module(step, state)
            outputs.append((result[0] if isinstance(result, tuple) else result).numpy())
    return np.stack(outputs, 1)


@pytest.mark.parametrize("importer", [by_snntorch, by_spikingjelly])
@pytest.mark.parametrize("hidden_only", [False, True])
def test_an_imported_network_gives_the_same_spikes(tmp_path, importer, hidden_only):
    settings = SurrogateSettings(beta=0.85, threshold=0.8, readout="spike_count")
    parameters, spikes, trace = trained(settings)
    graph = round_trip(network_graph(settings, parameters, hidden_only), tmp_path)
    ours = (trace.hidden if hidden_only else trace.output).spikes
    assert 0.02 < ours.mean() < 0.9
    np.testing.assert_array_equal(run_imported(importer(graph), spikes), ours)


def euler(graph, spikes):
    """Run a chain of NIR nodes as the module's docstring says they are to be read."""
    signal = spikes.astype(np.float64)
    for node in list(graph.nodes.values()):
        if isinstance(node, nir.Affine | nir.Linear):
            signal = signal @ node.weight.T + getattr(node, "bias", 0)
        elif isinstance(node, nir.LIF | nir.LI):
            v, out = np.zeros(signal[:, 0].shape), []
            for current in signal.swapaxes(0, 1):
                v = v + DT / node.tau * (node.v_leak - v + node.r * current)
                fired = v >= node.v_threshold if isinstance(node, nir.LIF) else None
                out.append(v if fired is None else fired.astype(float))
                v = v if fired is None else np.where(fired, node.v_reset, v)
            signal = np.stack(out, 1)
    return signal


def ordered(graph):
    """Return the graph with its nodes in the order of its edges; a file keeps them by name."""
    after, names = dict(graph.edges), ["input"]
    while names[-1] in after:
        names.append(after[names[-1]])
    graph.nodes = {name: graph.nodes[name] for name in names}
    return graph


def test_learned_time_constants_and_thresholds_become_vectors(tmp_path):
    settings = SurrogateSettings(learn_beta=True, learn_threshold=True, readout="mean_potential")
    parameters, spikes, trace = trained(settings)
    graph = ordered(round_trip(network_graph(settings, parameters), tmp_path))
    np.testing.assert_allclose(1 - DT / graph.nodes["hidden"].tau, parameters["hidden.beta"], rtol=1e-6)
    np.testing.assert_allclose(euler(graph, spikes), trace.output.v_pre, atol=1e-4)
    hidden = ordered(round_trip(network_graph(settings, parameters, hidden_only=True), tmp_path))
    np.testing.assert_array_equal(euler(hidden, spikes), trace.hidden.spikes)


def test_an_adaptive_threshold_is_refused():
    settings = SurrogateSettings(adaptation=0.2)
    parameters, _, _ = trained(SurrogateSettings())
    with pytest.raises(ConfigError, match="cannot be written in NIR") as caught:
        network_graph(settings, parameters)
    assert "adaptation" in str(caught.value)


def test_a_tempotron_becomes_two_integrators_with_the_same_voltage(tmp_path):
    settings, rng = TempotronSettings(tau_m=7.0, tau_s=1.5), np.random.default_rng(1)
    parameters = {"weight": rng.normal(size=(CHANNELS, 1)).astype(np.float32), "bias": np.array([0.1], np.float32)}
    spikes = (rng.random((SAMPLES, STEPS, CHANNELS)) < 0.1).astype(np.uint8)
    backend = load_backend("custom")
    model = TempotronModel(backend, settings, parameters)
    inputs = backend.load(SpikeTrains.from_dense(spikes), np.dtype(np.float32))
    graph = ordered(round_trip(tempotron_graph(settings, parameters), tmp_path))
    np.testing.assert_allclose(1 - DT / graph.nodes["integrators"].tau, [math.exp(-1 / 7), math.exp(-1 / 1.5)])
    voltage = euler(graph, spikes)[:, :, 0]
    samples = np.arange(SAMPLES)
    np.testing.assert_allclose(voltage.max(axis=1) - settings.threshold, model.scores(inputs, samples), atol=1e-5)
