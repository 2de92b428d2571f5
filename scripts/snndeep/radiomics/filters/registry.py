"""The list of filters. To add one: write a class in a module and add a line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from snndeep.errors import ConfigError
from snndeep.radiomics.filters.base import ImageFilter

FILTERS = {
    "mean": "snndeep.radiomics.filters.linear",
    "log": "snndeep.radiomics.filters.linear",
    "laws": "snndeep.radiomics.filters.laws",
    "gabor": "snndeep.radiomics.filters.gabor",
    "wavelet": "snndeep.radiomics.filters.wavelets",
    "simoncelli": "snndeep.radiomics.filters.wavelets",
    "gradient": "snndeep.radiomics.filters.linear",
    "square": "snndeep.radiomics.filters.pointwise",
    "square_root": "snndeep.radiomics.filters.pointwise",
    "exponential": "snndeep.radiomics.filters.pointwise",
    "logarithm": "snndeep.radiomics.filters.pointwise",
    "lbp": "snndeep.radiomics.filters.binary_patterns",
}
"""By name of a filter, the module of its class, whose field `filter` has that name as its default."""


def filter_class(name: str) -> type[ImageFilter]:
    """Import the class of a filter and return it.

    Raises:
        ConfigError: If there is no filter of that name.
    """
    if name not in FILTERS:
        raise _no_such_filter(repr(name))
    members = vars(import_module(FILTERS[name])).values()
    kinds = [member for member in members if isinstance(member, type) and issubclass(member, ImageFilter)]
    return next(kind for kind in kinds if getattr(kind, "filter", "") == name)


def filter_from_mapping(values: Mapping[str, Any]) -> ImageFilter:
    """Return the filter that `filter` names, with the other values as its parameters.

    Raises:
        ConfigError: If there is no such filter or parameter, or a value is impossible.
    """
    name = values.get("filter")
    if not isinstance(name, str) or name not in FILTERS:
        raise _no_such_filter(str(dict(values)))
    return filter_class(name).from_mapping(values, f"features.filters: {name}")


def _no_such_filter(found: str) -> ConfigError:
    return ConfigError(
        "There is no such filter.",
        where="features.filters",
        found=found,
        expected=f"filter: one of {', '.join(FILTERS)}",
    )
