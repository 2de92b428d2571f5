"""What training one model on one split keeps, and that it does not begin where a test part has leaked."""

import json
from dataclasses import replace

import numpy as np
import pytest
from snn_reference import known_settings

from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.errors import LeakageError
from snndeep.evaluation.cost import costs
from snndeep.learning.registry import RULES, load_rule
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.spikes.trains import SpikeTrains
from snndeep.training.fit import train_split
from snndeep.training.search import SearchSettings, tune_fold
from snndeep.training.trials import FinishedTrials, open_journal

SMALL = {"hidden": 6, "epochs": 2, "rounds": 2}


@pytest.fixture(scope="module")
def data() -> EncodedSplit:
    """Twelve patients with four slices each; channel 0 fires more often in the diseased."""
    rng = np.random.default_rng(0)
    patients = np.repeat([f"p{k:02d}" for k in range(12)], 4)
    labels = np.repeat(np.arange(12) % 2, 4)
    spikes = (
        rng.random((48, 5, 3)) < np.stack([0.2 + 0.6 * labels, np.full(48, 0.3), np.full(48, 0.3)], axis=1)[:, None]
    )
    samples = np.array([f"{p}:{k}" for k, p in enumerate(patients)])
    parts = {"train": np.arange(24), "validation": np.arange(24, 32), "test": np.arange(32, 48)}
    return EncodedSplit(SpikeTrains.from_dense(spikes), samples, labels, patients, parts)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rule", RULES)
def test_the_record_says_what_inference_costs(rule, backend, data):
    rule = load_rule(rule)
    trained = train_split(
        "patient_0", data, load_backend(backend), rule, rule.settings(**known_settings(rule, **SMALL)), 1
    )
    cost = trained.record["cost"]
    weights = sum(values.size for name, values in trained.parameters.items() if name.endswith("weight"))
    assert cost["unrolled_macs"] == weights
    assert cost["dense_operations"] == 5 * weights
    assert 0 < cost["synaptic_operations"] < cost["dense_operations"]
    assert cost["input_sparsity"] == pytest.approx(1 - data.trains.dense(data.parts["test"]).mean())
    assert (cost["activation_sparsity"] is None) == (not rule.has_hidden)
    assert cost["latency_ms"] > 0
    assert cost["peak_memory_mb"] > 1
    tuned = {"m": {"patient_0": {"trials": [{"seconds": 1.0}]}}}
    gathered = costs({"m": {"patient_0": trained.record}}, tuned, {"patient": ["patient_0"]}, {})
    json.dumps([trained.record, gathered], allow_nan=False)


def search(tmp_path, data, name="patient_0"):
    rule = load_rule("tempotron")
    settings = SearchSettings({"epochs": 2, "learning_rate": 0.02}, {"learning_rate": {"low": 0.01, "high": 0.1}}, 1, 1)
    finished = FinishedTrials(open_journal(tmp_path / "journal"), name)
    return tune_fold({name: data}, load_backend("custom"), rule, settings, finished)


def train(tmp_path, data, name="patient_0"):
    rule = load_rule("tempotron")
    return train_split(name, data, load_backend("custom"), rule, rule.settings(epochs=2), 1)


@pytest.mark.parametrize("work", [search, train])
@pytest.mark.parametrize("part", ["train", "validation"])
def test_nothing_is_tuned_or_trained_on_a_leak(work, part, data, tmp_path):
    def leaky(index: int, test: np.ndarray) -> EncodedSplit:
        return replace(data, parts={**data.parts, part: np.append(data.parts[part], index), "test": test})

    with pytest.raises(LeakageError, match=f"A sample is in two parts(.|\n)*{part} and test"):
        work(tmp_path, leaky(40, data.parts["test"]))
    # The slice is in the training side alone, but others of its patient are tested.
    by_patient = leaky(32, data.parts["test"][1:])
    with pytest.raises(LeakageError, match=f"A patient is in two parts(.|\n)*{part} and test(.|\n)*p08"):
        work(tmp_path, by_patient)
    work(tmp_path, by_patient, "slice_0")  # where slices are split, that is what the protocol says
