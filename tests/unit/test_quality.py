import numpy as np
import pandas as pd

from snndeep.samples.quality import duplicate_cases, feature_quality


def test_each_kind_of_weakness_is_found():
    rng = np.random.default_rng(0)
    area = rng.random(60)
    noise = rng.normal(size=60)
    table = pd.DataFrame(
        {
            "sample": [f"p:{k}" for k in range(60)], "patient": "p", "slice": range(60), "label": 0,
            "organ_area_mm2": area, "lesion_area_mm2": 0.0,
            "f.size": np.exp(area), "f.noise": noise, "f.twin": -2 * noise, "f.constant": 1.0,
            "f.holes": np.where(np.arange(60) < 7, np.nan, rng.normal(size=60)),
        }
    )  # fmt: skip
    rows = feature_quality(table, [["f.noise", "f.size"], ["f.noise"]], 0.98).set_index("feature")
    assert rows["constant"].to_dict() == {n: n == "f.constant" for n in rows.index}
    assert rows["redundant"].to_dict() == {n: n == "f.twin" for n in rows.index}
    assert rows.loc["f.size", "area_correlation"] == 1.0
    assert abs(rows.loc["f.noise", "area_correlation"]) < 0.4
    assert np.isnan(rows.loc["f.constant", "area_correlation"])
    assert rows["missing"].to_dict() == {n: 7 if n == "f.holes" else 0 for n in rows.index}
    assert rows["selected"].to_dict() == {"f.size": 1, "f.noise": 2, "f.twin": 0, "f.constant": 0, "f.holes": 0}


def test_scans_that_are_the_same_are_found_whatever_they_are_called():
    cases = {"a": [1.0, 2.0], "b": [1.0, 2.5], "c": [1.0, 2.0], "d": [1.0], "e": [1.0, 2.5]}
    table = pd.DataFrame(
        [
            {"sample": f"{case}:{k}", "patient": case, "case": case, "slice": k, "label": 0, "organ_area_mm2": 100.0,
             "lesion_area_mm2": 0.0, "glcm.energy": value}
            for case, values in cases.items() for k, value in enumerate(values)
        ]
    )  # fmt: skip
    assert duplicate_cases(table) == [["a", "c"], ["b", "e"]]
    assert duplicate_cases(table[table["case"].isin(["a", "b", "d"])]) == []
