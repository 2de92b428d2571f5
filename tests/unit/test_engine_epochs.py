"""Whole epochs in the engine: against autograd, against the rules' own steps, and bit by bit against plain loops."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from snn_reference import Spike, assert_close

import snndeep
from snndeep.backends.base import NeuronSettings
from snndeep.backends.registry import load_backend
from snndeep.engine.adam import AdamState, adam_step, average_step
from snndeep.engine.events import EventTrains
from snndeep.engine.neuron import SURROGATE_CODES
from snndeep.engine.packing import Places
from snndeep.engine.readout import ReadoutConstants
from snndeep.engine.trainer import Hidden, Trainer
from snndeep.learning.descent import class_weights, descend
from snndeep.learning.optimiser import Adam, MovingAverage
from snndeep.learning.surrogate import RULE, SurrogateModel
from snndeep.spikes.encoded_split import Problem
from snndeep.spikes.trains import SpikeTrains

SCRIPTS = Path(snndeep.__file__).parents[1]
FULL = NeuronSettings(learn_beta=True, learn_threshold=True, adaptation=0.3, surrogate="superspike", slope=5.0)


def random_trains(samples: int, steps: int, channels: int, rate: float, seed: int = 0) -> SpikeTrains:
    bits = np.random.default_rng(seed).random((samples, steps, channels)) < rate
    return SpikeTrains(np.packbits(bits, axis=-1, bitorder="little"), channels)


def bits_of(trains: SpikeTrains) -> np.ndarray:
    """Return the spikes `[N, T, F]`."""
    return np.unpackbits(trains.packed, axis=-1, count=trains.channels, bitorder="little")


class Network:
    """A network of any depth, as vector and as named tensors of autograd."""

    def __init__(self, sizes: list[int], neuron: NeuronSettings, counts: bool, seed: int = 1):
        rng = np.random.default_rng(seed)
        self.neuron, self.counts, self.sizes = neuron, counts, sizes
        self.parts: list[tuple[str, int, np.ndarray]] = []
        for number, (before, size) in enumerate(pairwise([*sizes, 2])):
            self.parts.append(("weight", number, rng.normal(0, 1 / math.sqrt(0.2 * before), (before, size))))
            self.parts.append(("bias", number, rng.normal(0.05, 0.05, size)))
            if neuron.learn_beta and number < len(sizes) - 1:
                self.parts.append(("beta", number, rng.uniform(0.5, 0.95, size)))
            if neuron.learn_threshold and number < len(sizes) - 1:
                self.parts.append(("threshold", number, rng.uniform(0.5, 1.5, size)))
        self.vector = np.concatenate([array.ravel() for _, _, array in self.parts]).astype(np.float32)
        self.places, start = {}, 0
        for name, number, array in self.parts:
            self.places[name, number] = start
            start += array.size

    def trainer(self, trains: EventTrains) -> Trainer:
        last = len(self.sizes) - 1
        hidden = [
            Hidden(
                size, self.neuron.beta, self.neuron.threshold,
                Places(
                    self.places["weight", i], self.places["bias", i], self.places.get(("beta", i), -1),
                    self.places.get(("threshold", i), -1), self.places["weight", i + 1],
                ),
            )
            for i, size in enumerate(self.sizes[1:])
        ]  # fmt: skip
        code = SURROGATE_CODES[self.neuron.surrogate]
        readout = ReadoutConstants(
            np.float32(self.neuron.beta), np.float32(1 if self.counts else np.inf), self.counts, np.float32(4),
            code, np.float32(self.neuron.slope),
        )  # fmt: skip
        adaptation = (self.neuron.adaptation_decay, self.neuron.adaptation) if self.neuron.adaptation else None
        return Trainer(trains, hidden, self.places["bias", last], readout, (code, self.neuron.slope), adaptation)

    def autograd(
        self, spikes: np.ndarray, labels: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return loss, derivative and logits by autograd in double precision; `spikes` `[B, T, F]`."""
        vector = torch.tensor(self.vector.astype(np.float64), requires_grad=True)
        named = {
            (name, number): vector[start : start + array.size].reshape(array.shape)
            for (name, number, array), start in zip(self.parts, self.places.values(), strict=True)
        }
        last, neuron = len(self.sizes) - 1, self.neuron
        x = [torch.tensor(step, dtype=torch.float64) for step in spikes.transpose(1, 0, 2)]
        potentials = x
        for number in range(last + 1):
            hidden = number < last
            beta = named.get(("beta", number), neuron.beta)
            base = named.get(("threshold", number), 1.0) if hidden or self.counts else torch.inf
            strength = neuron.adaptation if hidden else 0.0
            v = trace = torch.zeros((), dtype=torch.float64)
            found, potentials = [], []
            for step in x:
                u = beta * v + step @ named["weight", number] + named["bias", number]
                s = Spike.apply(u - (base + strength * trace), neuron.surrogate, neuron.slope)
                v, trace = u * (1 - s), neuron.adaptation_decay * trace + s
                found.append(s)
                potentials.append(u)
            x = found
        logits = torch.stack(x).sum(0) if self.counts else 4 * torch.stack(potentials).mean(0)
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(labels), reduction="none")
        loss = (losses * torch.tensor(weights.astype(np.float64))).mean()
        return float(loss.detach()), torch.autograd.grad(loss, vector)[0].numpy(), logits.detach().numpy()


