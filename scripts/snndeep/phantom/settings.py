"""The recipe of the synthetic data set: its settings, the names of its cases and which of them are diseased."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import ClassVar

from snndeep.errors import ConfigError
from snndeep.seeds import generator
from snndeep.settings import Settings, setting

MINIMUM_SHAPE = (32, 32, 8)
"""Minimum number of voxels along x, y and z in which a liver with lesions can be drawn."""


@dataclass(frozen=True)
class PhantomSettings(Settings):
    """Recipe of a synthetic data set; the defaults are those of the demo.

    A case depends on its index and on every setting except `patients`: a larger data set contains the smaller one.

    Raises:
        ConfigError: If a value has the wrong type or is out of range.
    """

    key: ClassVar[str] = "dataset.phantom"

    seed: int = 7
    patients: int = setting(48, "Number of synthetic patients; raising it keeps the existing ones.", least=1)
    shape: tuple[int, int, int] = setting((128, 128, 40), "Voxels along x, y and z.", least=8, most=1024)
    diseased_fraction: float = setting(0.5, "Share of patients with lesions.", least=0, most=1)
    lesion_contrast: float = setting(
        1.0,
        "Factor on the difference in HU between lesions and parenchyma (1: as calibrated); lower is harder.",
        least=0,
        most=10,
    )
    lesion_burden: float = setting(
        1.0, "Factor on the mean number of lesions of a diseased patient (1: as calibrated).", above=0, most=10
    )
    confounder_rate: float = setting(
        1.0,
        "Factor on the mean number of cysts, fatty areas and perfusion differences (1: as calibrated); higher is harder.",
        least=0,
        most=10,
    )
    acquisition_spread: float = setting(
        1.0,
        "Factor on the differences in dose, kernel, enhancement and texture between patients (1: as calibrated); higher makes "
        "patients easier to recognise and lesions harder to see.",
        least=0,
        most=10,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("seed", "patients"):
            _require(_is_integer(getattr(self, name)), name, getattr(self, name), "an integer")
        _require(_is_possible_shape(self.shape), "shape", self.shape, f"three integers of at least {MINIMUM_SHAPE}")


def case_id(index: int) -> str:
    """Return the name of a case, `phantom_000` for the first."""
    return f"phantom_{index:03d}"


def case_index(name: str) -> int:
    """Return the index of a case from its name, the inverse of `case_id`."""
    return int(name.rpartition("_")[2])


def is_diseased(settings: PhantomSettings, index: int) -> bool:
    """Return whether a case has lesions.

    In the order 0, 1, 2, ... the first n cases would contain round(n * diseased_fraction) diseased ones. A seeded coin
    then swaps the two cases of each pair: the order reveals nothing, and a prefix is off by at most one case.
    """
    index = operator.index(index)  # a NumPy integer would name another generator
    first_of_pair = index - index % 2
    swapped = bool(generator(settings.seed, "phantom", "pair", first_of_pair).integers(2))
    position = first_of_pair + (index % 2 ^ swapped)
    fraction = settings.diseased_fraction
    return math.floor((position + 1) * fraction + 0.5) > math.floor(position * fraction + 0.5)


def check_index(settings: PhantomSettings, index: int) -> int:
    """Return the index as a plain integer.

    Raises:
        ConfigError: If the data set has no such case.
    """
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
