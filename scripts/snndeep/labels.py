"""Which numbers of a mask mean organ and which lesion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snndeep.errors import ConfigError
from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class MaskLabels(Settings):
    """The meaning of a mask's numbers, the section `dataset.labels` of the configuration; 0 is background.

    Raises:
        ConfigError: If a number has two meanings or is outside 1 to 255, or if none means the organ.
    """

    key: ClassVar[str] = "dataset.labels"

    organ: tuple[int, ...] = setting((1,), "Labels of the organ.", least=1, most=255, min_items=1)
    lesion: tuple[int, ...] = setting(
        (2,),
        "Labels of lesions; [] where the masks mark none and a table gives each patient's label.",
        least=1,
        most=255,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
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
