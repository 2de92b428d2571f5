import numpy as np
import pandas as pd
import pytest

from snndeep.errors import ConfigError, InvalidInputError
from snndeep.samples.fit_preprocessing import fit_preprocessing, fit_split
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import Split
from snndeep.spikes.encode import encode_split
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.spikes.encoders.registry import load_encoder

RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], 50)


def features():
    strong = LABELS * 2 + RNG.normal(size=100)
    twin = strong * 3 + 1 + RNG.normal(0, 1e-6, size=100)
    weak = LABELS * 0.5 + RNG.normal(size=100)
    return np.stack([np.full(100, 3.0), strong, twin, weak, RNG.normal(size=100), np.full(100, np.nan)], axis=1)


NAMES = ["constant", "strong", "twin", "weak", "noise", "missing"]


def test_strong_features_are_kept_and_constant_missing_and_doubled_ones_are_not():
    fitted = fit_preprocessing(features(), LABELS, NAMES, PreprocessingSettings(features=3))
    assert fitted.features[0] in ("strong", "twin")
    assert len({"strong", "twin"} & set(fitted.features)) == 1
    assert set(fitted.features) <= {"strong", "twin", "weak", "noise"}


@pytest.mark.parametrize("scaler", ["standard", "robust"])
def test_values_are_centred_and_stay_in_the_unit_interval(scaler):
    values = features()
    fitted = fit_preprocessing(values, LABELS, NAMES, PreprocessingSettings(scaler=scaler, features=2))
    chosen = values[:, [NAMES.index(n) for n in fitted.features]]
    middle = np.mean if scaler == "standard" else np.median
    np.testing.assert_allclose(middle(fitted.standardise(chosen), axis=0), 0, atol=1e-9)
    unit = fitted.unit_interval(np.vstack([chosen, chosen * 1e6, np.full_like(chosen, np.nan)]))
    assert ((unit >= 0) & (unit <= 1)).all()


def test_missing_values_are_filled_with_the_training_median():
    values = features()
    values[5, 1] = np.nan
    fitted = fit_preprocessing(values, LABELS, NAMES, PreprocessingSettings(features=4, max_correlation=1.0))
    k = fitted.features.index("strong")
    assert fitted.fill[k] == pytest.approx(np.nanmedian(values[:, 1]))


def test_nothing_that_varies():
    with pytest.raises(InvalidInputError, match="No feature varies"):
        fit_preprocessing(np.ones((100, 2)), LABELS, ["a", "b"], PreprocessingSettings())


def test_impossible_settings():
    with pytest.raises(ConfigError, match="scaler"):
        PreprocessingSettings(scaler="minmax")


def samples_table():
    values = features()[:, 1:5]
    table = pd.DataFrame(values, columns=["f.a", "f.b", "f.c", "f.d"])
    ids = [f"p{k // 10}:{k:04d}" for k in range(100)]
    book = {"sample": ids, "patient": [i.split(":")[0] for i in ids], "slice": range(100), "label": LABELS}
    return pd.concat([pd.DataFrame({**book, "organ_area_mm2": 1.0, "lesion_area_mm2": 0.0}), table], axis=1)


def split_of(table):
    ids = table["sample"].tolist()
    return Split("patient", 0, tuple(ids[::2]), tuple(ids[1::4]), tuple(ids[3::4]))


def test_only_the_training_part_is_fitted():
    table = samples_table()
    split = split_of(table)
    changed = table.copy()
    outside = ~changed["sample"].isin(split.train)
    changed.loc[outside, ["f.a", "f.b", "f.c", "f.d"]] *= 100
    changed.loc[outside, "label"] = 1 - changed.loc[outside, "label"]
    encoder, settings = load_encoder("latency", {}), PreprocessingSettings(features=3, within_patient="none")
    fitted, again = (fit_split(t, split, settings) for t in (table, changed))
    assert fitted.to_json() == again.to_json()
    one, two = (encode_split(t, split, fitted, encoder, 1) for t in (table, changed))
    train = one.parts["train"]
    np.testing.assert_array_equal(one.trains.dense(train), two.trains.dense(train))


def test_an_encoded_split_survives_storage():
    table = samples_table()
    split = split_of(table)
    one = encode_split(
        table, split, fit_split(table, split, PreprocessingSettings(within_patient="none")), load_encoder("rate", {}), 1
    )
    two = EncodedSplit.from_arrays(one.to_arrays())
    np.testing.assert_array_equal(one.trains.packed, two.trains.packed)
    assert {k: v.tolist() for k, v in one.parts.items()} == {k: v.tolist() for k, v in two.parts.items()}
    problem = two.problem()
    assert problem.trains.samples == problem.train.size + problem.validation.size
    np.testing.assert_array_equal(problem.trains.dense(problem.train), two.trains.dense(two.parts["train"]))
