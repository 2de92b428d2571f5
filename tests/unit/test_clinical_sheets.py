"""What checklists ask: precision, lesion size, net benefit, stability."""

from dataclasses import replace

import numpy as np
import pytest
from made_up_run import made_up_run

from snndeep.evaluation.net_benefit import net_benefit
from snndeep.reporting.sheets.clinical import auc_error, clinical_sheets, selection_overlap, wilson

pytestmark = pytest.mark.slow


def test_net_benefit_of_a_case_worked_by_hand():
    labels, probability = np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.3, 0.6, 0.2, 0.1])
    assert net_benefit(labels, probability, 0.5) == pytest.approx(1 / 5 - 1 / 5)
    assert net_benefit(labels, probability, 0.25) == pytest.approx(2 / 5 - 1 / 5 / 3)
    assert net_benefit(labels, np.ones(5), 0.4) == pytest.approx(2 / 5 - 3 / 5 * 0.4 / 0.6)


def test_the_standard_error_of_a_roc_auc_is_that_of_simulated_patients():
    rng = np.random.default_rng(0)
    aucs = []
    for _ in range(400):
        sick, well = rng.normal(1.19, 1, 20), rng.normal(0, 1, 30)  # a ROC-AUC of 0.8
        aucs.append((sick[:, None] > well).mean())
    assert np.mean(aucs) == pytest.approx(0.8, abs=0.01)
    assert auc_error(0.8, 20, 30) == pytest.approx(np.std(aucs), rel=0.15)


def test_wilson_on_known_values():
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 5)[0] == 0.0 and wilson(5, 5)[1] == 1.0


def test_overlap_of_selections():
    assert selection_overlap([["a", "b"], ["b", "c"]]) == pytest.approx(1 / 3)
    assert selection_overlap([["a"]]) is None


def test_the_sheets_of_a_run():
    run = made_up_run()
    run = replace(run, config={**run.config, "dataset": {"labels": {"lesion": [2]}}})
    sheets = {sheet.name: sheet for sheet in clinical_sheets(run)}
    assert set(sheets) == {"checklist", "lesion_size", "net_benefit"}
    assert sheets["lesion_size"].frame["patients"].sum() == 6
    assert "not for diagnosis" in sheets["checklist"].frame["value"].iloc[0]
    assert len(sheets["net_benefit"].frame) == 19
    for sheet in sheets.values():
        assert sheet.rows()
