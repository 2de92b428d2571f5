"""What only the custom engine has: event lists, compiled formulas, two layers at once, native settings, its cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snn_reference import assert_close, layer_parameters, loaded, random_spikes

import snndeep
from snndeep.backends.base import NeuronSettings
from snndeep.backends.custom import BACKEND
from snndeep.backends.event_layers import CustomPair
from snndeep.backends.pair import ComposedPair
from snndeep.backends.surrogates import SURROGATES, surrogate_derivative
from snndeep.engine.events import EventTrains
from snndeep.engine.neuron import SURROGATE_CODES, lif_backward
from snndeep.errors import InvalidInputError
from snndeep.learning.registry import RULES
from snndeep.spikes.trains import SpikeTrains

SCRIPTS = Path(snndeep.__file__).parents[1]
FULL = NeuronSettings(learn_beta=True, learn_threshold=True, adaptation=0.3, surrogate="superspike", slope=5.0)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 35), st.sampled_from([0.0, 0.2, 1.0]), st.integers(0, 9))
def test_events_list_every_spike_once(steps, samples, channels, rate, seed):
    dense = random_spikes(np.random.default_rng(seed), steps, samples, channels, rate)
    events = EventTrains.from_trains(SpikeTrains.from_dense(dense))
    rows, expected = np.nonzero(dense.reshape(samples * steps, channels))
    pointers, listed = events.by_step
    np.testing.assert_array_equal(listed, expected)
    np.testing.assert_array_equal(np.diff(pointers), np.bincount(rows, minlength=samples * steps))
    assert (pointers[0], events.samples, events.steps, events.inputs) == (0, samples, steps, channels)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 35), st.sampled_from([0.0, 0.2, 1.0]), st.integers(0, 9))
def test_event_times_are_the_same_events_by_channel(steps, samples, channels, rate, seed):
    dense = random_spikes(np.random.default_rng(seed), steps, samples, channels, rate)
    starts, times = EventTrains.from_trains(SpikeTrains.from_dense(dense)).by_channel
    rows, expected = np.nonzero(dense.transpose(0, 2, 1).reshape(samples * channels, steps))
    np.testing.assert_array_equal(times, expected)
    np.testing.assert_array_equal(np.diff(starts), np.bincount(rows, minlength=samples * channels))
    assert starts[0] == 0


def test_spike_trains_too_wide_for_the_engine():
    wide = SpikeTrains(np.zeros((1, 1, 2**13 + 1), np.uint8), 2**16 + 1)
    with pytest.raises(InvalidInputError, match="65537 channels"):
        EventTrains.from_trains(wide)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SURROGATES)
def test_compiled_surrogates_equal_the_formulas(name, dtype):
    potential = np.linspace(-3, 5, 801, dtype=dtype)[None]
    threshold, slope = np.full(801, 1.25, dtype), dtype(3.0)
    ones, delta = np.ones_like(potential), np.empty_like(potential)
    lif_backward(
        potential, (potential >= 1.25).astype(dtype), np.full(801, dtype(0.9)), threshold, None,
        (SURROGATE_CODES[name], slope), ones, None, delta, None,
    )  # fmt: skip
    np.testing.assert_allclose(delta, surrogate_derivative(name, slope, potential - threshold), rtol=1e-5)


def test_unknown_surrogate():
    with pytest.raises(ValueError, match="relu"):
        surrogate_derivative("relu", 1.0, np.zeros(1))


@pytest.mark.parametrize("hidden", [NeuronSettings(), FULL], ids=["plain", "full"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_layers_at_once_equal_one_after_the_other(hidden, dtype):
    rng = np.random.default_rng(5)
    output = NeuronSettings(surrogate=hidden.surrogate, slope=hidden.slope)
    first = layer_parameters(hidden, 21, 13, 1.0, rng, dtype)
    second = layer_parameters(output, 13, 2, 1.0, rng, dtype)
    inputs = loaded("custom", random_spikes(rng, 20, 7, 21), dtype)[1]
    pair = BACKEND.pair(hidden, output)
    assert isinstance(pair, CustomPair)
    composed = ComposedPair(BACKEND.layer(hidden), BACKEND.layer(output))
    traces = [p.forward(first, second, inputs) for p in (pair, composed)]
    for layer in ("hidden", "output"):
        found, expected = (getattr(trace, layer) for trace in traces)
        np.testing.assert_array_equal(found.spikes, expected.spikes)
        assert_close(found.v_pre, expected.v_pre, 1e-6)
    upstream = rng.normal(size=(2, 7, 20, 2))
    upstream[:, 3] = 0  # a sample without an error is passed over
    gradients = [p.backward(trace, *upstream) for p, trace in zip((pair, composed), traces, strict=True)]
    for found, expected in zip(*gradients, strict=True):
        assert found.keys() == expected.keys()
        for name in found:
            assert found[name].dtype == dtype
            assert_close(found[name], expected[name], 1e-5, name)


def test_an_output_with_settings_of_its_own_is_composed():
    assert isinstance(BACKEND.pair(NeuronSettings(), NeuronSettings(slope=9.0)), ComposedPair)
    assert isinstance(BACKEND.pair(NeuronSettings(), NeuronSettings(learn_beta=True)), ComposedPair)


def test_learned_decay_by_finite_differences():
    """Without spikes the potential is smooth in the decay, so the derivative is a true one."""
    rng = np.random.default_rng(6)
    neuron = NeuronSettings(learn_beta=True, threshold=float("inf"))
    parameters = layer_parameters(neuron, 5, 3, 1.0, rng)
    layer, inputs = BACKEND.layer(neuron), loaded("custom", random_spikes(rng, 12, 4, 5, 0.4))[1]
    g = rng.normal(size=(4, 12, 3))
    found = layer.backward(layer.forward(parameters, inputs), None, g)[0]["beta"]
    for j in range(3):
        values = []
        for shift in (1e-6, -1e-6):
            beta = parameters["beta"].copy()
            beta[j] += shift
            values.append(float((layer.forward({**parameters, "beta": beta}, inputs).v_pre * g).sum()))
        assert found[j] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-6)


def test_learned_threshold_by_its_definition():
    """One step, one spike: dL/dthreshold = - h(v - threshold) g, and h is the slope of a smooth step of known form."""
    neuron = NeuronSettings(learn_threshold=True, surrogate="fast_sigmoid", slope=2.0)
    parameters = {"weight": np.array([[0.7]]), "bias": np.zeros(1), "threshold": np.array([0.9])}
    layer, inputs = BACKEND.layer(neuron), loaded("custom", np.ones((1, 1, 1)))[1]
    found = layer.backward(layer.forward(parameters, inputs), np.ones((1, 1, 1)), None)[0]["threshold"][0]

    def smooth(threshold):
        x = 0.7 - threshold
        return 2.0 * x / (2 * (1 + 2.0 * abs(x)))

    assert found == pytest.approx((smooth(0.9 + 1e-6) - smooth(0.9 - 1e-6)) / 2e-6, rel=1e-5)


def test_adaptation_raises_the_threshold():
    drive = {"weight": np.full((1, 1), 1.2), "bias": np.zeros(1)}
    inputs = loaded("custom", np.ones((1, 12, 1)))[1]
    plain = BACKEND.layer(NeuronSettings()).forward(drive, inputs).spikes.sum()
    adapted = BACKEND.layer(NeuronSettings(adaptation=1.0)).forward(drive, inputs).spikes.sum()
    assert plain == 12
    assert 0 < adapted < 12


FIT = """
import sys, hashlib
import numpy as np
from snndeep.backends.registry import load_backend
from snndeep.spikes.encoded_split import Problem
from snndeep.learning.registry import RULES, load_rule
from snndeep.spikes.trains import SpikeTrains
rng = np.random.default_rng(0)
labels = np.arange(60) % 2
trains = SpikeTrains.from_dense(rng.random((60, 10, 12)) < np.where(labels[:, None, None], 0.3, 0.2))
problem = Problem(trains, labels, np.arange(60) // 4, np.arange(40), np.arange(40, 60))
custom = load_backend("custom")
inputs = custom.load(trains, np.dtype(np.float32))
for name in RULES:
    rule = load_rule(name)
    settings = rule.settings(epochs=3, batch_size=16)
    fit = rule.fit(problem, inputs, custom, settings, 3, lambda record: None)
    scores = rule.model(custom, settings, fit.parameters).scores(inputs, np.arange(60))
    content = b"".join(fit.parameters[key].tobytes() for key in sorted(fit.parameters)) + scores.tobytes()
    print(name, hashlib.sha256(content).hexdigest())
"""


def run(code: str, **environment: str) -> str:
    variables = {**os.environ, "PYTHONPATH": str(SCRIPTS), **environment}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    return done.stdout


def test_results_do_not_depend_on_process_or_threads():
    one, again, two = (run(FIT, NUMBA_NUM_THREADS=threads) for threads in ("1", "1", "2"))
    assert one == again == two
    assert len(one.splitlines()) == len(RULES)


def test_the_first_run_says_that_it_compiles(tmp_path):
    code = """
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(name)s: %(message)s")
import numpy as np
from snndeep.engine.events import EventTrains
from snndeep.spikes.trains import SpikeTrains
for _ in range(2):
    EventTrains.from_trains(SpikeTrains.from_dense(np.ones((3, 2, 4))))
"""
    first, second = (run(code, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    assert first.count("snndeep.compilation: Compiling the custom engine") == 1
    assert second == ""


def test_a_change_in_any_engine_file_is_noticed(tmp_path):
    code = """
import snndeep.compilation as compilation
found = compilation.fingerprint
compilation.fingerprint = lambda folder: found(folder) + {change!r}
import numpy as np
from snndeep.engine.synapse import is_silent
is_silent(np.zeros((2, 2)))
print(sum(is_silent.stats.cache_hits.values()), sum(is_silent.stats.cache_misses.values()))
"""
    changes = ("", "", "edited")
    found = [run(code.format(change=change), NUMBA_CACHE_DIR=str(tmp_path)).split() for change in changes]
    assert found == [["0", "1"], ["1", "0"], ["0", "1"]]


def test_cached_functions_load_without_what_numba_compiles_with(tmp_path):
    code = """
import sys
import numpy as np
from snndeep.engine.events import EventTrains
from snndeep.engine.synapse import is_silent
from snndeep.spikes.trains import SpikeTrains
events = EventTrains.from_trains(SpikeTrains.from_dense(np.ones((3, 2, 4))))
print(*events.by_channel[1], "numba.np.linalg" in sys.modules, "scipy.linalg" in sys.modules)
if {later}:
    print(is_silent(np.zeros((2, 2))), sum(is_silent.stats.cache_misses.values()))
"""
    first, second, late = (
        run(code.format(later=later), NUMBA_CACHE_DIR=str(tmp_path)).split() for later in (False, False, True)
    )
    assert first[:-2] == second[:-2] == ["0", "1"] * 12
    assert (first[-2], *second[-2:]) == ("True", "False", "False")
    # What is not in the cache can still be compiled.
    assert late[-2:] == ["True", "1"]


def test_code_edited_after_it_was_imported_is_not_kept_as_the_edited(tmp_path):
    package = tmp_path / "toy"
    package.mkdir()
    (package / "__init__.py").write_text("from snndeep.compilation import compiler\ncompiled = compiler('toys', {})\n")
    (package / "inner.py").write_text("from toy import compiled\n@compiled\ndef inner(x):\n    return x + 1\n")
    (package / "outer.py").write_text(
        "from toy import compiled\nfrom toy.inner import inner\n@compiled\ndef outer(x):\n    return inner(x)\n"
    )
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from toy.outer import outer
from pathlib import Path
path = Path({str(package / "inner.py")!r})
path.write_text(path.read_text().replace("x + 1\\n", "x + 1000\\n"))
print(outer(1))
"""
    assert [run(code).strip() for _ in range(2)] == ["2", "1001"]
