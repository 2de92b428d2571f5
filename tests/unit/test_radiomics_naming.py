"""Full names and units of features."""

from __future__ import annotations

import pytest

from snndeep.radiomics import morphology
from snndeep.radiomics.families import FAMILIES, load_family
from snndeep.radiomics.naming import column_name, family_title


@pytest.mark.parametrize(
    ("column", "title", "unit"),
    [
        ("glcm.clust_prom", "GLCM: cluster prominence", "grey levels⁴"),
        ("3d.glcm_averaged.joint_entr", "GLCM averaged: joint entropy (3D)", "bits"),
        ("2_5d.glszm.sze", "GLSZM: small zone emphasis (2.5D)", "none"),
        ("3d.morphology.volume", "shape: volume (mesh) (3D)", "mm³"),
        ("intensity_statistics.var", "intensity: intensity variance", "HU²"),
        ("3d.log_sigma_2.intensity_statistics.mean", "intensity: mean intensity (3D, filter log sigma 2)", "response"),
        ("lbp.glcm.contrast", "GLCM: contrast (filter lbp)", "grey levels²"),
        ("organ_area_mm2", "organ area mm2", "none"),
        ("own.family", "own: family", "none"),
    ],
)
def test_names_of_columns(column, title, unit):
    name = column_name(column)
    assert name.title == title
    assert name.unit == unit


def test_every_feature_has_a_name_a_unit_and_a_reference_of_its_own():
    families = {name: load_family(name).features for name in FAMILIES} | {"morphology": morphology.FEATURES}
    for family, features in families.items():
        assert len({feature.name for feature in features}) == len(features)
        assert len({feature.title for feature in features}) == len(features)
        for feature in features:
            assert feature.title == feature.title.strip() != ""
            assert feature.unit
            assert "_" not in feature.title
            assert feature.title in column_name(f"{family}.{feature.name}").title
    assert family_title("3d.glcm") == "GLCM (3D)"


def test_families_compute_what_they_describe():
    import numpy as np

    from snndeep.radiomics.discretisation import Discretisation, make_region
    from snndeep.radiomics.region import Surroundings

    levels = np.random.default_rng(0).integers(0, 6, (4, 6, 6)).astype(np.int16)
    image = Surroundings(levels.astype(np.float32), (-1, -1, -1))
    region = make_region(
        np.pad(levels, 1), np.pad((levels > 0).astype(np.uint8), 1), Discretisation((1, 6), bin_width=1.0), False,
        surroundings=image,
    )  # fmt: skip
    for family in map(load_family, FAMILIES):
        assert set(family.compute(region)) >= {feature.name for feature in family.features}