@pytest.mark.parametrize("silent", [False, True], ids=["spikes", "silence"])
@pytest.mark.parametrize("counts", [True, False], ids=["counts", "potentials"])
@pytest.mark.parametrize(
    ("sizes", "neuron"),
    [
        ([21, 13], NeuronSettings()),
        ([9, 200], NeuronSettings(surrogate="fast_sigmoid", beta=0.8)),
        ([21, 13], FULL),
        ([12, 20, 70, 130], NeuronSettings()),
    ],
    ids=["narrow", "wide", "native", "three layers"],
)
def test_loss_and_derivatives_equal_autograd(sizes, neuron, counts, silent):
    trains = random_trains(7, 11, sizes[0], 0.7 if silent else 0.3)
    network = Network(sizes, neuron, counts)
    rng = np.random.default_rng(3)
    samples = rng.permutation(7)[:5]
    labels, weights = rng.integers(0, 2, 5), rng.uniform(0.5, 1.5, 5).astype(np.float32)
    trainer = network.trainer(EventTrains.from_trains(trains, silent))
    loss, gradient = trainer.gradients(network.vector, samples, labels, weights)
    expected_loss, expected, logits = network.autograd(bits_of(trains)[samples], labels, weights)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    for (name, number, array), start in zip(network.parts, network.places.values(), strict=True):
        part = slice(start, start + array.size)
        assert_close(gradient[part], expected[part], 1e-4, f"{name} {number}")
    assert_close(trainer.logits(network.vector, samples), logits, 1e-5)


