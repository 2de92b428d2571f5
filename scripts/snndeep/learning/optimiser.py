"""The optimiser: Adam with decoupled weight decay, on one parameter vector, and the average of its steps.

    m = b1 m + (1 - b1) g        v = b2 v + (1 - b2) g^2
    p = p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps) - rate decay p

Weight decay draws weights to zero. A time constant or a threshold that is learned has no reason to be zero, so parameters can
be exempted.

Source: Kingma and Ba 2015 (arXiv:1412.6980); Loshchilov and Hutter 2019 (arXiv:1711.05101) for the decay.
"""

from __future__ import annotations

import numpy as np

from snndeep.errors import ConfigError


class Adam:
    """Adam for one vector that is updated in place.

    Args:
        vector: The parameters `[P]`.
        learning_rate: Step size.
        weight_decay: Decoupled decay per unit of learning rate.
        exempt: Which parameters do not decay, bool `[P]`; none by default.
        beta1: Decay of the first moment.
        beta2: Decay of the second moment.
        eps: Added to the denominator.
    """

    def __init__(
        self,
        vector: np.ndarray,
        learning_rate: float,
        weight_decay: float = 0.0,
        exempt: np.ndarray | None = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
    ):
        self._vector = vector
        self.rate = learning_rate
        self.keep = np.full_like(vector, 1 - learning_rate * weight_decay)
        if exempt is not None:
            self.keep[exempt] = 1
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.first, self.second = np.zeros_like(vector), np.zeros_like(vector)
        self._scratch = np.empty_like(vector)
        self.steps = 0

    def step(self, gradient: np.ndarray) -> None:
        """Update the parameters; `gradient` `[P]` is overwritten."""
        self.steps += 1
        correction = 1 - self.beta1**self.steps
        root = float(np.sqrt(1 - self.beta2**self.steps))
        scratch = self._scratch
        np.multiply(gradient, 1 - self.beta1, out=scratch)
        self.first *= self.beta1
        self.first += scratch
        np.multiply(gradient, gradient, out=gradient)
        gradient *= 1 - self.beta2
        self.second *= self.beta2
        self.second += gradient
        np.sqrt(self.second, out=scratch)
        scratch /= root
        scratch += self.eps
        np.divide(self.first, scratch, out=scratch)
        scratch *= self.rate / correction
        self._vector *= self.keep
        self._vector -= scratch


class MovingAverage:
    """The average of a vector over the steps of an optimiser, which varies less from step to step than the vector.

        a = d a + (1 - d) p        d = min(decay, (1 + n) / (10 + n)) at step n

    The first steps are forgotten sooner, so that the start does not linger. With a decay of 0 the average is the vector.

    Source: Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging", in its exponential form.

    Args:
        vector: The parameters `[P]`; read at every update.
        decay: 0 <= decay < 1.

    Raises:
        ConfigError: If it is not.
    """

    def __init__(self, vector: np.ndarray, decay: float):
        if not 0 <= decay < 1:
            raise ConfigError(
                "Weights cannot be averaged so.", where="averaging", found=str(decay), expected="0 <= averaging < 1"
            )
        self.values = vector.copy() if decay else vector
        self._vector, self.decay = vector, decay
        self._scratch = np.empty_like(vector)
        self.steps = 0

    def update(self) -> None:
        """Take in the vector as it is now."""
        if not self.decay:
            return
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        np.multiply(self._vector, 1 - decay, out=self._scratch)
        self.values *= decay
        self.values += self._scratch
