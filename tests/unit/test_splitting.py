from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snndeep.errors import DatasetError
from snndeep.samples.split import Split, SplitSettings, first_member, fold_of, split_names
from snndeep.samples.splitting import make_splits, third_arm


def split_settings(protocols, folds, validation_fraction, seed, members=1):
    return SplitSettings(
        protocols=protocols, folds=folds, validation_fraction=validation_fraction, seed=seed, members=members
    )


def cohort(healthy: int, diseased: int, slices: int = 8):
    patients = np.repeat([f"p{k:03d}" for k in range(healthy + diseased)], slices)
    labels = np.zeros(patients.size, int)
    for k in range(healthy, healthy + diseased):
        labels[k * slices + slices // 2 : (k + 1) * slices] = 1
    samples = np.array([f"{p}:{k:04d}" for k, p in enumerate(patients)])
    return samples, labels, patients


@settings(max_examples=30, deadline=None)
@given(
    healthy=st.integers(5, 12), diseased=st.integers(5, 12), folds=st.integers(2, 5), seed=st.integers(0, 10**6),
)  # fmt: skip
def test_parts_are_disjoint_and_no_patient_is_on_two_sides(healthy, diseased, folds, seed):
    samples, labels, patients = cohort(healthy, diseased)
    patient_of = dict(zip(samples, patients, strict=True))
    splits = make_splits(
        samples,
        labels,
        patients,
        split_settings(("patient", "slice"), folds, 0.2, seed),
    )
    assert len(splits) == 2 * folds
    for split in splits:
        parts = [set(split.train), set(split.validation), set(split.test)]
        assert set.union(*parts) == set(samples)
        assert sum(map(len, parts)) == samples.size
        owners = [{patient_of[s] for s in part} for part in parts]
        shared = (owners[0] & owners[1]) | (owners[0] & owners[2]) | (owners[1] & owners[2])
        assert bool(shared) is (split.protocol == "slice")
    for protocol in ("patient", "slice"):
        tested = [s for split in splits if split.protocol == protocol for s in split.test]
        assert sorted(tested) == sorted(samples), "every sample is tested exactly once"


def test_folds_are_stratified():
    samples, labels, patients = cohort(20, 20)
    diseased = set(patients[labels == 1])
    for split in make_splits(samples, labels, patients, split_settings(("patient",), 4, 0.25, 1)):
        tested = {s.split(":")[0] for s in split.test}
        assert len(tested) == 10
        assert len(tested & diseased) == 5


def test_order_of_samples_changes_nothing():
    samples, labels, patients = cohort(6, 6)
    order = np.random.default_rng(0).permutation(samples.size)
    settings = split_settings(("patient", "slice"), 3, 0.2, 5)
    assert make_splits(samples, labels, patients, settings) == make_splits(
        samples[order], labels[order], patients[order], settings
    )


def test_json_round_trip():
    samples, labels, patients = cohort(4, 4)
    for split in make_splits(samples, labels, patients, split_settings(("patient",), 2, 0.3, 5)):
        assert Split.from_json(split.to_json()) == split


@pytest.mark.parametrize(
    ("healthy", "diseased", "text"), [(0, 6, "one class only"), (6, 0, "one class only"), (2, 9, "fewer")]
)
def test_cohorts_that_cannot_be_split(healthy, diseased, text):
    with pytest.raises(DatasetError, match=text):
        make_splits(*cohort(healthy, diseased), split_settings(("patient",), 3, 0.2, 5))


@settings(max_examples=20, deadline=None)
@given(members=st.integers(2, 4), folds=st.integers(2, 4), seed=st.integers(0, 10**6))
def test_the_networks_of_a_fold_share_its_test_part_and_between_them_keep_the_whole_rest_for_validation(
    members, folds, seed
):
    samples, labels, patients = cohort(9, 9)
    patient_of = dict(zip(samples, patients, strict=True))
    splits = make_splits(
        samples,
        labels,
        patients,
        split_settings(("patient", "slice"), folds, 0.2, seed, members),
    )
    names = [name for protocol in ("patient", "slice") for name in split_names(protocol, folds, members)]
    assert [split.name for split in splits] == names
    for start in range(0, len(splits), members):
        own = splits[start : start + members]
        assert len({split.test for split in own}) == 1
        kept = [sample for split in own for sample in split.validation]
        assert sorted([*kept, *own[0].test]) == sorted(samples), "every sample is validated once or tested"
        for split in own:
            assert sorted([*split.train, *split.validation, *split.test]) == sorted(samples)
            owners = [{patient_of[s] for s in part} for part in (split.train, split.validation)]
            assert bool(owners[0] & owners[1]) is (split.protocol == "slice")


def test_one_network_per_fold_keeps_the_names_and_parts_that_it_had():
    assert split_names("patient", 2, 1) == ["patient_0", "patient_1"]
    assert [fold_of(name) for name in ("patient_1", "slice_0_2")] == ["patient_1", "slice_0"]
    assert [first_member(name) for name in ("patient_1", "slice_0_2", "slice_12_0")] == [
        "patient_1",
        "slice_0_0",
        "slice_12_0",
    ]
    split = make_splits(*cohort(6, 6), split_settings(("patient",), 2, 0.3, 0))[0]
    assert (split.name, split.member) == ("patient_0", None)
    assert Split.from_json(split.to_json()) == split


def test_with_fewer_patients_of_a_class_than_networks_each_draws_its_own_validation_part():
    samples, labels, patients = cohort(4, 8)
    splits = make_splits(samples, labels, patients, split_settings(("patient",), 2, 0.25, 0, 4))
    assert len(splits) == 8
    owner = dict(zip(samples, patients, strict=True))
    for fold in (0, 1):
        own = [split for split in splits if split.fold == fold]
        assert len({split.test for split in own}) == 1
        validated = [frozenset(owner[s] for s in split.validation) for split in own]
        assert len(set(validated)) > 1
        assert {len(names) for names in validated} == {2}


def test_the_third_arm_takes_the_tested_patients_out_of_training():
    samples, labels, patients = cohort(healthy=12, diseased=12)
    splits = make_splits(samples, labels, patients, split_settings(("patient", "slice"), 3, 0.25, 1))
    apart = third_arm(splits, samples, labels, patients, 1)
    owner = dict(zip(samples, patients, strict=True))
    by_slice = {split.fold: split for split in splits if split.protocol == "slice"}
    by_patient = [set(split.test) for split in splits if split.protocol == "patient"]
    assert len(apart) == 3 * 6
    for split in apart:
        source, tested = by_slice[split.fold], {owner[s] for s in split.test}
        known = {owner[s] for s in (*split.train, *split.validation)}
        out = set(patients) - known
        assert tested <= out
        assert len(out) == 4
        assert set(split.test) == {s for s in source.test if owner[s] in out}
        for part in ("train", "validation"):
            assert set(getattr(split, part)) == {s for s in getattr(source, part) if owner[s] not in out}
        assert any(set(split.test) <= test for test in by_patient)  # one network scores the group there, too
    for fold, source in by_slice.items():
        tested = sorted(s for split in apart if split.fold == fold for s in split.test)
        assert tested == sorted(source.test)
    assert third_arm(splits, samples, labels, patients, 1) == apart
    assert third_arm([s for s in splits if s.protocol == "slice"], samples, labels, patients, 1) == []


def test_repeats_bring_new_folds_under_new_numbers():
    samples, labels, patients = cohort(healthy=6, diseased=6)
    chosen = split_settings(("patient", "slice"), 3, 0.25, 1)
    once = make_splits(samples, labels, patients, chosen)
    twice = make_splits(samples, labels, patients, replace(chosen, repeats=2))
    for protocol in ("patient", "slice"):
        first, both = ([s for s in made if s.protocol == protocol] for made in (once, twice))
        assert [s.fold for s in both] == list(range(6))
        assert both[:3] == first
        assert {s.test for s in both[3:]} != {s.test for s in first}
        assert sorted(s for split in both[3:] for s in split.test) == sorted(samples)
