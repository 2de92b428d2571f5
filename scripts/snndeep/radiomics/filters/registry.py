"""The filters by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snndeep.errors import ConfigError
from snndeep.radiomics.filters.base import ImageFilter
from snndeep.radiomics.filters.binary_patterns import LocalBinaryPattern
from snndeep.radiomics.filters.gabor import Gabor
from snndeep.radiomics.filters.laws import Laws
from snndeep.radiomics.filters.linear import Gradient, LaplacianOfGaussian, MeanFilter
from snndeep.radiomics.filters.pointwise import Exponential, Logarithm, Square, SquareRoot
from snndeep.radiomics.filters.wavelets import SeparableWavelet, Simoncelli

BY_NAME: dict[str, type[ImageFilter]] = {
    "mean": MeanFilter,
    "log": LaplacianOfGaussian,
    "laws": Laws,
    "gabor": Gabor,
    "wavelet": SeparableWavelet,
    "simoncelli": Simoncelli,
    "gradient": Gradient,
    "square": Square,
    "square_root": SquareRoot,
    "exponential": Exponential,
    "logarithm": Logarithm,
    "lbp": LocalBinaryPattern,
}


def filter_from_mapping(values: Mapping[str, Any]) -> ImageFilter:
    """Return the filter that `filter` names, with the other values as its parameters.

    Raises:
        ConfigError: If there is no such filter or parameter, or a value is impossible.
    """
    name = values.get("filter")
    if name not in BY_NAME:
        raise ConfigError(
            "There is no such filter.",
            where="features.filters",
            found=str(dict(values)),
            expected=f"filter: one of {', '.join(BY_NAME)}",
        )
    return BY_NAME[name].from_mapping(values, f"features.filters: {name}")
