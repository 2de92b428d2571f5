"""Logistic regression on spikes, early ones counting more: a rule without spiking layers that looks at the spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.learning.base import LearningRule, Model
from snndeep.learning.descent import DescentSettings, descend
from snndeep.learning.parameters import Parameters
from snndeep.seeds import generator
from snndeep.settings import setting


@dataclass(frozen=True)
class ToySettings(DescentSettings):
    """Settings of the toy rule."""

    steepness: float = setting(8.0, "Steepness of the logistic function.", above=0)


class ToyModel(Model):
    """p = 1 / (1 + exp(-steepness (w . x + b))), x the mean of a channel's spikes, weighted from 1 at the first step down."""

    def __init__(self, settings, parameters):
        self.parameters, self._steepness = Parameters(parameters), settings.steepness

    def _counts(self, inputs, samples):
        spikes = inputs.dense(samples)
        early = 1 - np.arange(spikes.shape[1]) / spikes.shape[1]
        return (spikes * early[:, None]).mean(axis=1).astype(self.parameters["weight"].dtype)

    def gradients(self, inputs, samples, labels, weights):
        """See `Model.gradients`."""
        counts = self._counts(inputs, samples)
        logits = self._logits(counts)
        error = weights * (1 / (1 + np.exp(-logits)) - labels) * self._steepness / samples.size
        loss = float(np.mean(weights * (np.logaddexp(0, logits) - labels * logits)))
        return loss, {"weight": counts.T @ error[:, None], "bias": error.sum(keepdims=True)}

    def _logits(self, counts):
        # A sum for each row alone, so that a score does not depend on the batch it is in.
        products = (counts * self.parameters["weight"][:, 0]).sum(axis=1)
        return self._steepness * (products + self.parameters["bias"][0])

    def scores(self, inputs, samples):
        """See `Model.scores`."""
        return self._logits(self._counts(inputs, samples)).astype(np.float64)

    def trace(self, inputs, samples):
        """See `Model.trace`."""
        return {"output potential": inputs.dense(samples) @ self.parameters["weight"] + self.parameters["bias"]}

    def constrain(self):
        """See `Model.constrain`."""


class ToyRule(LearningRule):
    """Logistic regression on spikes."""

    name = "toy_rule"
    label = "Toy rule"
    settings = ToySettings
    encoder = "latency"
    has_hidden = False
    search_space = {"learning_rate": {"low": 0.005, "high": 0.05, "log": True}}  # noqa: RUF012 - as short as it can be

    def shapes(self, channels, settings):
        """See `LearningRule.shapes`."""
        return {"weight": (channels, 1), "bias": (1,)}

    def model(self, backend, settings, parameters):
        """See `LearningRule.model`."""
        return ToyModel(settings, parameters)

    def fit(self, problem, inputs, backend, settings, seed, on_epoch):
        """See `LearningRule.fit`."""
        weight = generator(seed, "weights").normal(0, 0.01, (problem.trains.channels, 1)).astype(np.float32)
        model = self.model(backend, settings, {"weight": weight, "bias": np.zeros(1, np.float32)})
        return descend(model, inputs, problem, problem.train, settings, seed, on_epoch)


RULE = ToyRule()
