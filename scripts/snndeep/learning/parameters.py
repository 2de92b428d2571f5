"""Named parameter arrays that live in one contiguous vector.

Layers see arrays with names and shapes, the optimiser sees one vector; both look at the same memory, so an update in
place is seen everywhere at once and costs one pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

OF_NEURONS = ("beta", "threshold")
"""Parameters that are the neurons' own, by the last part of their name; all others are weights and biases."""


class Parameters(Mapping[str, np.ndarray]):
    """Named arrays of one dtype, views into `vector`; `places` says by name where they begin in it.

    Args:
        arrays: The initial values, copied; the order of names is kept.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self.vector = np.concatenate([np.asarray(a).ravel() for a in arrays.values()])
        self._views: dict[str, np.ndarray] = {}
        self.places: dict[str, int] = {}
        start = 0
        for name, array in arrays.items():
            self.places[name] = start
            size = np.asarray(array).size
            self._views[name] = self.vector[start : start + size].reshape(np.shape(array))
            start += size
        self._layers: dict[str, dict[str, np.ndarray]] = {}
        for name, view in self._views.items():
            prefix, _, rest = name.partition(".")
            self._layers.setdefault(prefix, {})[rest] = view

    def __getitem__(self, name: str) -> np.ndarray:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def layer(self, prefix: str) -> dict[str, np.ndarray]:
        """Return the arrays named `prefix.x` as a dictionary of x."""
        return self._layers[prefix]

    def flatten(self, gradients: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return gradients, one per name, as one vector in the order of the parameters."""
        return np.concatenate([gradients[name].ravel() for name in self._views])

    def of_neurons(self) -> np.ndarray:
        """Return which entries of the vector are the neurons' own and no weights, bool `[P]`."""
        own = {name: np.full(view.size, name.rpartition(".")[2] in OF_NEURONS) for name, view in self._views.items()}
        return np.concatenate(list(own.values()))

    def copy(self) -> dict[str, np.ndarray]:
        """Return the current values as independent arrays."""
        return {name: view.copy() for name, view in self._views.items()}
