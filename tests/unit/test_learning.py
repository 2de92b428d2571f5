"""One conformance suite for every learning rule of the registry; a new one is tested by being listed there."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from snn_reference import known_settings

from snndeep.backends.registry import BACKENDS, OWN_BACKEND, load_backend
from snndeep.errors import ConfigError, DivergedError, InvalidInputError
from snndeep.learning.descent import class_weights, score_in_batches
from snndeep.learning.ranking import roc_auc
from snndeep.learning.registry import RULES, load_rule
from snndeep.learning.surrogate import weighted_cross_entropy
from snndeep.settings import type_hints
from snndeep.spikes.encoded_split import Problem
from snndeep.spikes.encoders.registry import ENCODERS
from snndeep.spikes.trains import SpikeTrains

CUSTOM = load_backend(OWN_BACKEND)
SINGLE = [name for name in RULES if not hasattr(load_rule(name).settings(), "rounds")]  # one descent each


def make_problem(samples=120, contrast=0.25, seed=0):
    """Two classes that differ in the rates of half of the channels; four samples a patient."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) // 4 % 2
    rates = np.full((2, 16), 0.2)
    rates[1, :8] += contrast
    trains = SpikeTrains.from_dense(rng.random((samples, 15, 16)) < rates[labels][:, None])
    order = rng.permutation(samples)
    split = 2 * samples // 3
    return Problem(trains, labels, np.arange(samples) // 4, np.sort(order[:split]), np.sort(order[split:]))


def fit(rule, problem, seed=1, backend=CUSTOM, **changes):
    records = []
    chosen = rule.settings(**{"epochs": 6, "batch_size": 16, **changes})
    inputs = backend.load(problem.trains, np.dtype(np.float32))
    return chosen, rule.fit(problem, inputs, backend, chosen, seed, records.append), records


@pytest.fixture(params=list(RULES))
def rule(request):
    return load_rule(request.param)


def test_a_rule_describes_itself(rule):
    assert RULES[rule.name] == type(rule).__module__
    assert rule.encoder in ENCODERS
    assert set(rule.search_space) <= set(type_hints(rule.settings))
    assert rule.label in rule.methods_text(rule.settings())
    assert rule.trial_settings(rule.settings()) == rule.trial_settings(rule.trial_settings(rule.settings()))


def another(value, field):
    """Return another value that a setting may have."""
    rules = field.metadata["rules"]
    if rules.choices:
        return next(choice for choice in rules.choices if choice != value)
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else 0.9 * value or 0.05


@pytest.mark.parametrize("start", [{}, {"adaptation": 0.3}])
def test_the_methods_name_every_setting(rule, start):
    settings = rule.settings(**known_settings(rule, **start))
    before = rule.methods_text(settings)
    for field in fields(settings):
        # A decay of the adaptation matters where there is one.
        if field.name == "adaptation_decay" and not settings.adaptation:
            continue
        changed = replace(settings, **{field.name: another(getattr(settings, field.name), field)})
        assert rule.methods_text(changed) != before, field.name


def test_hidden_neurons_are_in_the_trace_or_there_are_none(rule):
    problem = make_problem(samples=24)
    chosen, found, _ = fit(rule, problem, epochs=1)
    model = rule.model(CUSTOM, chosen, found.parameters)
    trace = model.trace(CUSTOM.load(problem.trains, np.dtype(np.float32)), np.array([0, 5]))
    assert ("hidden spikes" in trace) == rule.has_hidden


def test_the_declared_shapes_are_those_of_a_fit(rule):
    problem = make_problem(samples=24)
    chosen, found, _ = fit(rule, problem, epochs=1, **known_settings(rule, hidden=5))
    shapes = rule.shapes(problem.trains.channels, chosen)
    assert {name: values.shape for name, values in found.parameters.items()} == shapes
    assert all(values.dtype == np.float32 for values in found.parameters.values())


def test_a_model_in_nir_or_a_reason(rule):
    problem = make_problem(samples=24)
    chosen, found, _ = fit(rule, problem, epochs=1)
    try:
        graph = rule.to_nir(chosen, found.parameters, False)
    except ConfigError as refusal:
        assert rule.name in str(refusal)
        assert refusal.remedy
    else:
        assert graph.metadata["readout"]
        assert list(graph.nodes["input"].output_type["output"]) == [16]


def test_learns_what_can_be_learned(rule):
    problem = make_problem()
    chosen, found, records = fit(rule, problem, epochs=15, learning_rate=0.01)
    assert found.validation_auc > 0.9
    assert found.history == records
    assert found.validation_auc == pytest.approx(max(entry.validation_auc for entry in records[-15:]))
    model = rule.model(CUSTOM, chosen, found.parameters)
    scores = score_in_batches(model, CUSTOM.load(problem.trains, np.dtype(np.float32)), problem.validation)
    labels = problem.labels[problem.validation]
    assert scores[labels == 1].mean() > scores[labels == 0].mean()


def test_learns_nothing_where_there_is_nothing(rule):
    problem = make_problem(samples=240, contrast=0.0)
    _, found, _ = fit(rule, problem, epochs=3)
    assert found.validation_auc < 0.75


def test_the_same_seed_gives_the_same_bits(rule):
    problem = make_problem()
    first, second, other = (fit(rule, problem, seed)[1] for seed in (4, 4, 5))
    for name, values in first.parameters.items():
        np.testing.assert_array_equal(second.parameters[name], values)
    assert any((other.parameters[name] != values).any() for name, values in first.parameters.items())
    assert [replace(e, seconds=0) for e in first.history] == [replace(e, seconds=0) for e in second.history]


@pytest.mark.parametrize("name", [name for name in BACKENDS if name != OWN_BACKEND])
def test_every_backend_learns_the_same(rule, name):
    check_parity(rule, name)


@pytest.mark.parametrize("hidden", [(12, 8), (12, 8, 6)], ids=["two layers", "three layers"])
@pytest.mark.parametrize("deep", [load_rule("surrogate"), load_rule("bal")], ids=["surrogate", "bal"])
@pytest.mark.parametrize("name", [name for name in BACKENDS if name != OWN_BACKEND])
def test_every_backend_learns_the_same_at_any_depth(name, deep, hidden):
    learned = check_parity(deep, name, hidden=hidden)
    assert learned["hidden2.weight"].shape == hidden[:2]


def check_parity(rule, name, **settings):
    problem = make_problem()
    expected, found = (fit(rule, problem, epochs=2, backend=b, **settings)[1] for b in (CUSTOM, load_backend(name)))
    for one, other in zip(expected.history, found.history, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-3, abs=1e-4)
        assert other.validation_auc == pytest.approx(one.validation_auc, abs=0.01)
    for key, values in expected.parameters.items():
        np.testing.assert_allclose(found.parameters[key], values, atol=1e-3)
    return expected.parameters


def test_the_trace_has_samples_and_steps(rule):
    problem = make_problem(samples=24)
    chosen, found, _ = fit(rule, problem, epochs=1)
    model = rule.model(CUSTOM, chosen, found.parameters)
    trace = model.trace(CUSTOM.load(problem.trains, np.dtype(np.float32)), np.array([0, 5]))
    assert "output potential" in trace
    assert all(values.shape[:2] == (2, 15) for values in trace.values())


def test_scores_do_not_depend_on_company(rule):
    problem = make_problem(samples=24)
    chosen, found, _ = fit(rule, problem, epochs=1)
    model, inputs = rule.model(CUSTOM, chosen, found.parameters), CUSTOM.load(problem.trains, np.dtype(np.float32))
    together = model.scores(inputs, np.arange(24))
    np.testing.assert_array_equal(together, [model.scores(inputs, np.array([n]))[0] for n in range(24)])


def test_a_diverging_run_stops(rule):
    with pytest.raises(DivergedError, match=r"(?s)epoch 1.*learning_rate=1e\+38"), np.errstate(all="ignore"):
        fit(rule, make_problem(), learning_rate=1e38, epochs=3)


@pytest.mark.parametrize("name", SINGLE)
def test_the_best_epoch_is_kept_and_patience_ends_training(name):
    rule, problem = load_rule(name), make_problem(contrast=0.05)
    chosen, found, records = fit(rule, problem, epochs=40, patience=3)
    curve = [entry.validation_auc for entry in records]
    assert found.validation_auc == max(curve)
    assert len(curve) == 1 + curve.index(max(curve)) + 3 < 40
    model = rule.model(CUSTOM, chosen, found.parameters)
    scores = score_in_batches(model, CUSTOM.load(problem.trains, np.dtype(np.float32)), problem.validation)
    assert roc_auc(problem.labels[problem.validation], scores) == found.validation_auc


@pytest.mark.parametrize("name", SINGLE)
def test_an_equal_epoch_is_no_better_one(name):
    _, _, records = fit(load_rule(name), make_problem(), learning_rate=1e-30, epochs=20, patience=4)
    assert len(records) == 5


def test_unknown_rule():
    with pytest.raises(ConfigError, match="tempotron"):
        load_rule("hebb")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"labels": np.full(24, 2)}, "labels.*2"),
        ({"labels": np.full(24, -1)}, "labels.*-1"),
        ({"labels": np.zeros(23, int)}, r"labels.*\(23,\)"),
        ({"patients": np.zeros((24, 1))}, r"patients.*\(24, 1\)"),
        ({"train": np.zeros(0, int)}, "train.*0 and"),
        ({"validation": np.zeros(0, int)}, "validation.*and 0"),
    ],
)
def test_impossible_problems(change, named):
    with pytest.raises(InvalidInputError, match=f"(?s){named}"):
        replace(make_problem(samples=24), **change)


