"""The external test set: its metrics, and that no scan of the run is in it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up_run import made_up_run
from test_model_file import small_model

from snndeep.deployment.external import OF_PROBABILITIES, check_unseen, evaluate_external
from snndeep.deployment.scoring import choose_members, score_table
from snndeep.errors import DatasetError, ModelFileError
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.learning.ranking import roc_auc
from snndeep.reporting.sheets.external import external_sheets

SETTINGS = EvaluationSettings(bootstrap=50, seed=3)


def table_of(patients: int = 8, slices: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = [(f"c{p}:{k:04d}", f"p{p}", f"c{p}", k, p % 2, 100.0, 0.0) for p in range(patients) for k in range(slices)]
    columns = ["sample", "patient", "case", "slice", "label", "organ_area_mm2", "lesion_area_mm2"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(a=rng.normal(size=len(table)) + table["label"], b=rng.normal(size=len(table)))


def test_the_metrics_are_those_of_the_scores():
    table, model = table_of(), small_model()
    members = choose_members(model, None)
    found, patients = evaluate_external(table, {"m": model}, {"m": members}, "custom", SETTINGS)
    scored = score_table(table, model, members, "custom")
    own = found["m"]
    assert own["slice"]["n"] == 48
    assert (own["patient"]["n"], own["patient"]["diseased"]) == (8, 4)
    assert own["slice"]["roc_auc"] == pytest.approx(roc_auc(table["label"].to_numpy(), scored.slice_margins))
    labels = patients["label"].to_numpy()
    assert own["patient"]["roc_auc"] == pytest.approx(roc_auc(labels, scored.patient_margins))
    assert ((patients["m"] > 0) & (patients["m"] < 1)).all()
    assert not set(OF_PROBABILITIES) & own["slice"].keys()
    again, _ = evaluate_external(table.sample(frac=1, random_state=2), {"m": model}, {"m": members}, "custom", SETTINGS)
    assert again["m"]["patient"]["roc_auc"] == own["patient"]["roc_auc"]


def test_one_class_is_undefined_and_said():
    table, model = table_of().query("label == 1"), small_model()
    found, _ = evaluate_external(table, {"m": model}, {"m": model.members}, "custom", SETTINGS)
    assert found["m"]["patient"]["roc_auc"] is None
    assert "one class only" in found["m"]["patient"]["undefined"]["roc_auc"]


def test_a_table_without_a_selected_feature_is_refused():
    model = small_model()
    with pytest.raises(ModelFileError, match="found:"):
        evaluate_external(table_of().drop(columns="b"), {"m": model}, {"m": model.members}, "custom", SETTINGS)


def test_scans_of_the_run_are_named():
    (member,), model = small_model().members, small_model()
    known = replace(member, reference=replace(member.reference, seen={"v1": "test"}))
    cases = pd.DataFrame({"case": ["x", "y"], "voxels_sha256": ["v0", "v1"]})
    check_unseen(cases, model)
    with pytest.raises(DatasetError, match="1 scans: y"):
        check_unseen(cases, replace(model, members=(known,)))


def test_the_report_has_a_row_per_model_and_says_which_was_refused():
    run = made_up_run(backends=("custom",))
    assert list(external_sheets(run)) == []
    table, model = table_of(), small_model()
    found, _ = evaluate_external(
        table, {"custom/tempotron": model}, {"custom/tempotron": model.members}, "custom", SETTINGS
    )
    found["custom/bal"] = {"refused": "no such neuron"}
    external = {"scans": 8, "skipped": {"z": "too small"}, "weak": True, "models": found}
    (sheet,) = external_sheets(replace(run, external=external))
    assert len(sheet.frame) == 1
    assert "8 patients, 4 of them diseased; 48 slices; 1 scans left out" in sheet.note
    assert "no such neuron." in sheet.note
    assert "mark no lesions" in sheet.note
