"""Known configurations of feature extraction, each by one word."""

from __future__ import annotations

from typing import Any

_IBSI_FAMILIES = (
    "local_intensity",
    "intensity_statistics",
    "intensity_histogram",
    "intensity_volume",
    "glcm",
    "glcm_averaged",
    "glrlm",
    "glrlm_averaged",
    "glszm",
    "gldzm",
    "ngtdm",
    "ngldm",
)
_IN_PLANE = {"grid": "in_plane", "patient_dimensions": ("2d", "2.5d")}
_IN_SPACE = {"grid": "isotropic", "patient_dimensions": ("3d",)}
_IBSI: dict[str, Any] = {
    "families": _IBSI_FAMILIES,
    "feature_set": "all",
    "patient_features": True,
    "mask_threshold": 0.5,
    "anti_aliasing": False,
    "image_interpolation": "linear",
    "mask_interpolation": "linear",
    "slice_spacing": 2.0,
    "patient_spacing": 2.0,
    "outlier_sigma": 0.0,
}

PRESETS: dict[str, dict[str, Any]] = {
    "none": {},
    "ibsi_a": {
        **_IBSI,
        **_IN_PLANE,
        "grid": "native",
        "resegmentation": (-500.0, 400.0),
        "discretisation": "fixed_bin_size",
        "bin_width": 25.0,
        "intensity_volume": {"discretisation": "none"},
    },
    "ibsi_b": {
        **_IBSI,
        **_IN_PLANE,
        "resegmentation": (-500.0, 400.0),
        "discretisation": "fixed_bin_number",
        "bin_number": 32,
        "intensity_volume": {"discretisation": "none"},
    },
    "ibsi_c": {
        **_IBSI,
        **_IN_SPACE,
        "resegmentation": (-1000.0, 400.0),
        "discretisation": "fixed_bin_size",
        "bin_width": 25.0,
        "intensity_volume": {"discretisation": "fixed_bin_size", "bin_width": 2.5},
    },
    "ibsi_d": {
        **_IBSI,
        **_IN_SPACE,
        "resegmentation": None,
        "outlier_sigma": 3.0,
        "discretisation": "fixed_bin_number",
        "bin_number": 32,
        "intensity_volume": {"discretisation": "none"},
    },
    "ibsi_e": {
        **_IBSI,
        **_IN_SPACE,
        "resegmentation": (-1000.0, 400.0),
        "outlier_sigma": 3.0,
        "image_interpolation": "cubic",
        "discretisation": "fixed_bin_number",
        "bin_number": 32,
        "intensity_volume": {"discretisation": "fixed_bin_number", "bin_number": 1000},
    },
    "pyradiomics": {
        "grid": "native",
        "patient_dimensions": ("3d",),
        "resegmentation": None,
        "outlier_sigma": 0.0,
        "discretisation": "fixed_bin_size_aligned",
        "bin_width": 25.0,
        "families": (
            "intensity_statistics",
            "intensity_histogram",
            "glcm_averaged",
            "glrlm_averaged",
            "glszm",
            "ngtdm",
            "ngldm",
        ),
        "feature_set": "all",
        "patient_features": True,
        "anti_aliasing": False,
    },
}
"""The settings that each preset fixes. IBSI's configurations A to E are those of the reference manual, section 5."""
