"""The search: its trials, how it resumes after an interruption, and how it treats trials that diverge."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from optuna.trial import TrialState

from snndeep.errors import DivergedError
from snndeep.learning.base import EpochRecord, Fit
from snndeep.learning.registry import load_rule
from snndeep.learning.shapes import widths_of
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.spikes.trains import SpikeTrains
from snndeep.training.fit import merge_settings, model_seed
from snndeep.training.search import SearchSettings, tune_fold
from snndeep.training.trials import FinishedTrials, open_journal


@dataclass(frozen=True)
class Settings:
    x: float = 0.5
    kind: str = "a"


class Hill:
    """A rule whose result is a known function of its settings; diverges beyond x = 0.9."""

    name = "hill"
    settings = Settings

    def __init__(self):
        self.fits = []

    def fit(self, problem, inputs, backend, settings, seed, on_epoch):
        self.fits.append(settings)
        if settings.x > 0.9:
            raise DivergedError("diverged")
        value = 1 - (settings.x - 0.3) ** 2 - 0.2 * (settings.kind == "b")
        on_epoch(EpochRecord(1, 0.0, value, 0.0))
        return Fit({}, [], value)


class Nothing:
    name = "nothing"

    def load(self, trains, dtype):
        return None


def encoded():
    trains = SpikeTrains.from_dense(np.ones((4, 1, 1), np.uint8))
    index = np.arange(4)
    parts = {"train": index[:2], "validation": index[2:3], "test": index[3:]}
    return EncodedSplit(trains, np.array(list("abcd")), np.array([0, 1, 0, 1]), np.array(list("abcd")), parts)


@pytest.fixture
def data():
    return encoded()


def search(n_trials, high=1.0):
    space = {"x": {"low": 0.0, "high": high}, "kind": {"choices": ["a", "b"]}}
    return SearchSettings({"x": 0.5, "kind": "a"}, space, n_trials, 3)


def trials_of(journal):
    return FinishedTrials(open_journal(journal), "study")


def outcome(result):
    return [(t["state"], t["value"], t["params"]) for t in result["trials"]]


def test_the_configured_settings_come_first_and_better_ones_are_found(tmp_path, data):
    rule = Hill()
    result = tune_fold({"s": data}, Nothing(), rule, search(25), trials_of(tmp_path / "j"))
    assert rule.fits[0] == Settings()
    assert len(result["trials"]) == 25
    assert result["best_value"] > 1 - (0.5 - 0.3) ** 2
    assert result["best"]["kind"] == "a"
    assert any(t["state"] == "pruned" for t in result["trials"]), "a diverging trial is pruned"


def test_a_trial_is_judged_by_the_mean_over_several_validation_parts(tmp_path, data):
    class PartDependent(Hill):
        def fit(self, problem, inputs, backend, settings, seed, on_epoch):
            fit = super().fit(problem, inputs, backend, settings, seed, on_epoch)
            return replace(fit, validation_auc=fit.validation_auc - (0.25 if seed == seeds["b"] else 0.0))

    seeds = {name: model_seed(3, Hill.name, name) for name in "ab"}
    rule = PartDependent()
    both = tune_fold({"a": data, "b": data}, Nothing(), rule, search(4, high=0.8), trials_of(tmp_path / "j"))
    alone = tune_fold({"a": data}, Nothing(), PartDependent(), search(4, high=0.8), trials_of(tmp_path / "k"))
    assert len(rule.fits) == 8
    assert rule.fits[::2] == rule.fits[1::2]
    for one, two in zip(both["trials"], alone["trials"], strict=True):
        assert one["value"] == pytest.approx(two["value"] - 0.125)


class Deeper:
    """A rule that prefers more hidden layers."""

    name = "deeper"
    settings = load_rule("surrogate").settings

    def __init__(self):
        self.seen = []

    def fit(self, problem, inputs, backend, settings, seed, on_epoch):
        self.seen.append(settings.hidden)
        return Fit({}, [], 0.5 + 0.1 * len(widths_of(settings.hidden)) + 0.01 * (settings.hidden == 4))


@pytest.mark.parametrize(("base", "first"), [(4, 4), ([4, 3], [4, 3]), ((4, 3), [4, 3])])
def test_a_list_is_searched_like_any_other_choice(tmp_path, data, base, first):
    rule = Deeper()
    settings = SearchSettings({"hidden": base}, {"hidden": {"choices": [4, [4, 3], [5]]}}, 8, 3)
    result, again = (tune_fold({"s": data}, Nothing(), rule, settings, trials_of(tmp_path / "j")) for _ in range(2))
    assert result["trials"][0]["params"] == {"hidden": first}
    assert result["best"] == {"hidden": [4, 3]}
    assert set(rule.seen) == {4, (4, 3), (5,)}
    assert len(rule.seen) == 8
    assert outcome(again) == outcome(result)
    assert merge_settings(rule, {}, result["best"]).hidden == (4, 3)


def test_more_trials_go_on_where_the_search_was(tmp_path, data):
    rule = Hill()
    tune_fold({"s": data}, Nothing(), rule, search(6), trials_of(tmp_path / "j"))
    result = tune_fold({"s": data}, Nothing(), rule, search(12), trials_of(tmp_path / "j"))
    assert len(rule.fits) == 12
    at_once = tune_fold({"s": data}, Nothing(), Hill(), search(12), trials_of(tmp_path / "k"))
    assert outcome(result) == outcome(at_once)


def test_fewer_trials_run_nothing(tmp_path, data):
    rule = Hill()
    first = tune_fold({"s": data}, Nothing(), rule, search(6), trials_of(tmp_path / "j"))
    again = tune_fold({"s": data}, Nothing(), rule, search(3), trials_of(tmp_path / "j"))
    assert len(rule.fits) == 6
    assert outcome(again) == outcome(first)[:3]


def test_an_interrupted_trial_runs_again(tmp_path, data):
    class Killed(Hill):
        def fit(self, *arguments):
            if len(self.fits) == 4:
                raise KeyboardInterrupt
            return super().fit(*arguments)

    with pytest.raises(KeyboardInterrupt):
        tune_fold({"s": data}, Nothing(), Killed(), search(8), trials_of(tmp_path / "j"))
    result = tune_fold({"s": data}, Nothing(), Hill(), search(8), trials_of(tmp_path / "j"))
    at_once = tune_fold({"s": data}, Nothing(), Hill(), search(8), trials_of(tmp_path / "k"))
    assert outcome(result) == outcome(at_once)
    assert TrialState.FAIL.name.lower() not in {t["state"] for t in result["trials"]}


def test_a_study_in_which_all_diverge_fails(tmp_path, data):
    space = {"x": {"low": 0.95, "high": 1.0}}
    wild = SearchSettings({"x": 0.99, "kind": "a"}, space, 3, 3)
    with pytest.raises(DivergedError, match="Every trial"):
        tune_fold({"s": data}, Nothing(), Hill(), wild, trials_of(tmp_path / "j"))
