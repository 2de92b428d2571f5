"""Calibration under resampled patients, and the comparison of a scan with the training data."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from snndeep.deployment.assembly import TrainingData, calibrate, parts_by_scan
from snndeep.deployment.prediction import Prediction
from snndeep.deployment.prediction_scans import labels_said, listed_scans
from snndeep.deployment.reference import (
    Reference,
    compare_features,
    compare_hu,
    compare_known,
    compare_spacing,
    fingerprint,
)
from snndeep.deployment.scoring import choose_members
from snndeep.errors import ConfigError, InvalidInputError
from snndeep.evaluation.calibration import fit_calibration, fit_platt, probabilities
from snndeep.samples.split import Split


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_is_that_of_the_evaluation(seed):
    rng = np.random.default_rng(seed)
    labels = np.r_[0, 1, rng.integers(0, 2, 30)]
    margins = rng.normal(size=32) * 3 + labels * (2 - seed)
    expected = fit_calibration(labels, margins)
    ((slope, intercept),) = fit_platt(margins, labels, np.ones((1, 32)))
    assert slope == pytest.approx(expected.slope, abs=1e-3)
    assert intercept == pytest.approx(expected.intercept, abs=1e-3)


def test_weights_count_like_copies():
    rng = np.random.default_rng(0)
    labels, margins = np.tile([0, 1], 6), rng.normal(size=12) + np.tile([0, 1], 6)
    weights = rng.integers(1, 4, 12)
    copied = fit_platt(np.repeat(margins, weights), np.repeat(labels, weights), np.ones((1, weights.sum())))
    np.testing.assert_allclose(fit_platt(margins, labels, weights[None].astype(float)), copied, atol=1e-6)


def test_separated_patients_give_no_certainty_and_reversed_ones_no_reversal():
    labels, margins = np.array([0, 0, 0, 1, 1, 1]), np.array([-3.0, -2, -1, 1, 2, 3])
    p = probabilities(fit_platt(margins, labels, np.ones((1, 6))), np.array([100.0]))
    assert np.isfinite(fit_platt(margins, labels, np.ones((1, 6)))).all()
    assert 0.5 < p[0] <= 1
    slope, intercept = fit_platt(-margins, labels, np.ones((1, 6)))[0]
    assert slope == 0
    assert probabilities(np.array([[slope, intercept]]), np.array([9.0]))[0] == pytest.approx(0.5)


def test_resampling_draws_patients_within_their_class():
    patients = np.array(["a", "a", "b", "c", "d", "e"])
    labels = np.array([1, 1, 1, 0, 0, 0])
    fits = calibrate(np.array([2.0, 1, 3, -1, 0, 1]), labels, patients, 50, np.random.default_rng(0))
    assert fits.shape == (51, 2)
    assert np.isfinite(fits).all()
    assert len(np.unique(fits[1:, 0])) > 5


def reference() -> Reference:
    return Reference(
        patients=5,
        spacing=np.array([[0.6, 0.6, 1.0], [0.9, 0.9, 5.0]]),
        hu=(80.0, 120.0),
        features=np.array([[0.0, 0.0], [1.0, 1.0]]),
        mean=np.zeros(2),
        precision=np.eye(2),
        limit=2.0,
    )


def test_a_scan_like_the_training_data_raises_no_warning():
    known = [reference()]
    assert compare_spacing(known, (0.6, 0.9, 5.1)) == []
    assert compare_hu(known, 100) == []
    assert compare_features(known, [1.9], [("a", "b")], [np.array([0.5, 0.5])]) == []


def test_each_way_out_of_the_training_data_is_told_with_its_numbers():
    known = [reference(), reference()]
    (spacing,) = compare_spacing(known, (0.7, 0.7, 8.0))
    assert (spacing.kind, "along z is 8 mm" in spacing.text, "1 to 5 mm" in spacing.text) == ("spacing", True, True)
    (hu,) = compare_hu(known, 20)
    assert "20 HU" in hu.text
    (features,) = compare_features(known, [6.0, 6.0], [("a", "b")] * 2, [np.array([0.5, 9.0])] * 2)
    assert "3.0 times" in features.text
    assert "Farthest outside: b." in features.text


def test_the_distance_is_mahalanobis():
    z = np.array([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(reference().distances(z), [5.0, 0.0])
    assert pd.Series(reference().to_json()).index.tolist() == [
        "patients",
        "spacing",
        "hu",
        "features",
        "mean",
        "limit",
        "seen",
    ]


def prediction(probability: float, interval: tuple[float, float], margin: float, margins=(1.0, -1.0)) -> Prediction:
    slices = pd.DataFrame({"slice": range(len(margins)), "margin": margins})
    return Prediction(probability, interval, 0.4, margin, slices, {}, (1.0, 1.0, 1.0), 0, [])


def test_an_interval_that_contains_the_decision_is_undecided():
    assert prediction(0.6, (0.3, 0.8), 0.5).verdict == "undecided"
    assert prediction(0.6, (0.41, 0.8), 0.5).verdict == "diseased"
    assert prediction(0.1, (0.0, 0.39), -0.5).verdict == "healthy"


def test_a_slice_speaks_for_disease_only_with_a_positive_margin():
    several = prediction(0.5, (0, 1), 0, margins=(0.5, -0.2, 0.0, 2.0, 0.1, 0.3))
    assert several.strongest(diseased=True) == [3, 0, 5]
    assert several.strongest(diseased=False) == [1, 2]
    assert prediction(0.5, (0, 1), 0, margins=(-1.0, -2.0)).strongest(diseased=True) == []


def test_a_scan_is_recognised_by_what_it_holds():
    rng = np.random.default_rng(1)
    areas, features = rng.random(5) * 1000, rng.normal(size=(5, 3))
    features[0, 0] = np.nan
    scan = fingerprint(areas, features)
    assert fingerprint(areas * (1 + 1e-12), features * (1 - 1e-12)) == scan
    assert fingerprint(areas, features * 1.001) != scan
    parts = {"patient_0": "test", "patient_1": "train", "patient_2": "validation"}
    references = {split: replace(reference(), seen={scan: part}) for split, part in parts.items()}
    (warned,) = compare_known(references, scan)
    assert "2 of 3 fold models" in warned.text
    assert "--split patient_0" in warned.text
    assert compare_known(references, "another") == []
    assert compare_known(references, "features of a changed mask", scan) == [warned]
    assert compare_known({"patient_0": references["patient_0"]}, scan) == []
    again = Reference.from_json(references["patient_1"].to_json(), np.eye(2))
    assert again.seen == {scan: "train"}


def test_a_fold_of_several_networks_is_asked_as_one():
    splits = [f"patient_{fold}_{member}" for fold in (0, 1, 10) for member in (0, 1)]
    model = SimpleNamespace(members=[SimpleNamespace(split=split, protocol="patient") for split in splits])
    assert [member.split for member in choose_members(model, "patient_1")] == ["patient_1_0", "patient_1_1"]
    assert [member.split for member in choose_members(model, "patient_10_1")] == ["patient_10_1"]
    assert len(choose_members(model, None)) == 6
    for wrong in ("patient", "patient_2", "patient_1_2"):
        with pytest.raises(ConfigError, match="no such split"):
            choose_members(model, wrong)
    seen = {split: "test" if split.startswith("patient_0") else "train" for split in splits[:4]}
    references = {split: replace(reference(), seen={"scan": part}) for split, part in seen.items()}
    (warned,) = compare_known(references, "scan")
    assert "Ask --split patient_0, which" in warned.text


def test_what_is_asked_for(tmp_path):
    image, mask = tmp_path / "ct.nii.gz", tmp_path / "mask.nrrd"
    assert [scan.name for scan in listed_scans([image, mask], None)] == ["ct"]
    assert listed_scans([image, mask], "x")[0].name == "x"
    with pytest.raises(InvalidInputError, match="3 paths"):
        listed_scans([image, mask, mask], None)
    for name in ("ct.nii.gz", "mask.nrrd", "images/a.nii", "masks/a.nii"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "table.csv").write_text("image,mask,patient\nct.nii.gz,mask.nrrd,1\n")
    assert [scan.patient for scan in listed_scans([tmp_path / "table.csv"], None)] == ["1"]
    assert [scan.name for scan in listed_scans([tmp_path], None)] == ["a"]
    assert labels_said([image, mask]) is labels_said([tmp_path / "table.csv"]) is labels_said([tmp_path]) is None


def test_a_folder_that_says_what_its_labels_mean_is_believed(tmp_path):
    description = {
        "channel_names": {"0": "CT"}, "labels": {"background": 0, "spleen": 1, "liver": 2}, "file_ending": ".nii.gz",
    }  # fmt: skip
    (tmp_path / "dataset.json").write_text(json.dumps(description))
    for name in ("imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(name)
    said = labels_said([tmp_path])
    assert said is not None
    assert said.organ == (2,)
    assert said.ignore == (1,)


def test_every_scan_of_a_run_is_known_by_its_part():
    rng = np.random.default_rng(2)
    rows = [(f"{case}:{k}", case, case, k, 0, 100.0 + k, 0.0) for case in "abc" for k in range(3)]
    columns = ["sample", "patient", "case", "slice", "label", "organ_area_mm2", "lesion_area_mm2"]
    samples = pd.DataFrame(rows, columns=columns).assign(x=rng.normal(size=9), y=rng.normal(size=9))
    parts = [tuple(samples.loc[samples["case"] == case, "sample"]) for case in "abc"]
    cases = pd.DataFrame({"case": list("abc"), "voxels_sha256": ["va", "vb", "vc"]})
    seen = parts_by_scan(TrainingData(samples, cases), Split("patient", 0, *parts))
    own = samples[samples["case"] == "b"]
    scan = fingerprint(own["organ_area_mm2"].to_numpy(), own[["x", "y"]].to_numpy())
    assert seen[scan] == "validation"
    assert (seen["va"], seen["vb"], seen["vc"]) == ("train", "validation", "test")
    assert sorted(seen.values()) == ["test", "test", "train", "train", "validation", "validation"]
