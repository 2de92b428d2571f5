"""The training loop common to all rules: shuffled mini-batches, Adam, early stopping on validation samples."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from snndeep.backends.base import Inputs, check_samples
from snndeep.errors import DivergedError
from snndeep.learning.base import EpochRecord, Fit, Model, OnEpoch
from snndeep.learning.batches import in_batches
from snndeep.learning.optimiser import Adam, MovingAverage
from snndeep.learning.ranking import roc_auc
from snndeep.seeds import generator
from snndeep.settings import Settings, as_text, setting
from snndeep.spikes.encoded_split import Problem

SCORING_BATCH = 1024


@dataclass(frozen=True)
class DescentSettings(Settings):
    """How a model is fitted."""

    learning_rate: float = setting(0.003, "Step size of Adam.", above=0)
    weight_decay: float = setting(
        0.1, "Decoupled weight decay per unit of learning rate, of weights and biases.", least=0
    )
    averaging: float = setting(
        0.99,
        "The model is the moving average of the weights, which forgets at this rate per update; 0 takes the weights "
        "themselves.",
        least=0,
        below=1,
    )
    batch_size: int = setting(64, "Samples per update.", least=1)
    epochs: int = setting(40, "The most passes over the training part.", least=1)
    patience: int = setting(8, "Epochs without a better validation ROC-AUC before stopping.", least=1)

    def descent_text(self) -> str:
        """Return in sentences how a model is fitted, for the methods section of a report."""
        averaging = (
            f" The model was the moving average of its weights over the updates (decay {as_text(self.averaging)}; Polyak "
            "and Juditsky 1992)."
            if self.averaging
            else ""
        )
        return (
            f"Adam with learning rate {as_text(self.learning_rate)}, decoupled weight decay "
            f"{as_text(self.weight_decay)}, batches of {self.batch_size}, at most {self.epochs} epochs, stopped after "
            f"{self.patience} without a better validation ROC-AUC.{averaging}"
        )


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Return a weight per sample so that both classes weigh the same and the mean weight is 1; `labels` `[N]`."""
    counts = np.bincount(labels, minlength=2)
    present = np.count_nonzero(counts)
    by_class: np.ndarray = labels.size / (present * np.maximum(counts, 1))
    weights: np.ndarray = by_class.astype(np.float32)[labels]
    return weights


def score_in_batches(model: Model, inputs: Inputs, samples: np.ndarray) -> np.ndarray:
    """Return scores of any number of samples with bounded memory."""
    return np.concatenate([model.scores(inputs, batch) for batch in in_batches(samples, SCORING_BATCH)])


def _epoch(
    model: Model,
    inputs: Inputs,
    samples: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    batch_size: int,
    optimiser: Adam,
    average: MovingAverage,
) -> float:
    """Do what `WholeNetwork.epoch` does, batch by batch, for any model."""
    total = 0.0
    for first in range(0, samples.size, batch_size):
        batch = slice(first, first + batch_size)
        loss, gradients = model.gradients(inputs, samples[batch], labels[batch], weights[batch])
        optimiser.step(model.parameters.flatten(gradients))
        model.constrain()
        average.update()
        total += loss * samples[batch].size
    return total / samples.size


def descend(
    model: Model,
    inputs: Inputs,
    problem: Problem,
    train: np.ndarray,
    settings: DescentSettings,
    seed: int,
    on_epoch: OnEpoch,
) -> Fit:
    """Fit a model and return it at its best epoch; the model is left there too.

    Args:
        model: Starting point, changed in place.
        inputs: The problem's spike trains in the backend's form.
        problem: Gives labels and validation samples.
        train: The samples to fit (all of `problem.train`, or a labelled part of it).
        settings: How.
        seed: Decides the order of samples.
        on_epoch: Called after each epoch; may raise to stop.

    Raises:
        DivergedError: If a loss is not finite.
        InvalidInputError: If a part of the split names samples that do not exist.
    """
    for part in (train, problem.validation):
        check_samples(part, problem.labels.size)
    rng = generator(seed, "order")
    vector = model.parameters.vector
    optimiser = Adam(vector, settings.learning_rate, settings.weight_decay, model.parameters.of_neurons())
    average = MovingAverage(vector, settings.averaging)
    labels = problem.labels[train]
    weights = class_weights(labels)
    history: list[EpochRecord] = []
    best_auc, best_epoch, best = -1.0, 0, vector.copy()
    for epoch in range(1, settings.epochs + 1):
        start = time.perf_counter()
        order = rng.permutation(train.size)
        chosen = (train[order], labels[order], weights[order])
        whole = model.whole(inputs)
        if whole is None:
            mean_loss = _epoch(model, inputs, *chosen, settings.batch_size, optimiser, average)
        else:
            mean_loss = whole.epoch(vector, *chosen, settings.batch_size, optimiser, average)
        if not math.isfinite(mean_loss) or not np.isfinite(vector).all():
            raise DivergedError(
                "Training diverged: the loss is not finite.",
                where=f"epoch {epoch}",
                found=f"loss {mean_loss}",
                expected="a finite number",
                remedy=f"Lower the learning rate. Settings were {settings}.",
            )
        stepped = vector.copy()
        vector[:] = average.values
        auc = roc_auc(problem.labels[problem.validation], score_in_batches(model, inputs, problem.validation))
        if auc > best_auc:
            best_auc, best_epoch = auc, epoch
            best[:] = vector
        vector[:] = stepped
        history.append(EpochRecord(epoch, mean_loss, auc, time.perf_counter() - start))
        on_epoch(history[-1])
        if epoch - best_epoch >= settings.patience:
            break
    vector[:] = best
    return Fit(model.parameters.copy(), history, best_auc)
