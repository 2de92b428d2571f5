"""E-prop, a local rule: each synapse keeps a trace of its own past, and a signal per neuron says what to do with it.

With spikes held fixed, v_pre of hidden neuron j depends on its weight from input i through the neuron's own past alone:

    eligibility vector   eps_ij[t] = beta (1 - s_j[t-1]) eps_ij[t-1] + x_i[t]
    eligibility trace    e_ij[t] = h(v_pre_j[t] - threshold) eps_ij[t]            h the surrogate derivative

The output neurons integrate with the decay beta and never fire, and the evidence for class k is
z_k = scale mean_t y_k[t]. A spike at t adds its weight times c[t] to the evidence:

    c[t] = scale / T sum_{u >= t} beta^(u - t)
    learning signal      L_j[t] = c[t] sum_k B_jk dE/dz_k                         E the weighted cross entropy
    update               dW_ij = sum_t L_j[t] e_ij[t]

Nothing runs backwards through time: eps and sum_t c[t] e are kept step by step, and the learning signal comes at the end. B is
the matrix of output weights (symmetric) or one drawn at the start that is never learned (random), for which no synapse
has to know another one. The output weights have their exact derivative, which is local.

Without recurrent connections the only term that is left out is that of a neuron's reset, through its own spikes. So with
symmetric feedback the update is the gradient of backpropagation through time with the reset held fixed.

Source: Bellec et al. 2020, "A solution to the learning dilemma for recurrent networks of spiking neurons", Nature
Communications 11, 3625.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from snndeep.backends.base import Backend, Inputs, LifSettings, NeuronSettings
from snndeep.backends.surrogates import SURROGATES, surrogate_derivative
from snndeep.learning.base import Fit, LearningRule, OnEpoch, SearchSpace
from snndeep.learning.descent import DescentSettings, descend
from snndeep.learning.network import CLASSES, initial_parameters
from snndeep.learning.shapes import network_shapes
from snndeep.learning.surrogate import POTENTIAL_SCALE, NetworkModel, network_in_nir, weighted_cross_entropy
from snndeep.seeds import generator
from snndeep.settings import as_text, setting
from snndeep.spikes.encoded_split import Problem

if TYPE_CHECKING:
    import nir

FEEDBACK = {"symmetric": "the output weights", "random": "fixed random weights"}


@dataclass(frozen=True)
class EpropSettings(DescentSettings, LifSettings):
    """Settings of e-prop: those of the descent, of the hidden neurons, and these."""

    hidden: int = setting(64, "Hidden neurons.", least=1)
    gain: float = setting(0.5, "Variation of the hidden current at the start, in thresholds.", above=0)
    feedback: str = setting(
        "symmetric",
        "How errors reach hidden neurons: by the output weights (symmetric) or by fixed random ones (random).",
        choices=tuple(FEEDBACK),
    )

    @property
    def neuron(self) -> NeuronSettings:
        """The hidden neurons."""
        return NeuronSettings(**{field.name: getattr(self, field.name) for field in fields(LifSettings)})


class EpropModel(NetworkModel):
    """A spiking network that learns by e-prop.

    Args:
        backend: Makes the layers.
        settings: Of the rule.
        parameters: Of the network.
        feedback: B, `[H, 2]`; None takes the output weights as they are at each update.
    """

    def __init__(
        self,
        backend: Backend,
        settings: EpropSettings,
        parameters: Mapping[str, np.ndarray],
        feedback: np.ndarray | None = None,
    ):
        super().__init__(backend, settings.neuron, "mean_potential", parameters)
        self._neuron, self._feedback = settings.neuron, feedback

    def gradients(
        self, inputs: Inputs, samples: np.ndarray, labels: np.ndarray, weights: np.ndarray
    ) -> tuple[float, dict[str, np.ndarray]]:
        """See `Model.gradients`."""
        trace = self.network.forward(self.parameters, inputs.batch(samples))
        loss, error = weighted_cross_entropy(self.evidence(trace), labels, weights)
        (hidden,) = trace.hidden_layers
        reach = reach_of_spikes(hidden.spikes.shape[1], self._neuron.beta).astype(hidden.v_pre.dtype)
        synapses, biases = eligibility(
            inputs.dense(samples).astype(hidden.v_pre.dtype), hidden.spikes, hidden.v_pre, self._neuron, reach
        )
        signal = error @ (self.parameters["output.weight"] if self._feedback is None else self._feedback).T
        return loss, {
            "hidden.weight": np.einsum("bij,bj->ij", synapses, signal),
            "hidden.bias": np.einsum("bj,bj->j", biases, signal),
            "output.weight": np.einsum("btj,t,bk->jk", hidden.spikes, reach, error, optimize=True),
            "output.bias": reach.sum() * error.sum(axis=0),
        }


def reach_of_spikes(steps: int, beta: float) -> np.ndarray:
    """Return c[t], how much a spike at each step adds to the evidence per unit of its weight, `[T]`."""
    reach = np.cumsum(beta ** np.arange(steps))[::-1]
    return POTENTIAL_SCALE / steps * reach


def eligibility(
    inputs: np.ndarray, spikes: np.ndarray, v_pre: np.ndarray, neuron: NeuronSettings, reach: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return sum_t c[t] e[t] of every synapse `[B, F, H]` and of every bias, an input that is always 1, `[B, H]`.

    Args:
        inputs: Input spikes `[B, T, F]`.
        spikes: Hidden spikes `[B, T, H]`.
        v_pre: Hidden potentials before reset `[B, T, H]`.
        neuron: The hidden neurons.
        reach: c, `[T]`.
    """
    batch, steps, channels = inputs.shape
    kept = v_pre.dtype.type(neuron.beta) * (1 - spikes)
    slope = surrogate_derivative(neuron.surrogate, neuron.slope, v_pre - neuron.threshold) * reach[:, None]
    # The bias is one more input, so that one recursion serves both.
    seen = np.concatenate([inputs, np.ones((batch, steps, 1), inputs.dtype)], axis=2)
    vectors = np.zeros((batch, channels + 1, v_pre.shape[2]), v_pre.dtype)
    totals, product = np.zeros_like(vectors), np.empty_like(vectors)
    for t in range(steps):
        if t:
            vectors *= kept[:, t - 1, None]
        vectors += seen[:, t, :, None]
        np.multiply(vectors, slope[:, t, None], out=product)
        totals += product
    return totals[:, :-1], totals[:, -1]


