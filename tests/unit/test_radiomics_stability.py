"""Stability of features: the correlation, the perturbations, the command, and the choice that follows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radiomics_scans import affine, organ, save

from snndeep.errors import ConfigError, InvalidInputError
from snndeep.labels import MaskLabels
from snndeep.radiomics.icc import correlations, intraclass_correlations
from snndeep.radiomics.settings import FeatureSettings
from snndeep.radiomics.stability import PERTURBATIONS, PerturbedScan, StabilitySettings, measurements
from snndeep.samples.fit_preprocessing import fit_split, stable_features
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import Split

ROOT = Path(__file__).parents[2]


def test_correlations_of_shrout_and_fleiss():
    # The example of their paper of 1979, table 2: six targets, four judges.
    values = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    first, third = intraclass_correlations(values)
    assert first == pytest.approx(0.17, abs=0.005)
    assert third == pytest.approx(0.71, abs=0.005)
    assert intraclass_correlations(values + 1e9) == pytest.approx((first, third), abs=1e-6)
    same = np.repeat(np.arange(5.0)[:, None], 3, axis=1)
    assert intraclass_correlations(same) == (1, 1)
    assert np.isnan(intraclass_correlations(values[:1])).all()
    assert np.isnan(intraclass_correlations(np.ones((4, 3)))).all()
    values[0, 0] = np.nan
    assert np.isfinite(intraclass_correlations(values)).all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("scans")
    for number in range(3):
        values, labels = organ(seed=number)
        for name, voxels in (("imagesTr", values + 12 * number), ("labelsTr", labels)):
            (folder / name).mkdir(exist_ok=True)
            save(folder / name / f"case_{number}.nii.gz", voxels.astype(np.int16), affine())
    return folder


def scans(folder: Path) -> list[PerturbedScan]:
    return [
        PerturbedScan(f"case_{k}", folder / "imagesTr" / f"case_{k}.nii.gz", folder / "labelsTr" / f"case_{k}.nii.gz")
        for k in range(3)
    ]


@pytest.fixture(scope="module")
def measured(folder) -> pd.DataFrame:
    features = FeatureSettings(families=["intensity_statistics", "glcm"])
    return measurements(scans(folder), features, MaskLabels(), StabilitySettings(distance=2.0), seed=3)


def test_every_case_is_measured_as_it_is_and_after_every_change(measured):
    assert list(measured["measurement"]) == ["none", *PERTURBATIONS] * 3
    volume = measured.pivot(index="case", columns="measurement", values="3d.morphology.volume")
    assert (volume["erode"] < volume["none"]).all()
    assert (volume["dilate"] > volume["none"]).all()
    assert (volume["contour"] != volume["none"]).all()
    assert (volume["noise"] == volume["none"]).all()
    spread = measured.pivot(index="case", columns="measurement", values="3d.intensity_statistics.mean")
    assert (spread["noise"] != spread["none"]).all()
    assert (spread["shift"] != spread["none"]).all()
    table = correlations(measured).set_index("feature")
    # The cases differ by 12 HU in the mean and by chance in all else.
    assert table.loc["3d.intensity_statistics.median", "icc_1_1"] > 0.5
    assert (table["cases"] == 3).all()
    assert table["icc_1_1"].max() <= 1


def test_equal_seeds_measure_alike(folder, measured):
    again = measurements(
        scans(folder)[:1], FeatureSettings(families=["intensity_statistics", "glcm"]), MaskLabels(),
        StabilitySettings(distance=2.0), seed=3,
    )  # fmt: skip
    pd.testing.assert_frame_equal(again, measured[measured["case"] == "case_0"])


def test_the_command_writes_both_tables(folder, tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/stability.py", folder, "--cases", "2", "--output", tmp_path / "out"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("2 cases, ")
    table = pd.read_csv(tmp_path / "out" / "stability.csv")
    assert {"feature", "name", "icc_1_1", "icc_3_1"} <= set(table)
    assert "GLCM: cluster prominence" in set(table["name"])
    assert len(pd.read_parquet(tmp_path / "out" / "measurements.parquet")) == 2 * (1 + len(PERTURBATIONS))


def repeated(noise: dict[str, float], cases: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for case in range(cases):
        for measurement in ("none", "noise", "shift"):
            values = {name: case + rng.normal(0, spread) for name, spread in noise.items()}
            rows.append({"case": f"c{case}", "measurement": measurement, **values})
    return pd.DataFrame(rows)


def test_unstable_features_are_left_out_by_the_training_cases_alone():
    table = repeated({"f.stable": 0.1, "f.shaky": 20.0})
    assert stable_features(table, 0.75) == {"f.stable"}
    samples = pd.DataFrame(
        {
            "sample": [f"c{k}:0" for k in range(8)], "patient": [f"c{k}" for k in range(8)],
            "case": [f"c{k}" for k in range(8)],
            "slice": 0, "label": [0, 1] * 4, "organ_area_mm2": 1.0, "lesion_area_mm2": 0.0,
            "f.stable": np.arange(8.0), "f.shaky": np.arange(8.0)[::-1] ** 2,
        }
    )  # fmt: skip
    train = tuple(f"c{k}:0" for k in range(6))
    split = Split(protocol="patient", fold=0, train=train, validation=("c6:0",), test=("c7:0",))
    settings = PreprocessingSettings(within_patient="none", min_icc=0.75, measurements="m.parquet")
    fitted = fit_split(samples, split, settings, measured=table)
    assert fitted.features == ("f.stable",)
    # What happens to the other cases has no part in the choice.
    other = table.copy()
    other.loc[other["case"].isin(["c6", "c7"]), "f.stable"] = 1e6 * np.arange(6)
    assert fit_split(samples, split, settings, measured=other).features == ("f.stable",)
    with pytest.raises(InvalidInputError, match="stable"):
        stable_features(table[table["case"] == "c0"], 0.75)


def test_stability_without_measurements_is_refused():
    with pytest.raises(ConfigError, match="not measured"):
        PreprocessingSettings(min_icc=0.5)
