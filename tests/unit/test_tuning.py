"""The search: its trials, how it resumes after an interruption, and how it treats trials that diverge."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from optuna.trial import TrialState

from snndeep.errors import ConfigError, DivergedError
from snndeep.learning.base import EpochRecord, Fit
from snndeep.learning.registry import load_rule
from snndeep.learning.shapes import widths_of
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.spikes.trains import SpikeTrains
from snndeep.training import trials
from snndeep.training.fit import merge_settings, model_seed
from snndeep.training.samplers import gp
from snndeep.training.samplers.registry import SAMPLERS
from snndeep.training.search import SearchSettings, tune_fold
from snndeep.training.strategy import PRUNERS, Strategy
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


class Climb(Hill):
    """The same in thirty epochs, so that trials can be stopped."""

    def fit(self, problem, inputs, backend, settings, seed, on_epoch):
        self.fits.append(settings)
        value = 1 - (settings.x - 0.3) ** 2 - 0.2 * (settings.kind == "b")
        for epoch in range(1, 31):
            on_epoch(EpochRecord(epoch, 0.0, value * epoch / 30, 0.0))
        return Fit({}, [], value)


def strategic(n_trials, **strategy):
    return replace(search(n_trials), strategy=Strategy(**strategy))


@pytest.mark.parametrize("pruner", PRUNERS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_strategy_goes_on_where_it_was(tmp_path, data, sampler, pruner):
    chosen = {"sampler": sampler, "pruner": pruner}
    tune_fold({"s": data}, Nothing(), Climb(), strategic(7, **chosen), trials_of(tmp_path / "j"))
    rule = Climb()
    result = tune_fold({"s": data}, Nothing(), rule, strategic(16, **chosen), trials_of(tmp_path / "j"))
    assert len(rule.fits) == 9
    at_once = tune_fold({"s": data}, Nothing(), Climb(), strategic(16, **chosen), trials_of(tmp_path / "k"))
    assert outcome(result) == outcome(at_once)
    assert len({str(trial["params"]) for trial in result["trials"]}) > 5
    stopped = any(trial["state"] == "pruned" for trial in result["trials"])
    assert stopped is (pruner != "none")


def test_samplers_differ_after_their_random_trials(tmp_path, data):
    def found(**strategy):
        finished = trials_of(tmp_path / f"{strategy}")
        return outcome(tune_fold({"s": data}, Nothing(), Hill(), strategic(14, **strategy), finished))

    default, later = found(), found(random_trials=10)
    assert default == found(sampler="tpe", random_trials=5, pruner="median")
    assert default[:5] == later[:5] == found(sampler="gp")[:5]
    assert default != later
    assert found(sampler="random")[:10] == later[:10]
    assert len({str(found(sampler=sampler)) for sampler in SAMPLERS}) == len(SAMPLERS)


def test_a_sampler_whose_packages_are_missing_says_so(monkeypatch):
    monkeypatch.setattr(gp, "find_spec", lambda name: None if name == "torch" else name)
    with pytest.raises(ConfigError, match=r"(?s)packages of this sampler.*no torch"):
        Strategy(sampler="gp").new_sampler(1)


@pytest.mark.parametrize("wrong", [{"sampler": "cmaes"}, {"pruner": "asha"}, {"random_trials": 0}])
def test_an_unknown_strategy_is_refused(wrong):
    with pytest.raises(ConfigError, match=f"tuning.{next(iter(wrong))}"):
        Strategy(**wrong)


def test_every_trial_is_read_and_compared_once(tmp_path, data, monkeypatch):
    """So that the work of the storage grows with the number of trials, and not with its square."""
    compared = []
    checked = trials._checked
    monkeypatch.setattr(trials, "_checked", lambda trial, name: compared.append(trial.number) or checked(trial, name))
    tune_fold({"s": data}, Nothing(), Hill(), strategic(60, sampler="random"), trials_of(tmp_path / "j"))
    assert compared == list(range(59)), "the last one is not read again"
    compared.clear()
    tune_fold({"s": data}, Nothing(), Hill(), strategic(61, sampler="random"), trials_of(tmp_path / "j"))
    assert compared == list(range(60))