class EpropRule(LearningRule):
    """E-prop, a local rule."""

    name = "eprop"
    label = "E-prop"
    in_words = (
        "a local rule: every synapse keeps a trace of its own past, and one signal for each neuron says how to use it"
    )
    settings = EpropSettings
    has_hidden = True
    search_space: ClassVar[SearchSpace] = {
        "learning_rate": {"low": 0.001, "high": 0.02, "log": True},
        "weight_decay": {"low": 0.001, "high": 1.0, "log": True},
        "beta": {"low": 0.5, "high": 0.98},
    }

    def shapes(self, channels: int, settings: EpropSettings) -> dict[str, tuple[int, ...]]:
        """See `LearningRule.shapes`."""
        return network_shapes(channels, settings.hidden, learn_beta=False, learn_threshold=False)

    def model(self, backend: Backend, settings: EpropSettings, parameters: Mapping[str, np.ndarray]) -> EpropModel:
        """See `LearningRule.model`."""
        return EpropModel(backend, settings, parameters)

    def fit(
        self, problem: Problem, inputs: Inputs, backend: Backend, settings: EpropSettings, seed: int, on_epoch: OnEpoch
    ) -> Fit:
        """See `LearningRule.fit`."""
        rng = generator(seed, "weights")
        channels, rate = problem.trains.channels, problem.training_rate()
        parameters = initial_parameters(channels, settings.hidden, settings.neuron, settings.gain, rate, rng)
        feedback = None
        if settings.feedback == "random":
            drawn = generator(seed, "feedback").normal(0, 1 / np.sqrt(settings.hidden), (settings.hidden, CLASSES))
            feedback = drawn.astype(np.float32)
        model = EpropModel(backend, settings, parameters, feedback)
        return descend(model, inputs, problem, problem.train, settings, seed, on_epoch)

    def methods_text(self, settings: EpropSettings) -> str:
        """See `LearningRule.methods_text`."""
        return (
            f"E-prop (Bellec et al. 2020): {settings.hidden} hidden neurons, beta {as_text(settings.beta)}, threshold "
            f"{as_text(settings.threshold)}; {SURROGATES[settings.surrogate]} with slope {as_text(settings.slope)}; hidden "
            f"currents vary by {as_text(settings.gain)} thresholds at the start; errors reach hidden neurons by "
            f"{FEEDBACK[settings.feedback]} ({settings.feedback}); read from the mean membrane potential of the two output "
            f"neurons; cross entropy. {settings.descent_text()}"
        )

    def to_nir(self, settings: EpropSettings, parameters: Mapping[str, np.ndarray], hidden_only: bool) -> nir.NIRGraph:
        """See `network_in_nir`."""
        return network_in_nir(settings.neuron, "mean_potential", parameters, hidden_only)


RULE = EpropRule()
