"""The ways in which a region cannot be described as the settings ask, one class each."""

from __future__ import annotations

from snndeep.errors import ScanError


class BinNumberError(ScanError):
    """A region has fewer voxels than grey levels were asked for."""


class FilterLengthError(ScanError):
    """A filter is longer than the image that it is applied to."""


class SplineInputError(ScanError):
    """A spline would pass through values that are no numbers."""