def test_samples_that_do_not_exist(rule):
    with pytest.raises(InvalidInputError, match="samples"):
        fit(rule, replace(make_problem(samples=24), validation=np.array([0, 24])))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("surrogate", {"readout": "first_spike"}),
        ("tempotron", {"tau_s": 8.0}),
        ("tempotron", {"tau_s": 0.0}),
        ("bal", {"initial_fraction": 0.7}),
        ("bal", {"rounds": 0}),
        ("bal", {"readout": "first_spike"}),
    ],
)
def test_impossible_settings(name, settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        load_rule(name).settings(**settings)


def test_class_weights_balance():
    labels = np.array([0, 0, 0, 1])
    weights = class_weights(labels)
    assert weights.mean() == pytest.approx(1)
    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 1].sum())
    np.testing.assert_array_equal(class_weights(np.zeros(3, int)), np.ones(3))


def test_cross_entropy_by_finite_differences():
    rng = np.random.default_rng(0)
    logits, labels, weights = rng.normal(size=(5, 2)) * 3, np.array([0, 1, 1, 0, 1]), rng.uniform(0.5, 2, 5)
    _, grad = weighted_cross_entropy(logits, labels, weights)
    for index in np.ndindex(5, 2):
        shift = np.zeros((5, 2))
        shift[index] = 1e-6
        high, low = (weighted_cross_entropy(logits + s, labels, weights)[0] for s in (shift, -shift))
        assert grad[index] == pytest.approx((high - low) / 2e-6, abs=1e-7)


def test_cross_entropy_of_large_logits_is_finite():
    loss, grad = weighted_cross_entropy(np.array([[1000.0, -1000.0]]), np.array([1]), np.ones(1))
    assert loss == pytest.approx(2000)
    np.testing.assert_allclose(grad, [[1, -1]])


@pytest.mark.parametrize("setting", ["learn_beta", "learn_threshold"])
def test_native_parameters_are_learned_and_stay_in_range(setting):
    rule = load_rule("surrogate")
    _, found, _ = fit(rule, make_problem(), learning_rate=0.3, epochs=3, hidden=8, **{setting: True})
    learned = found.parameters[f"hidden.{setting.removeprefix('learn_')}"]
    assert learned.shape == (8,)
    assert np.unique(learned).size > 1
    limits = {"learn_beta": (0, 0.999), "learn_threshold": (0.05, np.inf)}[setting]
    assert learned.min() >= np.float32(limits[0])
    assert learned.max() <= np.float32(limits[1])
