"""Which numbers of a mask mean organ and which lesion."""

from __future__ import annotations

from dataclasses import dataclass

from snndeep.errors import ConfigError


@dataclass(frozen=True)
class MaskLabels:
    """The meaning of a mask's numbers, one to one the section `dataset.labels` of the configuration; 0 is background.

    Attributes:
        organ: Labels of the organ.
        lesion: Labels of lesions; empty where the masks do not mark any.

    Raises:
        ConfigError: If a number has two meanings, is none from 1 to 255, or none means the organ.
    """

    organ: tuple[int, ...] = (1,)
    lesion: tuple[int, ...] = (2,)

    def __post_init__(self):
        # Settings come as JSON, which has no tuples; a frozen value must not hold a list.
        object.__setattr__(self, "organ", tuple(self.organ))
        object.__setattr__(self, "lesion", tuple(self.lesion))
        labels = [*self.organ, *self.lesion]
        if not self.organ or len(set(labels)) < len(labels) or not all(0 < label < 256 for label in labels):
            raise ConfigError(
                "The labels of the masks are impossible.",
                where="dataset.labels",
                found=f"organ {list(self.organ)}, lesion {list(self.lesion)}",
                expected="different labels from 1 to 255, at least one of the organ",
                remedy="Correct the key in the configuration.",
            )

    @property
    def known(self) -> frozenset[int]:
        """All labels that a mask may hold besides 0."""
        return frozenset({*self.organ, *self.lesion})
