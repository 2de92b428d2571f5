"""Operations counted on spikes, against loops, against the neurobench package, and what becomes of them."""

import numpy as np
import pytest

from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.evaluation.cost import costs
from snndeep.evaluation.operations import (
    Connection,
    connections_of,
    count_operations,
    energy_of_accumulates,
    energy_of_macs,
    peak_memory_mb,
    synaptic_operations,
)
from snndeep.learning.registry import load_rule
from snndeep.spikes.trains import SpikeTrains

F, H, T, N = 12, 7, 6, 9
# By neurobench 2.3.0 (SynapticOperations, ActivationSparsity) on the network of `tiny_network`, built from torch.nn.Linear
# without bias and snntorch.Leaky(beta=0.9, reset_mechanism="zero", reset_delay=False).
BY_NEUROBENCH = {"Effective_ACs": 128.0, "Dense": 588.0, "ActivationSparsity": 0.7645502645502645}


def tiny_network():
    """Random spikes `[N, T, F]` and weights, some of them zero."""
    rng = np.random.default_rng(2014)
    spikes = (rng.random((T, N, F)) < 0.3).swapaxes(0, 1).astype(np.uint8)
    hidden = rng.normal(0, 0.8, (F, H)).astype(np.float32)
    hidden[rng.random((F, H)) < 0.2] = 0
    output = rng.normal(0, 0.5, (H, 2)).astype(np.float32)
    return spikes, hidden, output


def counted(backend: str, rule: str, parameters: dict, **settings):
    rule, backend = load_rule(rule), load_backend(backend)
    trains = SpikeTrains.from_dense(tiny_network()[0])
    model = rule.model(backend, rule.settings(**settings), parameters)
    inputs = backend.load(trains, np.dtype(np.float32))
    return count_operations(
        lambda batch: connections_of(model, model.trace(inputs, batch), trains.dense(batch)), np.arange(N)
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_operations_of_a_network_are_those_that_neurobench_counts(backend):
    _, hidden, output = tiny_network()
    zeros = {"hidden.bias": np.zeros(H, np.float32), "output.bias": np.zeros(2, np.float32)}
    parameters = {"hidden.weight": hidden, "output.weight": output, **zeros}
    result = counted(backend, "surrogate", parameters, hidden=H, beta=0.9)
    assert result["synaptic_operations"] == BY_NEUROBENCH["Effective_ACs"]
    assert result["dense_operations"] == BY_NEUROBENCH["Dense"]
    assert result["activation_sparsity"] == pytest.approx(BY_NEUROBENCH["ActivationSparsity"])
    assert result["dense_macs"] == F * H + H * 2


def test_neurobench_still_counts_what_was_recorded():
    workload = pytest.importorskip("neurobench.metrics.workload", reason="neurobench is not installed")
    import snntorch
    import torch
    from neurobench.benchmarks import Benchmark
    from neurobench.models import SNNTorchModel
    from torch.utils.data import DataLoader, TensorDataset

    spikes, hidden, output = tiny_network()

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = torch.nn.Linear(F, H, bias=False), torch.nn.Linear(H, 2, bias=False)
            self.first.weight.data, self.second.weight.data = (torch.from_numpy(w.T.copy()) for w in (hidden, output))
            self.neurons = snntorch.Leaky(beta=0.9, reset_mechanism="zero", reset_delay=False)
            self.potential = self.neurons.init_leaky()

        def forward(self, step):
            fired, self.potential = self.neurons(self.first(step), self.potential)
            return self.second(fired), self.potential

    data = torch.from_numpy(spikes.astype(np.float32))
    loader = DataLoader(TensorDataset(data, torch.zeros(N)), batch_size=N)
    metrics = [[], [workload.SynapticOperations, workload.ActivationSparsity]]
    result = Benchmark(SNNTorchModel(Network()), loader, [], [], metrics).run(quiet=True)
    assert result["SynapticOperations"]["Effective_ACs"] == BY_NEUROBENCH["Effective_ACs"]
    assert result["SynapticOperations"]["Dense"] == BY_NEUROBENCH["Dense"]
    assert result["ActivationSparsity"] == pytest.approx(BY_NEUROBENCH["ActivationSparsity"])


def test_operations_are_those_of_a_loop_over_every_synapse():
    spikes, hidden, _ = tiny_network()
    number = sum(
        spikes[n, t, i] != 0 and hidden[i, j] != 0
        for t in range(T)
        for n in range(N)
        for i in range(F)
        for j in range(H)
    )
    assert synaptic_operations(Connection(spikes, hidden)) == number


def test_batches_make_no_difference(monkeypatch):
    spikes, hidden, output = tiny_network()

    def connections(batch):
        return [Connection(spikes[batch], hidden), Connection(spikes[batch, :, :H], output)]

    whole = count_operations(connections, np.arange(N))
    monkeypatch.setattr("snndeep.evaluation.operations.COUNTING_BATCH", 4)
    assert count_operations(connections, np.arange(N)) == whole


def test_a_tempotron_has_one_connection_and_no_hidden_neurons():
    weight = np.linspace(-1, 1, F, dtype=np.float32)[:, None]
    result = counted("custom", "tempotron", {"weight": weight, "bias": np.zeros(1, np.float32)})
    assert result["synaptic_operations"] == tiny_network()[0].sum() / N
    assert result["dense_macs"] == F
    assert result["activation_sparsity"] is None


def test_energy_is_by_the_figures_of_horowitz():
    assert energy_of_accumulates(1000) == pytest.approx(900)
    assert energy_of_macs(1000) == pytest.approx(4600)
    assert 1 < peak_memory_mb() < 1e6


def record(operations: float, sparsity: float | None, seconds: list[float]) -> dict:
    counted = {
        "synaptic_operations": operations, "dense_operations": 600, "dense_macs": 100, "input_sparsity": 0.8,
        "activation_sparsity": sparsity, "latency_ms": 2.0, "peak_memory_mb": 100 + operations,
    }  # fmt: skip
    history = [{"epoch": k, "seconds": s} for k, s in enumerate(seconds)]
    return {"parameters": 50, "training_seconds": sum(seconds), "history": history, "cost": counted}


def test_costs_are_gathered_over_the_splits_of_a_protocol():
    records = {
        "m": {"patient_0": record(10, 0.5, [1, 2]), "patient_1": record(30, 0.7, [6]), "slice_0": record(9, None, [1])}
    }
    study = {"trials": [{"seconds": 2.0}, {"seconds": None}, {"seconds": 3.0}]}
    tuned = {"m": dict.fromkeys(records["m"], study)}
    result = costs(records, tuned, {"patient": ["patient_0", "patient_1"], "slice": ["slice_0"]})["m"]
    own = result["patient"]
    expected = {
        "synaptic_operations": 20, "energy_pj": 18, "dense_energy_pj": 460, "activation_sparsity": 0.6, "latency_ms": 2,
        "seconds_per_epoch": 2, "training_seconds": 9, "tuning_seconds": 10, "peak_memory_mb": 130, "parameters": 50,
    }  # fmt: skip
    assert {name: own[name] for name in expected} == pytest.approx(expected)
    assert own["undefined"] == {}
    assert result["slice"]["activation_sparsity"] is None
    assert "hidden" in result["slice"]["undefined"]["activation_sparsity"]
