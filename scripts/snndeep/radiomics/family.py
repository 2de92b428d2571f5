"""What a family of features says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from snndeep.radiomics.feature import Feature
from snndeep.radiomics.region import Region


@dataclass(frozen=True)
class Family:
    """A family of features.

    Attributes:
        title: Full name.
        label: What it is called in front of a feature.
        compute: Returns all features of a region by name, [R] each.
        features: Names, references and units of the features.
        aggregated: Whether features depend on how neighbours are counted (2d, 2.5d, 3d).
        of_slices: Whether slices have it.
        of_volume: Whether the volume has it.
        of_responses: Whether the response of a filter has it.
    """

    title: str
    label: str
    compute: Callable[[Region], dict[str, np.ndarray]]
    features: tuple[Feature, ...]
    aggregated: bool = True
    of_slices: bool = True
    of_volume: bool = True
    of_responses: bool = True

    def chosen(self, feature_set: str) -> tuple[Feature, ...]:
        """Return the features that belong to a set, `recommended` or `all`."""
        return tuple(feature for feature in self.features if feature.recommended or feature_set == "all")
