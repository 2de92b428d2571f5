"""The shapes of a model's parameters, declared by its learning rule, compared before compiled code sees an array.

Compiled code does not look whether an index lies inside an array: a bias longer than its layer reads and writes memory of
others. So whatever comes from a file is compared here first.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

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


def network_shapes(channels: int, hidden: int, learn_beta: bool, learn_threshold: bool) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the network F -> H -> 2, see `snndeep.learning.network`.

    Args:
        channels: Number F of input channels.
        hidden: Number H of hidden neurons.
        learn_beta: Whether each hidden neuron has its own decay.
        learn_threshold: Whether each hidden neuron has its own threshold.
    """
    shapes: dict[str, tuple[int, ...]] = {
        "hidden.weight": (channels, hidden),
        "hidden.bias": (hidden,),
        "output.weight": (hidden, 2),
        "output.bias": (2,),
    }
    if learn_beta:
        shapes["hidden.beta"] = (hidden,)
    if learn_threshold:
        shapes["hidden.threshold"] = (hidden,)
    return shapes
