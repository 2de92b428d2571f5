"""The shapes of a model's parameters, declared by its learning rule, compared before compiled code sees an array.

Compiled code does not look whether an index lies inside an array: a bias longer than its layer reads and writes memory of
others. So whatever comes from a file is compared here first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from snndeep.backends.base import hidden_names
from snndeep.errors import InvalidInputError

Shapes = Mapping[str, tuple[int, ...]]


def check_parameters(parameters: Mapping[str, npt.NDArray[np.generic]], shapes: Shapes, where: str) -> None:
    """Check that parameters are those that a model declares: names, shapes, type and finite values.

    Args:
        parameters: By name.
        shapes: By name of every parameter.
        where: Whose parameters they are, for messages.

    Raises:
        InvalidInputError: If a parameter is missing, not known, of another shape, no float32, or not finite.
    """
    found = {name: _kind(values) for name, values in parameters.items()}
    expected = {name: f"float32 {list(shape)}" for name, shape in shapes.items()}
    wrong = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    if wrong:
        raise InvalidInputError(
            "The parameters do not fit the model.",
            where=f"{where}, {wrong[0]}",
            found=found.get(wrong[0], "nothing"),
            expected=expected.get(wrong[0], f"one of {', '.join(expected)}"),
        )
    for name, values in parameters.items():
        if not np.isfinite(values).all():
            raise InvalidInputError(
                "A parameter is not a number.",
                where=f"{where}, {name}",
                found="NaN or infinity",
                expected="finite values",
            )


def _kind(values: npt.NDArray[np.generic]) -> str:
    return f"{values.dtype.name if values.dtype.isnative else values.dtype.str} {list(values.shape)}"


def widths_of(hidden: int | Sequence[int]) -> tuple[int, ...]:
    """Return the number of neurons of each hidden layer, from one number or one for each layer."""
    return (hidden,) if isinstance(hidden, int) else tuple(hidden)


def depth_of(parameters: Iterable[str]) -> int:
    """Return the number of hidden layers from the names of a network's parameters."""
    return sum(name.startswith("hidden") and name.endswith(".weight") for name in parameters)


def network_shapes(
    channels: int, hidden: int | Sequence[int], learn_beta: bool, learn_threshold: bool
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the network F -> H -> 2, or with more hidden layers, see `snndeep.learning.network`.

    Args:
        channels: Number F of input channels.
        hidden: Number H of hidden neurons, or of each hidden layer.
        learn_beta: Whether each hidden neuron has its own decay.
        learn_threshold: Whether each hidden neuron has its own threshold.
    """
    widths = widths_of(hidden)
    names = hidden_names(len(widths))
    shapes: dict[str, tuple[int, ...]] = {}
    for name, before, width in zip([*names, "output"], [channels, *widths], [*widths, 2], strict=True):
        shapes |= {f"{name}.weight": (before, width), f"{name}.bias": (width,)}
    for own, learned in (("beta", learn_beta), ("threshold", learn_threshold)):
        if learned:
            shapes |= {f"{name}.{own}": (width,) for name, width in zip(names, widths, strict=True)}
    return shapes
