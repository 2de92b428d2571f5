"""The recipe of the synthetic data set: its settings, the names of its cases and who of them is diseased."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from snndeep.errors import ConfigError
from snndeep.seeds import generator

MINIMUM_SHAPE = (32, 32, 8)
"""Fewest voxels along x, y and z in which a liver with lesions can still be drawn."""


@dataclass(frozen=True)
class PhantomSettings:
    """Recipe of a synthetic data set; the defaults are the demo.

    A case depends on its index and on all of this but `patients`: a larger data set contains the smaller one.

    Attributes:
        seed: Seed of the whole data set.
        patients: Number of cases.
        shape: Voxels along x, y and z of every case.
        diseased_fraction: Share of the cases that carry lesions, 0 to 1.
        lesion_contrast: Factor on the difference in HU between lesions and parenchyma; larger is easier.
        lesion_burden: Factor on the mean number of lesions of a diseased case.
        confounder_rate: Factor on the mean number of cysts, fatty areas and perfusion differences, in healthy and
            diseased livers alike; larger is harder.
        acquisition_spread: Exponent or factor on how much dose, kernel, bias, enhancement and texture differ between
            patients; larger makes patients easier to recognise and lesions harder to see.

    Raises:
        ConfigError: A value has the wrong type or is out of range.
    """

    seed: int = 7
    patients: int = 48
    shape: tuple[int, int, int] = (128, 128, 40)
    diseased_fraction: float = 0.5
    lesion_contrast: float = 1.0
    lesion_burden: float = 1.0
    confounder_rate: float = 1.0
    acquisition_spread: float = 1.0

    def __post_init__(self) -> None:
        # Configuration files know lists only; a tuple keeps the settings hashable.
        if isinstance(self.shape, list):
            object.__setattr__(self, "shape", tuple(self.shape))
        _require(_is_integer(self.seed), "seed", self.seed, "an integer")
        _require(
            _is_integer(self.patients) and self.patients >= 1,
            "patients",
            self.patients,
            "an integer of at least 1",
        )
        _require(_is_possible_shape(self.shape), "shape", self.shape, f"three integers of at least {MINIMUM_SHAPE}")
        _require(_is_number(self.diseased_fraction, 1.0), "diseased_fraction", self.diseased_fraction, "0 to 1")
        for name in ("lesion_contrast", "lesion_burden", "confounder_rate", "acquisition_spread"):
            _require(_is_number(getattr(self, name), 10.0), name, getattr(self, name), "0 to 10")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> PhantomSettings:
        """Build settings from JSON values, for instance a section of the configuration.

        Raises:
            ConfigError: A key is unknown or a value is impossible.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ConfigError(
                "The synthetic data set has no such setting.",
                where="phantom settings",
                found=", ".join(unknown),
                expected=", ".join(known),
                remedy="Correct the spelling or remove the key.",
            )
        return cls(**values)


def case_id(index: int) -> str:
    """Return the name of a case, `phantom_000` for the first."""
    return f"phantom_{index:03d}"


def case_index(name: str) -> int:
    """Return the index of a case from its name, the inverse of `case_id`."""
    return int(name.rpartition("_")[2])


def is_diseased(settings: PhantomSettings, index: int) -> bool:
    """Say whether a case carries lesions.

    In the order 0, 1, 2, ... the first n cases would hold round(n * diseased_fraction) diseased ones. A seeded coin
    then swaps the two of each pair: the order tells nothing and a prefix is off by one case at most.
    """
    index = operator.index(index)  # a NumPy integer would name another generator
    first_of_pair = index - index % 2
    swapped = bool(generator(settings.seed, "phantom", "pair", first_of_pair).integers(2))
    position = first_of_pair + (index % 2 ^ swapped)
    fraction = settings.diseased_fraction
    return math.floor((position + 1) * fraction + 0.5) > math.floor(position * fraction + 0.5)


def check_index(settings: PhantomSettings, index: int) -> int:
    """Return the index as a plain integer; raise ConfigError unless the data set has such a case."""
    index = operator.index(index)
    if not 0 <= index < settings.patients:
        raise ConfigError(
            "The synthetic data set has no such case.",
            where="case index",
            found=repr(index),
            expected=f"0 to {settings.patients - 1}",
            remedy="Ask for an existing case or raise `patients`.",
        )
    return index


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= most


def _is_possible_shape(shape: object) -> bool:
    return (
        isinstance(shape, tuple)
        and len(shape) == 3
        and all(_is_integer(n) and n >= least for n, least in zip(shape, MINIMUM_SHAPE, strict=True))
    )


def _require(holds: bool, name: str, found: object, expected: str) -> None:
    if not holds:
        raise ConfigError(
            f"The synthetic data set cannot be made with this {name}.",
            where=f"phantom settings, {name}",
            found=repr(found),
            expected=expected,
            remedy=f"Change `{name}` in the configuration.",
        )
