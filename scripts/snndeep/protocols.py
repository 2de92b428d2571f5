"""What a split is: its protocol, its fold and its three parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SplitSettings:
    """How to split.

    Attributes:
        protocols: `patient`, `slice` or both.
        folds: Number of test folds.
        validation_fraction: Share of the training side that is kept for validation.
        seed: Decides the dealing.
    """

    protocols: tuple[str, ...]
    folds: int
    validation_fraction: float
    seed: int


@dataclass(frozen=True)
class Split:
    """One split; the parts hold sample ids in ascending order and do not overlap."""

    protocol: str
    fold: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def name(self) -> str:
        """A short name, such as `patient_0`."""
        return split_name(self.protocol, self.fold)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Split:
        """Rebuild from the values of `to_json`."""
        parts = {name: tuple(values[name]) for name in ("train", "validation", "test")}
        return cls(values["protocol"], values["fold"], **parts)

    def to_json(self) -> dict[str, object]:
        """Return JSON values."""
        return asdict(self)


def split_name(protocol: str, fold: int) -> str:
    """Return the short name of a split."""
    return f"{protocol}_{fold}"
