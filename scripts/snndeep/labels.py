"""What the labels of a mask mean: numbers, or the names of regions where a format gives names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from typing import ClassVar

from snndeep.errors import ConfigError
from snndeep.settings import Settings, setting

ORGAN, LESION = 1, 2
"""The regions of a mask that was read, whatever its own labels are; 0 is background."""

OTHERS = "others"
"""In `ignore`: every label that is not named is background."""


ALIKE = 0.8
"""Similarity of two names, 0 to 1, from which on one may be the other misspelt: `leison` and `lesion` have 0.83."""


@dataclass(frozen=True)
class MaskLabels(Settings):
    """The meaning of a mask, the section `dataset.labels` of the configuration; the number 0 is always background.

    Numbers are the values of voxels. Names are those of regions in DICOM SEG and RTSTRUCT and of files where each
    structure has its own; they are compared without regard to case and may hold the wildcards `*` and `?`.

    Raises:
        ConfigError: If a label has two meanings, a number is outside 1 to 255, or no label means the organ.
    """

    key: ClassVar[str] = "dataset.labels"

    organ: tuple[int | str, ...] = setting(
        (1,), "Labels of the organ: numbers, or names such as liver.", least=1, most=255, min_items=1
    )
    lesion: tuple[int | str, ...] = setting(
        (2,),
        "Labels of lesions, numbers or names such as livertumor*; [] where the masks mark none and a table gives each "
        "patient's label.",
        least=1,
        most=255,
    )
    ignore: tuple[int | str, ...] = setting(
        (), "Labels of other structures, taken for background; others means all that are not named.", least=1, most=255
    )
    fill_holes: bool = setting(
        True, "Whether holes that the organ encloses count as organ: masks of segmentation tools leave tumours out."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        labels = [_folded(label) for label in (*self.organ, *self.lesion, *self.ignore)]
        numbers = [label for label in labels if isinstance(label, int)]
        if not self.organ or len(set(labels)) < len(labels) or "" in labels or not all(0 < n < 256 for n in numbers):
            raise ConfigError(
                "The labels of the masks are impossible.",
                where=self.key,
                found=f"organ {list(self.organ)}, lesion {list(self.lesion)}, ignore {list(self.ignore)}",
                expected="different labels, each with one meaning, numbers from 1 to 255, at least one of the organ",
                remedy="Correct the key in the configuration.",
            )

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The names of organ and lesion, for masks whose regions have names."""
        return {"organ": _texts(self.organ), "lesion": _texts(self.lesion)}

    @property
    def ignores_others(self) -> bool:
        """Whether labels that are not named count as background."""
        return OTHERS in map(_folded, self.ignore)

    def region_by_number(self) -> dict[int, int]:
        """Return the region (`ORGAN`, `LESION` or 0) of every number that a mask may hold besides 0."""
        regions = dict.fromkeys(_numbers(self.ignore), 0)
        for labels, region in ((self.organ, ORGAN), (self.lesion, LESION)):
            regions |= dict.fromkeys(_numbers(labels), region)
            if _texts(labels):
                regions[self.number_of(region)] = region
        return regions

    def number_of(self, region: int) -> int:
        """Return the number under which a conversion writes a region that has a name.

        It is the first number of that region, or one that no other label uses.
        """
        own = _numbers(self.organ if region == ORGAN else self.lesion)
        if own:
            return own[0]
        taken = {*_numbers(self.organ), *_numbers(self.lesion), *_numbers(self.ignore)}
        free = [number for number in range(1, 256) if number not in taken]
        return free[0] if region == ORGAN else free[1]

    def region_of_name(self, name: str) -> int:
        """Return the region that a name means; 0 if it is not named. Lesion goes before organ."""
        for labels, region in ((self.lesion, LESION), (self.organ, ORGAN)):
            if _matches(name, labels):
                return region
        return 0

    def misspelt_lesion(self, names: Iterable[str]) -> str:
        """Return the first name that has no meaning and looks like a lesion's; empty if there is none."""
        for name in names:
            unnamed = not self.region_of_name(name) and not _matches(name, self.ignore)
            if unnamed and any(_likeness(name, pattern) >= ALIKE for pattern in _texts(self.lesion)):
                return name
        return ""


def _matches(name: str, labels: Iterable[int | str]) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.strip().casefold()) for pattern in _texts(labels))


def _likeness(name: str, pattern: str) -> float:
    """Return how much a name, or the part of it that a pattern with wildcards is about, looks like the pattern, 0 to 1."""
    name, pattern = name.casefold(), pattern.strip().casefold()
    core = pattern.strip("*")
    parts = [name] if core == pattern else [name[k : k + len(core)] for k in range(max(1, len(name) - len(core) + 1))]
    return max(SequenceMatcher(None, part, core).ratio() for part in parts)


def _folded(label: int | str) -> int | str:
    return label.strip().casefold() if isinstance(label, str) else label


def _numbers(labels: Iterable[int | str]) -> list[int]:
    return [label for label in labels if isinstance(label, int)]


def _texts(labels: Iterable[int | str]) -> tuple[str, ...]:
    return tuple(label for label in labels if isinstance(label, str))
