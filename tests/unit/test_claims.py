"""What the papers claim, beside what was measured."""

import numpy as np
import pytest

from snndeep.evaluation.claims import claims
from snndeep.evaluation.comparison import Measured

KINDS = {"custom/bal": "snn", "snntorch/bal": "snn", "spikingjelly/bal": "snn", "logistic": "classical"}


def run(
    accuracy: dict[str, float],
    seconds: dict[str, float],
    source: str = "phantom",
    validation: float = 0.99,
    identical=False,
):
    def summary(name):
        unit = {"accuracy": accuracy[name], "roc_auc": accuracy[name], "pr_auc": 0.9,
                "interval": {"accuracy": [0.5, 1.0], "pr_auc": [0.8, 1.0]}}  # fmt: skip
        folds = [{"slice": {"validation": {"accuracy": validation}}}]
        own = {"slice": unit, "patient": unit, "folds": folds, "validation_roc_auc": accuracy[name]}
        return dict.fromkeys(("patient", "slice"), own)

    models = {name: summary(name) for name in KINDS}
    noise = np.random.default_rng(0).normal(0, 0.001, 199)
    compared = {
        (name, protocol, "slice", "accuracy"): Measured(
            value, value + noise * (k + 1), np.array([value, value + 0.01 * k])
        )
        for k, (name, value) in enumerate(accuracy.items())
        for protocol in ("patient", "slice")
    }
    cost = {name: {"patient": {"seconds_per_epoch": s}} for name, s in seconds.items()}
    networks = [name for name, kind in KINDS.items() if kind == "snn"]
    same = {p: {n: n for n in networks} for p in ("patient", "slice")}
    if identical:
        same = {p: dict.fromkeys(networks, networks[0]) for p in same}
    return claims(models, KINDS, compared, same, cost, source)


AHEAD = {"custom/bal": 0.95, "snntorch/bal": 0.9, "spikingjelly/bal": 0.85, "logistic": 0.99}
FASTER = {"custom/bal": 1.0, "snntorch/bal": 10.0, "spikingjelly/bal": 5.0}


def test_a_claim_that_holds_and_one_that_does_not():
    ahead_by_patient, ahead_by_slice, accuracy, time = run(AHEAD, FASTER)
    for claim in (ahead_by_patient, ahead_by_slice):
        assert claim["holds"] == "yes"
        assert [m["value"] for m in claim["measured"]] == pytest.approx([0.05, 0.1])
        assert all(m["interval"][0] > 0 for m in claim["measured"])
    assert time["holds"] == "yes"
    assert [m["value"] for m in time["measured"]] == [10, 5]
    assert accuracy["paper"] == 0.9835
    assert accuracy["holds"] == "partly"  # on validation slices, as in the paper, but not on test slices
    assert run(AHEAD, FASTER, validation=0.9)[2]["holds"] == "no"


def test_equal_accuracy_is_not_ahead():
    equal = {**AHEAD, "snntorch/bal": 0.95, "spikingjelly/bal": 0.95}
    claim = run(equal, dict.fromkeys(FASTER, 1.0))[0]
    assert claim["holds"] == "no"
    assert "ahead in 0 of 2" in claim["reason"]


def test_comparisons_of_identical_results_count_once():
    equal = dict.fromkeys(AHEAD, 0.95)
    claim = run(equal, dict.fromkeys(FASTER, 1.0), identical=True)[0]
    assert "of 1 distinct comparisons" in claim["reason"] and "equal in 1" in claim["reason"]


def test_the_second_papers_line_is_drawn_for_its_own_data_alone():
    assert len(run(AHEAD, FASTER, source="directory")) == 4
    line = run(AHEAD, FASTER, source="msd")[-1]
    assert line["paper"] == 0.970
    assert line["measured"][0]["value"] == 0.9
