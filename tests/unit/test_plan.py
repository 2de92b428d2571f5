"""What the plan takes from the configuration of splits and search."""

from pathlib import Path

import pytest

import snndeep
from snndeep.plan.addressing import CodeBase
from snndeep.plan.configuration import complete
from snndeep.plan.plan import Plan

SCRIPTS = Path(snndeep.__file__).parents[1]


def plan_of(members: int, **tuning: int) -> Plan:
    return Plan(complete({"splits": {"folds": 3, "members": members}, "tuning": tuning}), CodeBase(SCRIPTS))


@pytest.mark.parametrize(("members", "parts", "judged"), [(1, 1, 1), (1, 3, 1), (4, 1, 1), (4, 3, 3), (4, 9, 4)])
def test_a_fold_is_searched_once_on_as_many_parts_as_there_are(members, parts, judged):
    plan = plan_of(members, parts=parts)
    assert len(plan.split_names) == 6 * members
    assert len(plan.searched) == 6
    assert {len(names) for names in plan.searched} == {judged}
    assert plan.searched[1][0] == ("patient_1" if members == 1 else "patient_1_0")
    assert plan.study("custom", "surrogate").config["splits"] == plan.searched


def test_workers_share_the_folds():
    plan = plan_of(4, parts=2, workers=4)
    shares = plan.tune_shares()
    assert list(shares) == ["1-of-4", "2-of-4", "3-of-4", "4-of-4"]
    assert sorted(names for share in shares.values() for names in share) == sorted(plan.searched)
    assert plan_of(4, workers=9).tune_shares().keys() == {f"{k}-of-6" for k in range(1, 7)}


def test_what_judges_a_trial_is_another_study_and_more_trials_are_not():
    base = plan_of(4, n_trials=4).study("custom", "bal").address
    assert plan_of(4, n_trials=9).study("custom", "bal").address == base
    assert plan_of(4, n_trials=4, parts=2).study("custom", "bal").address != base
