"""Features relative to their scan, and the choice of a representation inside a training part."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from snndeep.deployment.scoring import score_slices
from snndeep.errors import ConfigError
from snndeep.radiomics.naming import RELATIVE, column_name
from snndeep.samples.fit_preprocessing import fit_split, fit_splits
from snndeep.samples.relative import LEAST_SLICES, LIMIT, add_relative, relative_values
from snndeep.samples.settings import PreprocessingSettings, SampleSettings
from snndeep.samples.split import Split, SplitSettings
from snndeep.samples.splitting import make_splits
from snndeep.samples.table import Cohort, assemble, feature_names
from snndeep.spikes.encode import encode_split
from snndeep.spikes.encoders.registry import load_encoder

FEATURES = ["f.a", "f.b", "f.c", "f.d"]
PATIENTS, SLICES = 24, 10
BOTH = PreprocessingSettings(features=3, within_patient="both")


def slices_of(shift: float, effect: float, seed: int = 0) -> pd.DataFrame:
    """Slices of patients, every second one with lesions in half of its slices.

    Args:
        shift: Deviation between patients, of all features.
        effect: What a lesion adds to the first feature.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for p in range(PATIENTS):
        own = rng.normal(0, shift, len(FEATURES))
        for k in range(SLICES):
            lesion = 60.0 * (p % 2 and k < SLICES // 2)
            values = own + rng.normal(size=len(FEATURES)) + [effect * (lesion > 0), 0, 0, 0]
            rows.append((f"c{p:02d}", k, 900.0, lesion, *values))
    return pd.DataFrame(rows, columns=["case", "slice", "organ_area_mm2", "lesion_area_mm2", *FEATURES])


def table_of(slices: pd.DataFrame) -> pd.DataFrame:
    names = slices["case"].unique()
    return assemble(slices, Cohort(dict(zip(names, names, strict=True)), {}, weak=False), SampleSettings())


def split_of(table: pd.DataFrame, protocol: str = "patient", **changes) -> Split:
    ids = table["sample"].to_numpy(str)
    number = np.unique(table["patient"], return_inverse=True)[1]
    train, validation, test = (tuple(ids[own]) for own in (number < 16, (number >= 16) & (number < 20), number >= 20))
    return Split(protocol, 0, train, validation, test, **changes)


def test_a_feature_is_relative_to_its_own_scan():
    rng = np.random.default_rng(0)
    values = rng.normal(50, 7, (20, 3))
    z = relative_values(values)
    np.testing.assert_allclose(z, (values - values.mean(axis=0)) / values.std(axis=0, ddof=1))
    np.testing.assert_allclose(relative_values(1000 + 3 * values), z, atol=1e-9)


def test_what_cannot_be_told_is_zero_and_what_is_undefined_stays_so():
    values = np.column_stack([np.full(12, 1e6 + 0.1), np.arange(12.0), np.arange(12.0), np.arange(12.0)])
    values[3, 1] = np.inf
    values[LEAST_SLICES - 1 :, 2] = np.nan
    values[:, 3] = 0
    values[5, 3] = 1e12
    z = relative_values(values)
    assert (z[:, 0] == 0).all()
    np.testing.assert_array_equal(np.isnan(z[:, 1]), np.arange(12) == 3)
    assert (z[: LEAST_SLICES - 1, 2] == 0).all()
    assert np.isnan(z[LEAST_SLICES - 1 :, 2]).all()
    assert np.abs(z[:, 3]).max() <= LIMIT
    assert (relative_values(np.arange(float(LEAST_SLICES - 1))[:, None]) == 0).all()


def test_neither_the_order_of_rows_nor_another_scan_nor_a_lesion_moves_a_bit():
    slices = slices_of(2.0, 1.0)
    table = table_of(slices)
    relative = [RELATIVE + name for name in FEATURES]
    assert feature_names(table) == FEATURES
    changed = slices.sample(frac=1, random_state=1)
    other = changed["case"] != "c03"
    changed.loc[other, FEATURES] = 5.0
    changed.loc[other, "lesion_area_mm2"] = 0.0
    changed.loc[(changed["case"] == "c03") & (changed["slice"] == 2), "lesion_area_mm2"] = 1.0  # left out, too small
    own, again = (t[t["case"] == "c03"].set_index("slice") for t in (table, table_of(changed)))
    assert len(again) == len(own) - 1
    assert own.loc[again.index, relative].to_numpy().tobytes() == again[relative].to_numpy().tobytes()


@pytest.mark.parametrize("representation", ["none", "zscore", "both", "auto"])
def test_a_single_scan_gets_the_spikes_that_it_got_in_training(representation, monkeypatch):
    slices = slices_of(2.0, 1.0)
    table = table_of(slices)
    split = split_of(table)
    fitted = fit_split(table, split, PreprocessingSettings(features=3, within_patient=representation))
    trained = encode_split(table, split, fitted, load_encoder("population", {}), 7)
    seen = []
    network = SimpleNamespace(scores=lambda inputs, samples: np.zeros(samples.size))
    rule = SimpleNamespace(settings=lambda: None, model=lambda *_: network)
    backend = SimpleNamespace(load=lambda trains, dtype: seen.append(trains))
    monkeypatch.setattr("snndeep.deployment.scoring.load_rule", lambda name: rule)
    monkeypatch.setattr("snndeep.deployment.scoring.load_backend", lambda name: backend)
    alone = table_of(slices[slices["case"] == "c21"])
    model = SimpleNamespace(encoder="population", encoder_settings={}, seed=7, rule="any")
    member = SimpleNamespace(preprocessing=fitted, settings={}, parameters={})
    score_slices(alone, model, member, "any")
    rows = np.flatnonzero(table["case"] == "c21")
    assert seen[0].packed.tobytes() == trained.trains.packed[rows].tobytes()


def test_both_keeps_twice_as_many_and_each_representation_its_own_kind():
    table = table_of(slices_of(2.0, 1.0))
    split = split_of(table)
    kinds = {}
    for name in ("none", "zscore", "both"):
        fitted = fit_split(table, split, PreprocessingSettings(features=3, within_patient=name))
        kinds[name] = [feature.startswith(RELATIVE) for feature in fitted.features]
        assert fitted.representation == name
        assert fitted.compared == {}
    assert kinds["none"] == [False] * 3
    assert kinds["zscore"] == [True] * 3
    assert len(kinds["both"]) == 6


@pytest.mark.parametrize("protocol", ["patient", "slice"])
def test_the_training_part_chooses_what_carries_over(protocol):
    """A lesion that is small against the differences between patients is seen only relative to the patient."""
    auto = PreprocessingSettings(features=4)
    shifted, alike = (table_of(slices_of(shift, 2.0)) for shift in (20.0, 0.0))
    taken = fit_split(shifted, split_of(shifted, protocol), auto)
    assert taken.representation == "both"
    assert taken.compared["both"] > taken.compared["none"] + 0.1
    assert max(taken.compared, key=taken.compared.get) == taken.representation
    kept = fit_split(alike, split_of(alike, protocol), auto)
    assert abs(kept.compared["both"] - kept.compared["none"]) < 0.1
    assert kept.representation == max(kept.compared, key=kept.compared.get)


def test_the_choice_looks_at_the_training_part_alone():
    table = table_of(slices_of(5.0, 2.0))
    split = split_of(table)
    changed = table.copy()
    outside = ~changed["sample"].isin(split.train)
    columns = [*FEATURES, *(RELATIVE + name for name in FEATURES)]
    changed.loc[outside, columns] = np.random.default_rng(1).normal(0, 99, (outside.sum(), len(columns)))
    changed.loc[outside, "label"] = 1 - changed.loc[outside, "label"]
    one, two = (fit_split(own, split, PreprocessingSettings(features=3), 7).to_json() for own in (table, changed))
    assert one == two


def test_a_part_that_cannot_be_divided_keeps_the_features_as_they_are():
    table = table_of(slices_of(5.0, 2.0))
    train = tuple(table.loc[table["patient"].isin(["c00", "c01", "c02"]), "sample"])
    fitted = fit_split(table, Split("patient", 0, train, (), ()), PreprocessingSettings(features=3))
    assert fitted.representation == "none"
    assert fitted.compared == {"none": 0.5, "both": 0.5}


def test_the_networks_of_a_fold_choose_together():
    table = table_of(slices_of(4.0, 2.0, seed=3))
    splits = make_splits(
        *(table[name].to_numpy() for name in ("sample", "label", "patient")),
        SplitSettings(("patient",), folds=2, members=4, seed=5),
    )
    auto = PreprocessingSettings(features=3)
    fitted = fit_splits(table, splits, [], auto, 7)
    alone = {split.name: fit_split(table, split, auto, 7) for split in splits}
    assert {name: own.compared for name, own in fitted.items()} == {name: own.compared for name, own in alone.items()}
    for fold in ("patient_0", "patient_1"):
        own = [fitted[f"{fold}_{member}"] for member in range(4)]
        sums = {name: sum(one.compared[name] for one in own) for name in ("none", "both")}
        assert {one.representation for one in own} == {max(sums, key=sums.get)}
        for member, one in enumerate(own):
            fixed = PreprocessingSettings(features=3, within_patient=one.representation)
            assert one.features == fit_split(table, splits[4 * int(fold[-1]) + member], fixed, 7).features


def test_the_third_arm_keeps_the_choice_of_its_fold():
    table = table_of(slices_of(20.0, 2.0))
    first = split_of(table, "slice")
    apart = Split("apart", 0, first.train[:40], first.validation, first.test, member=0)
    fitted = fit_splits(table, [first], [apart], PreprocessingSettings(features=3), 7)
    assert fitted[apart.name].representation == fitted[first.name].representation == "both"
    assert fitted[apart.name].compared == {}


def test_the_fitted_transformation_survives_json():
    table = table_of(slices_of(20.0, 2.0))
    fitted = fit_split(table, split_of(table), PreprocessingSettings(features=3))
    assert type(fitted).from_json(fitted.to_json()).to_json() == fitted.to_json()


def test_a_relative_feature_has_a_name_and_no_unit():
    name = column_name(RELATIVE + "intensity_statistics.mean")
    assert name.title == f"{column_name('intensity_statistics.mean').title}, relative to the patient"
    assert name.unit == "none"


def test_another_representation_does_not_exist():
    with pytest.raises(ConfigError, match="within_patient"):
        PreprocessingSettings(within_patient="rank")


def test_relative_columns_come_after_the_features():
    slices = slices_of(1.0, 0.0)
    added = add_relative(slices, FEATURES)
    assert list(added.columns) == [*slices.columns, *(RELATIVE + name for name in FEATURES)]