@pytest.mark.parametrize("hidden", [20, (20, 9)], ids=["one layer", "two layers"])
@pytest.mark.parametrize("neuron", [NeuronSettings(), FULL], ids=["plain", "native"])
@pytest.mark.parametrize("readout", ["spike_count", "mean_potential"])
def test_an_epoch_equals_the_steps_of_any_backend(neuron, readout, hidden):
    """Loss, optimiser, averaging and limits as `learning.descent` has them, over three epochs of uneven batches."""
    labels = np.arange(50) % 2
    trains = random_trains(50, 10, 12, 0.25)
    problem = Problem(trains, labels, np.arange(50) // 4, np.arange(38), np.arange(38, 50))
    names = ("surrogate", "slope", "learn_beta", "learn_threshold", "adaptation")
    settings = RULE.settings(
        hidden=hidden, readout=readout, batch_size=16, epochs=3, averaging=0.9, learning_rate=0.003,
        **{name: getattr(neuron, name) for name in names},
    )  # fmt: skip
    backend = load_backend("custom")
    inputs = backend.load(trains, np.dtype(np.float32))

    class Stepwise(SurrogateModel):
        def whole(self, inputs):
            return None

    fits = []
    for kind in (SurrogateModel, Stepwise):
        start = RULE.start(problem, backend, settings, 4)
        model = kind(backend, settings, start.parameters.copy())
        fits.append(descend(model, inputs, problem, problem.train, settings, 4, lambda record: None))
    found, expected = fits
    for name, array in expected.parameters.items():
        assert_close(found.parameters[name], array, 1e-4, name)
    for one, other in zip(found.history, expected.history, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-4)
        assert one.validation_auc == pytest.approx(other.validation_auc, abs=1e-9)


def test_adam_and_the_average_equal_the_readable_ones_to_the_bit():
    rng = np.random.default_rng(0)
    plain, average_of_plain = rng.normal(size=(2, 101)).astype(np.float32)
    compiled, averaged = plain.copy(), plain.copy()
    adam, average = Adam(plain, 0.01, 0.1, np.arange(101) % 7 == 0), MovingAverage(plain, 0.9)
    state = AdamState(0.01, adam.beta1, adam.beta2, adam.eps, np.zeros_like(plain), np.zeros_like(plain), adam.keep)
    for step in range(1, 12):
        gradient = rng.normal(size=plain.size).astype(np.float32)
        adam_step(state, step, compiled, gradient)
        average_step(averaged, 0.9, step, compiled)
        adam.step(gradient)
        average.update()
        np.testing.assert_array_equal(compiled, plain)
        np.testing.assert_array_equal(averaged, average.values)
    assert not np.array_equal(plain, average_of_plain)


def one_hidden_layer(network: Network, trains: EventTrains, samples, labels, weights, T: int):
    """Do in plain loops over float32, in the order of the equations, what the engine does in registers.

    Every operation is rounded on its own and sums go over events in their order, so the bits must be the same.
    """
    f4 = np.float32
    inputs, size = network.sizes
    W, b, V, c = (
        network.vector[network.places[name, i] :][: math.prod(shape)].reshape(shape)
        for name, i, shape in (
            ("weight", 0, (inputs, size)),
            ("bias", 0, (size,)),
            ("weight", 1, (size, 2)),
            ("bias", 1, (2,)),
        )
    )
    padded = -(-size // 64) * 64
    beta, slope = f4(network.neuron.beta), f4(network.neuron.slope)
    scale, steep = f4(0.5) * slope, f4(math.pi / 2) * slope
    if trains.silent:
        base = b.copy()
        for row in W:
            base = base + row
        W, b = -W, base
    pointers, channels = trains.by_step
    gW, gb, gV, gc = np.zeros_like(W), np.zeros_like(b), np.zeros_like(V), np.zeros_like(c)
    total = 0.0
    for sample, label, weight in zip(samples, labels, weights, strict=True):
        u, o = np.zeros((T, size), f4), np.zeros((T, 2), f4)
        v = np.zeros(size, f4)
        for t in range(T):
            current = b
            row = sample * T + t
            for i in channels[pointers[row] : pointers[row + 1]]:
                current = current + W[i]
            u[t] = beta * v + current
            v = np.where(u[t] >= 1, f4(0), u[t])
            for k in range(2):
                masked = np.zeros(padded, f4)
                masked[:size] = np.where(u[t] >= 1, V[:, k], f4(0))
                groups = np.zeros(16, f4)
                for group in masked.reshape(-1, 16):
                    groups = groups + group
                while groups.size > 1:
                    groups = groups[: groups.size // 2] + groups[groups.size // 2 :]
                o[t, k] = c[k] + groups[0]
        z, v2 = np.zeros(2, f4), np.zeros(2, f4)
        for t in range(T):
            o[t] = beta * v2 + o[t]
            z = z + (o[t] >= 1).astype(f4)
            v2 = np.where(o[t] >= 1, f4(0), o[t])
        greatest = float(z.max())
        e = [math.exp(float(value) - greatest) for value in z]
        w = float(weight)
        total += w * (math.log(e[0] + e[1]) + greatest - float(z[label]))
        share = 1.0 / len(samples)
        g = np.array([w * (e[k] / (e[0] + e[1]) - float(k == label)) * share for k in range(2)]).astype(f4)
        d2, eps = np.zeros((T, 2), f4), np.zeros(2, f4)
        sums = np.zeros(2, f4)
        for t in reversed(range(T)):
            x = steep * (o[t] - f4(1))
            d2[t] = scale / (f4(1) + x * x) * (g - eps * o[t]) + np.where(o[t] >= 1, f4(0), eps)
            eps = beta * d2[t]
            sums = sums + d2[t]
        gc = gc + sums
        d, eps = np.zeros((T, size), f4), np.zeros(size, f4)
        for t in reversed(range(T)):
            x = steep * (u[t] - f4(1))
            through = (d2[t, 0] * V[:, 0] + d2[t, 1] * V[:, 1]) - eps * u[t]
            d[t] = scale / (f4(1) + x * x) * through + np.where(u[t] >= 1, f4(0), eps)
            eps = beta * d[t]
        bias, onward = np.zeros(size, f4), np.zeros((size, 2), f4)
        for t in range(T):
            bias = bias + d[t]
            for k in range(2):
                onward[:, k] = onward[:, k] + np.where(u[t] >= 1, d2[t, k], f4(0))
            row = sample * T + t
            for i in channels[pointers[row] : pointers[row + 1]]:
                gW[i] = gW[i] + d[t]
        gb, gV = gb + bias, gV + onward
    if trains.silent:
        gW = gb - gW
    return total / len(samples), np.concatenate([gW.ravel(), gb, gV.ravel(), gc])


def small_case(rate: float) -> tuple[Network, EventTrains, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    network = Network([21, 200], NeuronSettings(), counts=True)
    trains = random_trains(6, 11, 21, rate)
    rng = np.random.default_rng(5)
    batch = np.array([4, 0, 5, 2]), np.array([0, 1, 1, 0]), rng.uniform(0.5, 1.5, 4).astype(np.float32)
    return network, EventTrains.from_trains(trains, rate > 0.5), batch


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.8])
def test_registers_give_the_bits_of_plain_loops(rate):
    network, trains, batch = small_case(rate)
    loss, gradient = network.trainer(trains).gradients(network.vector, *batch)
    expected_loss, expected = one_hidden_layer(network, trains, *batch, 11)
    np.testing.assert_array_equal(gradient, expected)
    assert loss == pytest.approx(expected_loss, rel=1e-14)


def digest(rate: float) -> str:
    network, trains, batch = small_case(rate)
    trainer = network.trainer(trains)
    gradient = trainer.gradients(network.vector, *batch)[1]
    return hashlib.sha256(gradient.tobytes() + trainer.logits(network.vector, np.arange(6)).tobytes()).hexdigest()


PROCESSORS = ["generic", "haswell"] if platform.machine() in ("x86_64", "AMD64") else ["generic"]


@pytest.mark.parametrize("processor", PROCESSORS)
def test_results_do_not_depend_on_what_the_processor_can_do(processor):
    code = "import test_engine_epochs as t; print(*(t.digest(rate) for rate in (0.1, 0.3, 0.8)))"
    path = os.pathsep.join([str(SCRIPTS), str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": path, "NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [digest(rate) for rate in (0.1, 0.3, 0.8)]


def test_choices_of_speed_change_no_bit(monkeypatch):
    """Block widths, samples at a time, and the order in which derivatives are collected."""
    network = Network([21, 200, 70, 64], NeuronSettings(), counts=True)
    trains = EventTrains.from_trains(random_trains(9, 11, 21, 0.3))
    rng = np.random.default_rng(5)
    batch = np.arange(9), rng.integers(0, 2, 9), np.ones(9, np.float32)
    found = []
    for width, large, few in ((128, 2**30, 0.0), (64, 2**30, 0.0), (64, 0, 0.0), (128, 0, 99.0)):
        monkeypatch.setattr("snndeep.engine.trainer.widest_block", lambda steps, width=width: width)
        monkeypatch.setattr("snndeep.engine.trainer._LARGE_WEIGHTS", large)
        monkeypatch.setattr("snndeep.engine.trainer._FEW_EVENTS", few)
        trainer = network.trainer(trains)
        found.append((*trainer.gradients(network.vector, *batch), trainer.logits(network.vector, batch[0])))
    for loss, gradient, logits in found[1:]:
        assert loss == found[0][0]
        np.testing.assert_array_equal(gradient, found[0][1])
        np.testing.assert_array_equal(logits, found[0][2])


def test_a_sample_that_is_learned_adds_nothing_and_costs_no_denormal_numbers():
    network = Network([5, 3], NeuronSettings(), counts=True)
    network.vector[network.places["bias", 1] :] = [9.0, -9.0]  # output 0 fires at every step
    trains = EventTrains.from_trains(random_trains(2, 60, 5, 0.3))
    trainer = network.trainer(trains)
    loss, gradient = trainer.gradients(network.vector, np.arange(2), np.zeros(2, np.int64), np.ones(2, np.float32))
    assert 0 <= loss < 1e-20
    assert not gradient.any()


def test_class_weights_reach_the_loss():
    network, trains, (samples, labels, weights) = small_case(0.3)
    trainer = network.trainer(trains)
    alone = [trainer.gradients(network.vector, samples[[k]], labels[[k]], weights[[k]])[0] for k in range(4)]
    assert trainer.gradients(network.vector, samples, labels, weights)[0] == pytest.approx(np.mean(alone))
    assert class_weights(labels).mean() == pytest.approx(1)
