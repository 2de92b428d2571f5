"""Extraction of IBSI's CT phantom and responses of its digital phantoms, where a developer has them."""

from __future__ import annotations

import csv
from math import floor, log10

import nibabel
import numpy as np
import pytest
from radiomics_scans import shared

from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.filters.registry import filter_from_mapping
from snndeep.radiomics.settings import FeatureSettings

CT = shared("reference", "ibsi_1_ct")
FILTERS = shared("reference", "ibsi_2")

FAMILIES = {
    "morph": "morphology", "stat": "intensity_statistics", "ih": "intensity_histogram", "ivh": "intensity_volume",
    "cm": "glcm", "rlm": "glrlm", "szm": "glszm", "dzm": "gldzm", "ngt": "ngtdm", "ngl": "ngldm",
}  # fmt: skip
AGGREGATIONS = {"_3D_avg": "_averaged", "_3D_comb": "", "_3D": ""}


def column(tag: str) -> str:
    """Return our name of a feature."""
    if tag.startswith("loc_peak_"):
        return f"3d.local_intensity.peak_{tag.removeprefix('loc_peak_')}"
    family, feature = tag.split("_", 1)
    suffix = next((suffix for suffix in AGGREGATIONS if feature.endswith(suffix)), "")
    return f"3d.{FAMILIES[family]}{AGGREGATIONS.get(suffix, '')}.{feature.removesuffix(suffix)}"


@pytest.mark.skipif(not CT.is_dir(), reason="the CT phantom of IBSI is not here")
@pytest.mark.parametrize("configuration", ["c", "d"])
def test_every_feature_of_the_ct_phantom_agrees(configuration):
    settings = FeatureSettings(preset=f"ibsi_{configuration}")
    patient = extract_case("ct", CT / "phantom.nii.gz", CT / "mask.nii.gz", settings).patient.iloc[0]
    compared, failures = 0, []
    with (CT / f"config_{configuration}.csv").open() as file:
        for value, tolerance, tag in list(csv.reader(file, delimiter=";"))[1:]:
            # What describes the image at each step of processing, and what no group agreed on, is no feature here.
            if not value or tag.split("_")[0] not in {*FAMILIES, "loc"} or tag.startswith("morph_mask"):
                continue
            computed = float(patient[column(tag)])
            rounded = round(computed, 2 - floor(log10(abs(computed)))) if computed else 0.0
            compared += 1
            if not abs(rounded - float(value)) <= float(tolerance) + 1e-9 * abs(float(value)):
                failures.append((tag, computed, value, tolerance))
    assert failures == []
    assert compared == 210


RESPONSES = {
    "1A1": ("checkerboard", {"filter": "mean", "size": 15, "boundary": "zero"}),
    "1A2": ("checkerboard", {"filter": "mean", "size": 15, "boundary": "nearest"}),
    "1A3": ("checkerboard", {"filter": "mean", "size": 15, "boundary": "periodic"}),
    "1A4": ("checkerboard", {"filter": "mean", "size": 15, "boundary": "mirror"}),
    "1B1": ("impulse", {"filter": "mean", "size": 15, "boundary": "zero", "dimension": "2d"}),
    "2A": ("impulse", {"filter": "log", "sigma": 3.0, "boundary": "zero"}),
    "2B": ("checkerboard", {"filter": "log", "sigma": 5.0}),
    "2C": ("checkerboard", {"filter": "log", "sigma": 5.0, "dimension": "2d"}),
    "3A1": ("impulse", {"filter": "laws", "kernels": "E5L5S5", "boundary": "zero"}),
    "3A2": ("impulse", {"filter": "laws", "kernels": "E5L5S5", "boundary": "zero", "pooling": "max"}),
    "3A3": ("impulse", {"filter": "laws", "kernels": "E5L5S5", "boundary": "zero", "pooling": "max", "energy": 7}),
    "3B1": ("checkerboard", {"filter": "laws", "kernels": "E3W5R5"}),
    "3B2": ("checkerboard", {"filter": "laws", "kernels": "E3W5R5", "pooling": "max"}),
    "3B3": ("checkerboard", {"filter": "laws", "kernels": "E3W5R5", "pooling": "max", "energy": 7}),
    "3C1": ("checkerboard", {"filter": "laws", "kernels": "L5S5", "dimension": "2d"}),
    "3C2": ("checkerboard", {"filter": "laws", "kernels": "L5S5", "dimension": "2d", "pooling": "max"}),
    "3C3": ("checkerboard", {"filter": "laws", "kernels": "L5S5", "dimension": "2d", "pooling": "max", "energy": 7}),
    "4A1": ("impulse", {"filter": "gabor", "sigma": 10.0, "wavelength": 4.0, "gamma": 0.5, "theta": 60.0, "boundary": "zero"}),
    "4A2": ("impulse", {"filter": "gabor", "sigma": 10.0, "wavelength": 4.0, "gamma": 0.5, "theta_step": 45.0,
                        "planes": "all", "boundary": "zero"}),
    "4B1": ("sphere", {"filter": "gabor", "sigma": 20.0, "wavelength": 8.0, "gamma": 2.5, "theta": 225.0}),
    "4B2": ("sphere", {"filter": "gabor", "sigma": 20.0, "wavelength": 8.0, "gamma": 2.5, "theta_step": 22.5, "planes": "all"}),
    "5A1": ("impulse", {"filter": "wavelet", "wavelet": "db2", "band": "LHL", "boundary": "zero"}),
    "5A2": ("impulse", {"filter": "wavelet", "wavelet": "db2", "band": "LHL", "boundary": "zero", "pooling": "mean"}),
    "6A1": ("sphere", {"filter": "wavelet", "wavelet": "coif1", "band": "HHL", "boundary": "periodic"}),
    "6A2": ("sphere", {"filter": "wavelet", "wavelet": "coif1", "band": "HHL", "boundary": "periodic", "pooling": "mean"}),
    "7A1": ("checkerboard", {"filter": "wavelet", "wavelet": "haar", "band": "LLL", "level": 2, "pooling": "mean"}),
    "7A2": ("checkerboard", {"filter": "wavelet", "wavelet": "haar", "band": "HHH", "level": 2, "pooling": "mean"}),
    "8A1": ("checkerboard", {"filter": "simoncelli", "level": 1}),
    "8A2": ("checkerboard", {"filter": "simoncelli", "level": 2}),
    "8A3": ("checkerboard", {"filter": "simoncelli", "level": 3}),
}  # fmt: skip
"""The tests of the reference manual of IBSI 2, chapter 1, phase 1: phantom and filter."""


@pytest.mark.skipif(not FILTERS.is_dir(), reason="the phantoms of IBSI 2 are not here")
@pytest.mark.parametrize("test", RESPONSES)
def test_response_maps_agree(test):
    maps = list((FILTERS / "responses").glob(f"*_{test}_*"))
    phantom, values = RESPONSES[test]
    # The phantoms' files are stored in the axes of DICOM, in which filters are defined.
    image = np.asarray(nibabel.load(FILTERS / "phantoms" / f"{phantom}.nii.gz").dataobj).T.astype(np.float32)
    response = filter_from_mapping(values).respond(image, (2.0, 2.0, 2.0))
    assert response.shape == image.shape
    assert np.isfinite(response).all()
    if not maps:
        pytest.skip("this response map is not here")
    reference = np.asarray(nibabel.load(maps[0]).dataobj).T.astype(np.float64)
    assert np.abs(response - reference).max() <= 0.01 * np.ptp(reference)
