"""Networks in NIR give the spikes of the network that was trained, loaded by the frameworks' own readers."""

import math

import nir
import numpy as np
import pytest
import torch
from norse.torch import from_nir as by_norse
from snntorch.import_nir import import_from_nir as by_snntorch
from spikingjelly.activation_based.nir_exchange import import_from_nir as by_spikingjelly

from snndeep.backends.registry import load_backend
from snndeep.deployment.nir_export import PASSED_OVER, READERS, describe_readers, obstacles
from snndeep.errors import ConfigError
from snndeep.learning.nir_graphs import DT
from snndeep.learning.registry import RULES, load_rule
from snndeep.learning.surrogate import RULE as SURROGATE
from snndeep.learning.surrogate import SurrogateSettings
from snndeep.learning.tempotron import RULE as TEMPOTRON
from snndeep.learning.tempotron import TempotronSettings
from snndeep.spikes.trains import SpikeTrains

STEPS, SAMPLES, CHANNELS, HIDDEN = 20, 40, 12, 16
IMPORTS = {
    "norse": lambda graph: by_norse(graph, dt=DT),
    "snntorch": by_snntorch,
    "spikingjelly": by_spikingjelly,
}
NEURONS = {
    "common": {"beta": 0.85, "threshold": 0.8},
    "slow": {"beta": 0.99, "threshold": 2.0},
    "without memory": {"beta": 0.0, "threshold": 0.5},
    "learned decays": {"learn_beta": True},
    "learned thresholds": {"learn_threshold": True},
    "both learned": {"learn_beta": True, "learn_threshold": True},
    "two layers": {"hidden": (HIDDEN, 12)},
    "three learned layers": {"hidden": (HIDDEN, 12, 10), "learn_beta": True, "learn_threshold": True},
}


def trained(settings, seed=0):
    """Return random parameters, input spikes `[B, T, F]` and what our network makes of them."""
    rng = np.random.default_rng(seed)
    parameters = {
        name: rng.uniform(*{"beta": (0.5, 0.95), "threshold": (0.5, 1.5)}[name.partition(".")[2]], shape)
        if name.endswith(("beta", "threshold"))
        else rng.normal(0, 0.5 if name.endswith("weight") else 0.05, shape)
        for name, shape in SURROGATE.shapes(CHANNELS, settings).items()
    }
    parameters = {name: values.astype(np.float32) for name, values in parameters.items()}
    spikes = (rng.random((SAMPLES, STEPS, CHANNELS)) < 0.3).astype(np.uint8)
    backend = load_backend("custom")
    model = SURROGATE.model(backend, settings, parameters)
    inputs = backend.load(SpikeTrains.from_dense(spikes), np.dtype(np.float32))
    trace = model.network.forward(model.parameters, inputs.batch(np.arange(SAMPLES)))
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


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("hidden_only", [False, True], ids=["whole", "hidden"])
@pytest.mark.parametrize("readout", ["spike_count", "mean_potential"])
@pytest.mark.parametrize("neurons", NEURONS)
def test_a_reader_gives_the_same_spikes_or_refuses_as_we_say(tmp_path, reader, neurons, readout, hidden_only):
    settings = SurrogateSettings(**{"hidden": HIDDEN, "readout": readout, **NEURONS[neurons]})
    parameters, spikes, trace = trained(settings)
    graph = round_trip(SURROGATE.to_nir(settings, parameters, hidden_only), tmp_path)
    reason = obstacles(graph).get(reader)
    if reason == PASSED_OVER:
        found = run_imported(IMPORTS[reader](graph), spikes)
        same = np.allclose(found, trace.output.v_pre, atol=1e-4)
        assert same == (settings.beta == 0)  # without memory an integrator passes its current on
        return
    if reason:
        with pytest.raises((AssertionError, ValueError, NotImplementedError, RuntimeError, TypeError, KeyError)):
            run_imported(IMPORTS[reader](graph), spikes)
        return
    ours = (trace.hidden_layers[-1] if hidden_only else trace.output).spikes
    assert 0.02 < ours.mean() < 0.9
    np.testing.assert_array_equal(run_imported(IMPORTS[reader](graph), spikes), ours)


