import pandas as pd
import pytest

from snndeep.errors import DatasetError
from snndeep.samples.settings import SampleSettings
from snndeep.samples.table import Cohort, assemble, feature_names

PATIENTS = {"a1": "a", "a2": "a", "b": "b"}


def slices(lesion=(0, 30, 10, 0, 0)) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": ["b", "a2", "a2", "a1", "a1"],
            "slice": [4, 7, 6, 11, 10],
            "organ_area_mm2": 200.0,
            "lesion_area_mm2": [float(v) for v in lesion],
            "f": [5.0, 4.0, 3.0, 2.0, 1.0],
        }
    )


def test_lesions_label_slices():
    table = assemble(slices(), Cohort(PATIENTS, {"a": None, "b": None}, weak=False), SampleSettings())
    assert table["sample"].tolist() == ["a1:0010", "a1:0011", "a2:0007", "b:0004"]
    assert table["patient"].tolist() == ["a", "a", "a", "b"]
    assert table["case"].tolist() == ["a1", "a1", "a2", "b"]
    assert table["label"].tolist() == [0, 0, 1, 0], "a slice with little lesion is left out"
    assert feature_names(table) == ["f"]


def test_weak_labels_are_those_of_the_patient_on_every_slice():
    table = assemble(slices(lesion=[0] * 5), Cohort(PATIENTS, {"a": False, "b": True}, weak=True), SampleSettings())
    assert table["label"].tolist() == [0, 0, 0, 0, 1]


def test_no_slice_left():
    with pytest.raises(DatasetError, match="no usable slice"):
        assemble(slices(lesion=[5] * 5), Cohort(PATIENTS, {}, weak=False), SampleSettings())
