"""What a split is: its protocol, its fold and its three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from snndeep.settings import Settings, setting

PROTOCOLS = ("patient", "slice")
APART = "apart"
"""The third arm: a split by slice from whose other parts the patients of the test part were taken out."""


@dataclass(frozen=True)
class SplitSettings(Settings):
    """How to split; `seed` decides who goes where."""

    key: ClassVar[str] = "splits"

    protocols: tuple[str, ...] = setting(
        PROTOCOLS,
        "patient (honest, the headline) and slice (leaky, as in the first paper).",
        choices=PROTOCOLS,
        min_items=1,
        unique=True,
    )
    folds: int = setting(3, "Test folds of each protocol.", least=2)
    members: int = setting(
        1,
        "Networks per fold. With several the training side is cut into as many parts, each network keeps another one for "
        "early stopping and its threshold, and their margins are averaged; classical models are fitted in the same way. With "
        "fewer patients of a class than networks, each network draws validation_fraction anew.",
        least=1,
    )
    validation_fraction: float = setting(
        0.25,
        "Share of the training side that is kept for early stopping and thresholds, with one network per fold or with fewer "
        "patients of a class than networks.",
        above=0,
        below=1,
    )
    repeats: int = setting(
        1,
        "How often the samples are split anew. Each repeat brings as many folds, and all of them count: more degrees of "
        "freedom for comparisons over folds, and every model is trained as many times more.",
        least=1,
    )
    seed: int = field(kw_only=True)


@dataclass(frozen=True)
class Split:
    """One split; the parts hold sample ids in ascending order and do not overlap.

    The splits of one fold that differ in `member` share their test part; `member` is None where there is one alone. In
    the third arm it is the number of the group of patients that was taken out, and its slices are the test part.
    """

    protocol: str
    fold: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    member: int | None = None

    @property
    def name(self) -> str:
        """A short name, such as `patient_0`, or `patient_0_2` for the third network of that fold."""
        return _name(self.protocol, self.fold, self.member)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Split:
        """Rebuild from the values of `to_json`."""
        parts = {name: tuple(values[name]) for name in ("train", "validation", "test")}
        return cls(values["protocol"], values["fold"], **parts, member=values["member"])

    def to_json(self) -> dict[str, object]:
        """Return JSON values."""
        return asdict(self)


def member_numbers(members: int) -> list[int | None]:
    """Return the numbers of a fold's networks; one alone has none."""
    return [None] if members == 1 else list(range(members))


def split_names(protocol: str, folds: int, members: int) -> list[str]:
    """Return the short names of a protocol's splits, fold by fold."""
    return [_name(protocol, fold, member) for fold in range(folds) for member in member_numbers(members)]


def main_protocol(protocols: Sequence[str]) -> str:
    """Return the protocol that answers come from: by patient if it is among them, else the first."""
    return "patient" if "patient" in protocols else protocols[0]


def fold_of(name: str) -> str:
    """Return the short name of a split without the number of its network: `patient_0` of `patient_0_2`."""
    return "_".join(name.split("_")[:2])


def first_member(name: str) -> str:
    """Return the short name of the split of the first network of a split's fold, on which the fold's settings are searched."""
    return name if name == fold_of(name) else f"{fold_of(name)}_0"


def protocol_of(name: str) -> str:
    """Return the protocol of a split from its short name."""
    return name.partition("_")[0]


def _name(protocol: str, fold: int, member: int | None) -> str:
    return f"{protocol}_{fold}" if member is None else f"{protocol}_{fold}_{member}"