def test_the_obstacles_name_the_settings():
    def said(hidden_only=True, **settings):
        chosen = SurrogateSettings(hidden=HIDDEN, **settings)
        return describe_readers(SURROGATE.to_nir(chosen, trained(chosen)[0], hidden_only))

    assert said() == "read by Norse, snnTorch, SpikingJelly"
    learned = said(learn_beta=True)
    assert learned.startswith("read by Norse; ")
    assert learned.count("learn_beta") == 2
    assert said(learn_threshold=True).count("learn_threshold") == 2
    assert said(beta=0.0).startswith("read by Norse, snnTorch; not by SpikingJelly: ")
    assert said(hidden_only=False).startswith("read by none of Norse, snnTorch, SpikingJelly; ")


def euler(graph, spikes):
    """Run a chain of NIR nodes as the docstring of `nir_graphs` says they are to be read."""
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


@pytest.mark.parametrize("neurons", NEURONS)
def test_a_graph_read_as_its_equations_say_gives_spikes_and_potentials(tmp_path, neurons):
    settings = SurrogateSettings(**{"hidden": HIDDEN, "readout": "mean_potential", **NEURONS[neurons]})
    parameters, spikes, trace = trained(settings)
    graph = ordered(round_trip(SURROGATE.to_nir(settings, parameters, False), tmp_path))
    np.testing.assert_allclose(euler(graph, spikes), trace.output.v_pre, atol=1e-4)
    hidden = ordered(round_trip(SURROGATE.to_nir(settings, parameters, True), tmp_path))
    np.testing.assert_array_equal(euler(hidden, spikes), trace.hidden_layers[-1].spikes)
    if settings.learn_beta:
        np.testing.assert_allclose(1 - DT / graph.nodes["hidden"].tau, parameters["hidden.beta"], rtol=1e-6)


def test_an_adaptive_threshold_is_refused():
    settings = SurrogateSettings(adaptation=0.2)
    parameters, _, _ = trained(SurrogateSettings(hidden=HIDDEN))
    with pytest.raises(ConfigError, match=r"(?s)cannot be written in NIR.*adaptation"):
        SURROGATE.to_nir(settings, parameters, False)


def test_a_tempotron_becomes_two_integrators_with_the_same_voltage(tmp_path):
    settings, rng = TempotronSettings(tau_m=7.0, tau_s=1.5), np.random.default_rng(1)
    parameters = {"weight": rng.normal(size=(CHANNELS, 1)).astype(np.float32), "bias": np.array([0.1], np.float32)}
    spikes = (rng.random((SAMPLES, STEPS, CHANNELS)) < 0.1).astype(np.uint8)
    backend = load_backend("custom")
    model = TEMPOTRON.model(backend, settings, parameters)
    inputs = backend.load(SpikeTrains.from_dense(spikes), np.dtype(np.float32))
    graph = ordered(round_trip(TEMPOTRON.to_nir(settings, parameters, False), tmp_path))
    np.testing.assert_allclose(1 - DT / graph.nodes["integrators"].tau, [math.exp(-1 / 7), math.exp(-1 / 1.5)])
    voltage = euler(graph, spikes)[:, :, 0]
    samples = np.arange(SAMPLES)
    np.testing.assert_allclose(voltage.max(axis=1) - settings.threshold, model.scores(inputs, samples), atol=1e-5)
    assert set(obstacles(graph)) == set(READERS)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_writes_a_graph_or_says_why_not(name):
    rule = load_rule(name)
    settings = rule.settings()
    rng = np.random.default_rng(0)
    shapes = {"hidden.weight": (CHANNELS, 64), "hidden.bias": 64, "output.weight": (64, 2), "output.bias": 2}
    if not rule.has_hidden:
        shapes = {"weight": (CHANNELS, 1), "bias": 1}
    parameters = {key: rng.normal(size=shape).astype(np.float32) for key, shape in shapes.items()}
    try:
        graph = rule.to_nir(settings, parameters, False)
    except ConfigError as refusal:
        assert name in str(refusal)
    else:
        assert graph.metadata["readout"]
