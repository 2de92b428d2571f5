"""The other models on the same features and splits."""

import numpy as np
import pandas as pd
import pytest

from snndeep.evaluation.leakage import fitted_digests
from snndeep.learning.ranking import roc_auc
from snndeep.samples.fit_preprocessing import fit_split
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import Split
from snndeep.training.baselines import BASELINES, BaselineSettings, score_baselines

PREPROCESSING = PreprocessingSettings(features=3, within_patient="none")
SETTINGS = BaselineSettings(hidden=8, epochs=200, patience=60, seed=1)


@pytest.fixture(scope="module")
def cohort():
    """Twenty patients with ten slices each; a circle separates the classes and neither area nor spacing does."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 3))
    patients = np.repeat([f"p{k:02d}" for k in range(20)], 10)
    table = pd.DataFrame(features, columns=["a", "b", "c"])
    label = (features[:, 0] ** 2 + features[:, 1] ** 2 > 1.4).astype(int)
    samples = [f"{p}:{k:04d}" for k, p in enumerate(patients)]
    area = rng.uniform(100, 200, 200)
    table = table.assign(
        sample=samples, case=patients, patient=patients, slice=0, label=label, organ_area_mm2=area, lesion_area_mm2=0.0
    )
    values = {f"{kind}_{axis}": rng.uniform(1, 2, 20) for kind in ("spacing", "shape") for axis in "xyz"}
    spacing = pd.DataFrame({"case": np.unique(patients), **values})
    split = Split("patient", 0, tuple(samples[:120]), tuple(samples[120:150]), tuple(samples[150:]))
    return table, spacing, split


def test_every_model_scores_the_parts_of_every_split(cohort):
    table, spacing, split = cohort
    scores = score_baselines(table, spacing, [split], {split.name: fit_split(table, split, PREPROCESSING)}, SETTINGS)
    again = score_baselines(table, spacing, [split], {split.name: fit_split(table, split, PREPROCESSING)}, SETTINGS)
    label = table.set_index("sample")["label"]
    reached = {}
    for name in BASELINES:
        for part in ("validation", "test"):
            assert tuple(scores[f"{name}/patient_0/{part}.samples"]) == getattr(split, part)
            np.testing.assert_array_equal(
                scores[f"{name}/patient_0/{part}.scores"], again[f"{name}/patient_0/{part}.scores"]
            )
        reached[name] = roc_auc(label.loc[list(split.test)].to_numpy(), scores[f"{name}/patient_0/test.scores"])
    assert reached["dense"] > 0.8
    assert reached["boosting"] > 0.85
    assert reached["constant"] == 0.5
    prevalence = label.loc[list(split.train)].mean()
    assert np.unique(scores["constant/patient_0/test.scores"]) == pytest.approx(np.log(prevalence / (1 - prevalence)))
    assert max(reached[name] for name in ("area", "geometry", "slice_count", "acquisition")) < 0.75
    assert min(reached[name] for name in ("svm", "extra_trees", "image_geometry")) > 0.75
    digests = scores["logistic/patient_0/fitted_on"]
    known = table.set_index("sample")
    assert digests.tolist() == list(fitted_digests(split, known["label"], known["patient"]).values())


def test_the_dense_network_has_the_size_asked_for_and_stops_early(cohort):
    from snndeep.training.baselines import Part

    table, _, split = cohort
    fitted = fit_split(table, split, PREPROCESSING)
    values, labels = fitted.standardise(table[list(fitted.features)].to_numpy()), table["label"].to_numpy()
    train, validation = Part(values[:120], labels[:120]), Part(values[120:150], labels[120:150])
    long = BaselineSettings(hidden=6, epochs=400, patience=3, seed=1)
    network = BASELINES["dense"].candidates["one hidden layer, features"].fit(train, validation, long, 0)
    assert [w.shape for w in network.coefs_] == [(3, 6), (6, 1)]
    assert network.n_iter_ < 400
