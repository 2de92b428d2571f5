"""What a model file says, compared with what a model must be, before anything computes with it.

A model file comes from anywhere. Its digest tells that it is whole, not that it is a model: whoever wrote it also wrote the
digest. So every number, name and array is compared with the declared architecture.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from snndeep.backends.registry import BACKENDS
from snndeep.deployment.reference import Reference
from snndeep.errors import InvalidInputError
from snndeep.evaluation.decision import Decision
from snndeep.learning.registry import RULES, load_rule
from snndeep.learning.shapes import check_parameters
from snndeep.samples.preprocessing import Preprocessing
from snndeep.settings import Settings, type_hints
from snndeep.spikes.encoders.registry import ENCODERS, load_encoder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
LARGEST_CODE = 1 << 24
"""Spike entries of one sample: steps times channels. A configuration of today has some hundred."""

_Settings = TypeVar("_Settings", bound=Settings)
Array = npt.NDArray[np.generic]


def plain_name(name: object, what: str) -> str:
    """Return a name that can be part of a file's name and leads nowhere.

    Raises:
        InvalidInputError: If it holds anything but letters, digits, `_` and `-`.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _wrong(what, repr(name)[:80], "letters, digits, `_` and `-`")
    return name


def known_name(name: object, what: str, known: typing.Iterable[str]) -> str:
    """Return the name of a member of a family.

    Raises:
        InvalidInputError: If there is no such member.
    """
    names = list(known)
    if name not in names:
        raise _wrong(what, repr(name)[:80], f"one of {', '.join(names)}")
    return str(name)


def typed_settings(kind: type[_Settings], values: Mapping[str, Any], what: str) -> _Settings:
    """Return settings whose values have the types and limits that their class declares.

    Raises:
        InvalidInputError: If a value is of another type.
        ConfigError: If a setting is unknown or outside its limits.
    """
    settings = kind.from_mapping(values, what)
    for name, hint in type_hints(kind).items():
        value = getattr(settings, name)
        if not _is(hint, value):
            raise _wrong(f"{what}.{name}", repr(value)[:80], str(hint))
    return settings


def _is(hint: Any, value: Any) -> bool:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_is(argument, value) for argument in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(_is(arguments[0], entry) for entry in value)
    if origin is typing.Literal:
        return value in arguments
    if hint is float:
        # An infinite threshold is a neuron that never fires; NaN is nothing.
        return isinstance(value, float | int) and not isinstance(value, bool) and not math.isnan(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True


def channels_of(encoder: str, settings: Mapping[str, Any], features: int) -> int:
    """Return the number of channels that an encoder makes of so many features.

    Raises:
        InvalidInputError: If the encoder is not known or makes more spikes than any model takes.
    """
    maker = load_encoder(known_name(encoder, "encoder", ENCODERS), settings)
    typed_settings(type(maker), settings, "encoder_settings")
    code = math.prod(value for value in vars(maker).values() if isinstance(value, int) and value > 1) * features
    if code > LARGEST_CODE:
        raise _wrong("encoder_settings", f"about {code} spike entries for a sample", f"up to {LARGEST_CODE}")
    sample = np.full((1, features), 0.5)
    return int(maker.encode(sample, ["x"], 0).size // maker.steps)


def check_member(
    rule: str,
    settings: Mapping[str, Any],
    channels: int,
    preprocessing: Preprocessing,
    parameters: Mapping[str, Array],
    reference: Reference,
    where: str,
) -> None:
    """Check the model of one split: settings, scaler, parameters and the range of its training data.

    Raises:
        InvalidInputError: If something does not fit.
        ConfigError: If a setting of the rule is impossible.
    """
    learner = load_rule(known_name(rule, "rule", RULES))
    count = len(preprocessing.features)
    if not count or not all(isinstance(name, str) for name in preprocessing.features):
        raise _wrong(f"{where}, features", str(count), "at least one name")
    for name in ("fill", "centre", "scale"):
        _check_array(getattr(preprocessing, name), (count,), f"{where}, {name}")
    if not (preprocessing.scale > 0).all():
        raise _wrong(f"{where}, scale", "a scale that is not positive", "positive numbers")
    typed = typed_settings(learner.settings, settings, f"{where}, settings")
    check_parameters(parameters, learner.shapes(channels, typed), where)
    _check_array(reference.spacing, (2, 3), f"{where}, spacing")
    _check_array(reference.features, (2, count), f"{where}, range of features")
    _check_array(reference.mean, (count,), f"{where}, mean")
    _check_array(reference.precision, (count, count), f"{where}, precision")
    if not reference.limit > 0 or reference.patients < 1:
        raise _wrong(f"{where}, limit", f"{reference.limit} of {reference.patients} patients", "positive numbers")


def check_backend(name: object) -> str:
    """Return the name of a backend; see `known_name`."""
    return known_name(name, "backend", BACKENDS)


def check_decision(values: Mapping[str, Any], where: str) -> Decision:
    """Return how scores are read.

    Raises:
        InvalidInputError: If a number is none, the spread is not positive or the number of slices makes no sense.
    """
    decision = Decision(**values)
    numbers = [getattr(decision, field.name) for field in dataclasses.fields(decision) if field.name != "top_slices"]
    if not all(_is(float, number) for number in numbers) or not decision.spread > 0:
        raise _wrong(where, repr(numbers)[:80], "numbers, the spread positive")
    # A threshold that no score reaches is infinite; nothing else may be.
    if not all(math.isfinite(number) for number in (decision.spread, decision.slope, decision.intercept)):
        raise _wrong(where, repr(numbers)[:80], "finite numbers")
    top = decision.top_slices
    if top is not None and (not _is(int, top) or top < 1):
        raise _wrong(f"{where}, top_slices", repr(top)[:80], "nothing, or a number from 1 on")
    return decision


def check_calibration(fits: Array, where: str) -> npt.NDArray[np.float64]:
    """Return slopes and intercepts `[1 + R, 2]`.

    Raises:
        InvalidInputError: If they have another shape or are not finite.
    """
    if fits.ndim != 2 or len(fits) < 2:
        raise _wrong(where, f"shape {list(fits.shape)}", "[1 + R, 2] with at least one resample")
    _check_array(fits, (len(fits), 2), where)
    return fits.astype(np.float64)


def _check_array(values: Array, shape: tuple[int, ...], where: str) -> None:
    if values.shape != shape or values.dtype.kind != "f" or not np.isfinite(values).all():
        raise _wrong(where, f"{values.dtype} {list(values.shape)}", f"finite real numbers, {list(shape)}")


def _wrong(where: str, found: str, expected: str) -> InvalidInputError:
    return InvalidInputError("A part of the model is impossible.", where=where, found=found, expected=expected)
