"""The words of the report: the answer, the methods, and tables, made from numbers and settings."""

import copy
import re
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_run import made_up_run

from snndeep.evaluation.arms import judge_arms
from snndeep.evaluation.comparison import Measured
from snndeep.evaluation.headline import headline as headline_numbers
from snndeep.evaluation.pairs import UNITS, compare_models, identical_networks
from snndeep.plan.configuration import complete
from snndeep.reporting.formats import count, decimal, interval, p_value, percent, quantity, signed
from snndeep.reporting.headline import headline
from snndeep.reporting.latex import escape, latex
from snndeep.reporting.methods import methods, used_settings
from snndeep.reporting.names import title_of
from snndeep.reporting.page import render_page
from snndeep.reporting.sheets.sheet import Column, Sheet
from snndeep.reporting.sheets.training import training_sheets

KINDS = {
    "custom/surrogate": "snn", "snntorch/surrogate": "snn", "custom/tempotron": "snn", "logistic": "classical",
    "boosting": "classical", "area": "context", "geometry": "context", "acquisition": "context", "constant": "context",
    "image_geometry": "joint",
}  # fmt: skip
CONTEXT = [name for name, kind in KINDS.items() if kind == "context"]
CLASSICAL = [name for name, kind in KINDS.items() if kind == "classical"]
RESAMPLES = 199


@dataclass(frozen=True)
class Study:
    """Made-up measurements, from which metrics are made by the same code as those of a run.

    Attributes:
        values: ROC-AUC of slices by model, None where undefined.
        errors: Deviation of its resamples by model.
        arms: ROC-AUC by arm, None without a third arm.
        protocols: Of the run.
        seed: Of the resamples.
    """

    values: dict[str, float | None]
    errors: dict[str, float]
    arms: dict[str, float] | None
    protocols: tuple[str, ...] = ("patient", "slice")
    seed: int = 0

    def metrics(self) -> dict:
        rng = np.random.default_rng(self.seed)
        noise = {name: rng.normal(size=RESAMPLES) for name in KINDS}
        noise["snntorch/surrogate"] = noise["custom/surrogate"]  # another backend of the same network
        measured = {
            name: Measured(
                value,
                np.full(RESAMPLES, np.nan) if value is None else value + self.errors[name] * noise[name],
                np.array([np.nan if value is None else value] * 3),
            )
            for name, value in self.values.items()
        }
        compared = {(n, p, u, "roc_auc"): m for n, m in measured.items() for p in self.protocols for u in UNITS}
        networks = [name for name, kind in KINDS.items() if kind == "snn"]
        identical = {p: identical_networks(networks, compared, p) for p in self.protocols}
        rows = compare_models(KINDS, compared, identical, dict.fromkeys(self.protocols, 0.5))
        models = {name: {p: self.summary(name) for p in self.protocols} for name in KINDS}
        arms = {}
        if self.arms:
            resampled = {arm: value + 0.02 * rng.normal(size=RESAMPLES) for arm, value in self.arms.items()}
            arms = judge_arms({"custom/surrogate": self.arms}, {"custom/surrogate": resampled})
        cost = {
            name: {p: {"seconds_per_epoch": 0.1 if name.startswith("custom") else 0.6} for p in self.protocols}
            for name in networks
        }
        answer = headline_numbers(models, KINDS, identical, rows)
        return {
            "models": models, "kinds": KINDS, "identical": identical, "comparisons": rows, "headline": answer,
            "leakage": arms, "cost": cost,
        }  # fmt: skip

    def summary(self, name: str) -> dict:
        value = self.values[name]
        unit = {"roc_auc": value, "accuracy": value, "interval": {"roc_auc": value and [value - 0.1, value + 0.1]}}
        null = {"roc_auc": 0.5, "interval": [0.4, 0.6]}
        return {"validation_roc_auc": value, "slice": unit, "patient": {**unit, "null": null}}


def study(error=0.01, arms=(0.95, 0.87, 0.85), protocols=("patient", "slice"), seed=0, **values) -> Study:
    """Return measurements in which the networks lead, unless told otherwise."""
    own = dict.fromkeys(KINDS, 0.5) | {"logistic": 0.8, "boosting": 0.78, "area": 0.6, "image_geometry": 0.82}
    own |= dict.fromkeys(("custom/surrogate", "snntorch/surrogate"), values.pop("snn", 0.9))
    own |= {"custom/tempotron": 0.7} | values
    named = dict(zip(("slice", "apart", "patient"), arms, strict=True)) if arms else None
    return Study(own, {name: 0.0 if name == "constant" else error for name in KINDS}, named, protocols, seed)


def sentences(made: Study) -> list[str]:
    return headline(made.metrics())


def test_a_network_that_wins():
    answer = sentences(study())
    assert len(answer) == 5
    assert "of 2 distinct networks, is Custom, Surrogate gradient" in answer[0]
    assert "0.900 (95 % interval 0.800 to 1.000) for slices, better than chance" in answer[0]
    assert "noise in place of its slice scores reaches 0.500, 0.400 to 0.600" in answer[0]
    assert "80.0 % of the gap" in answer[1]
    assert "better than Logistic regression and Gradient boosting (slices)" in answer[2]
    assert "has learned something about the inside of the liver" in answer[3]
    assert "6.00 times as long" in answer[4]


def test_a_network_that_loses():
    answer = sentences(study(snn=0.70))
    assert "is worse than Logistic regression" in answer[2]
    assert "\N{MINUS SIGN}0.100" in answer[2]


def test_the_lies_of_an_earlier_version():
    small = sentences(study(arms=(0.8504, 0.8502, 0.85)))[1]
    assert "The gap is" in small and "more than chance explains" not in small
    near = sentences(study(snn=0.7399, area=0.74))[3]
    assert "not told apart" in near and "is not shown that it has learned anything" in near
    below = sentences(study(snn=0.60, error=0.1, area=0.20, acquisition=0.2, geometry=0.2, image_geometry=0.9))[3]
    assert "has learned something" not in below


def test_a_network_that_beats_context_but_no_image_beyond_geometry_has_not_been_shown_to_learn():
    sentence = sentences(study(image_geometry=0.505))[3]
    assert "better than each" in sentence
    assert "not shown that it has learned anything" in sentence


def test_what_is_undefined_is_said_to_be_so():
    answer = sentences(study(**dict.fromkeys(("snn", "custom/tempotron", "area"))))
    assert len(answer) == 5
    assert "no network can be chosen" in answer[0]
    assert "undefined" in answer[3]
    assert not any(bad in " ".join(answer) for bad in ("nan", "None"))


def test_one_protocol_says_nothing_of_leakage():
    assert "cannot say" in sentences(study(protocols=("slice",)))[1]
    assert "undefined" in sentences(study(arms=None))[1]


NUMBER = r"([+\N{MINUS SIGN}]?\d+\.\d+)"
DIFFERENCE = re.compile(rf"{NUMBER} \(95 % interval {NUMBER} to {NUMBER}\), ([a-z ]+?)(?=[,;.:]|$)")


def number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


def closest(one: float, two: float, digits: int = 3) -> bool:
    return abs(one - two) <= 0.5000001 * 10**-digits


@st.composite
def random_studies(draw) -> Study:
    """Any numbers at all: near and far, tight and loose, some undefined, some equal."""
    auc = st.one_of(st.floats(0, 1), st.sampled_from([0.2, 0.5, 0.74, 0.7399, 0.7404, 0.9]))
    error = st.sampled_from([0.0, 1e-5, 0.0003, 0.01, 0.05, 0.2])
    values = {name: draw(auc) for name in KINDS}
    values["snntorch/surrogate"] = values["custom/surrogate"]
    values["constant"] = 0.5
    if draw(st.integers(0, 5)) == 0:
        values[draw(st.sampled_from(list(KINDS)))] = None
    errors = {name: draw(error) for name in KINDS}
    errors["snntorch/surrogate"] = errors["custom/surrogate"]
    arms = {arm: draw(auc) for arm in ("slice", "apart", "patient")} if draw(st.integers(0, 4)) else None
    return Study(values, errors, arms, seed=draw(st.integers(0, 1000)))


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(random_studies())
def test_no_sentence_contradicts_its_numbers(made):
    metrics = made.metrics()
    answer = headline(metrics)
    text = " ".join(answer)
    # Every difference in the text: words, interval and sign say one thing, and the digits show it.
    for value, low, high, words in DIFFERENCE.findall(text):
        value, low, high = number(value), number(low), number(high)
        assert low <= value <= high
        assert (words == "more than chance explains") == (low > 0), text
        assert (words == "below zero by more than chance explains") == (high < 0), text
        assert low <= 0 <= high or words not in ("not told apart from zero by this data", "the results are identical")
    for words in ("more than chance explains", "not told apart from zero", "the results are identical"):
        assert text.count(words) <= len(DIFFERENCE.findall(text)) + text.count("(no interval)")
    network = metrics["headline"]["patient"]["network"]
    if network is None:
        return
    own = made.values[network]
    best = max(v for name, v in made.values.items() if v is not None and KINDS[name] == "snn")
    assert own == best  # in these studies validation says what the values say
    if own is None:
        return
    # Chance.
    if "for slices, better than chance" in answer[0]:
        assert own > 0.5
    if "for slices, worse than chance" in answer[0]:
        assert own < 0.5
    # Leakage: the parts add up, and a share is given only of a gap that is there.
    if made.arms:
        parts = DIFFERENCE.findall(answer[1])
        gap, leak, more = (number(found[0]) for found in parts) if len(parts) == 3 else (None, None, None)
        if gap is not None:
            assert gap == pytest.approx(made.arms["slice"] - made.arms["patient"], abs=0.0006)
            assert leak == pytest.approx(made.arms["slice"] - made.arms["apart"], abs=0.0006)
            assert leak + more == pytest.approx(gap, abs=0.002)
        if "% of the gap" in answer[1]:
            share = number(re.search(r"([\d.]+) % of the gap", answer[1])[1])
            assert 0 < share <= 100
            assert made.arms["slice"] > made.arms["apart"] >= made.arms["patient"] - 1e-9
    # Other models: whoever is said to be ahead or behind is.
    for words, sign in (("is better than", 1), ("is worse than", -1)):
        found = re.search(rf"{words} ([^;(]*)", answer[2])
        for name in CLASSICAL if found else ():
            if title_of(name) in found[1]:
                assert sign * (own - made.values[name]) > 0
    # What was learned: only above every model without the image, chance among them, and with the image above geometry.
    if "has learned something" in answer[3]:
        assert all(own > made.values[name] for name in CONTEXT)
        assert made.values["image_geometry"] > made.values["geometry"]
        verdicts = metrics["headline"]["patient"]["slice"]
        assert all(verdicts["against"][name]["interval"][0] > 0 for name in CONTEXT)
        assert verdicts["image"]["interval"][0] > 0
    assert "nothing" not in answer[3].replace("see nothing of the inside", "")
    # It is said, or not shown, or undefined, and never two of them.
    assert ("has learned something" in answer[3]) + ("not shown" in answer[3]) + ("undefined" in answer[3]) == 1


def test_numbers_have_one_format():
    assert decimal(0.12345) == "0.123"
    assert decimal(None) == decimal(float("nan")) == percent(None) == signed(None) == "undefined"
    assert signed(-0.5) == "\N{MINUS SIGN}0.500"
    assert interval(None, 1.0) == ""
    assert count(12345) == "12\N{NARROW NO-BREAK SPACE}345"
    assert [quantity(v) for v in (0, 0.0012345, 12.345, 999.6)] == [
        "0",
        "0.00123",
        "12.3",
        "1\N{NARROW NO-BREAK SPACE}000",
    ]
    assert p_value(0.0001) == "< 0.001"


def sheet(name: str) -> Sheet:
    frame = pd.DataFrame({"case": [name], "value": [0.123456789]})
    columns = (Column("case", "case"), Column("value", "50 % & more", decimal, lambda row: "a to b", numeric=True))
    return Sheet("made_up", name, "data", frame, columns)


def test_latex_has_rules_and_no_commands_from_text():
    text = latex(sheet(r"\input{secret} 100% a_b #1 $x$ ~^"))
    assert r"\input" not in text
    assert r"\textbackslash{}input\{secret\} 100\% a\_b \#1 \$x\$" in text
    assert r"\toprule" in text and r"\bottomrule" in text
    assert r"50 \% \& more" in text
    assert "0.123 (a to b)" in text
    assert text.count(r" \\") == 2
    assert escape("a\\\nb") == r"a\textbackslash{} b"


def test_csv_keeps_full_precision():
    assert "0.123456789" in sheet("x").csv()


@pytest.mark.parametrize("members", [1, 3])
def test_the_search_table_counts_the_trials_of_all_networks(members):
    found = {one.name: one for one in training_sheets(made_up_run(folds=2, members=members, trials=6))}
    assert set(found["search"].frame["trials"]) == {2 * members * 6}
    assert found["search"].frame["best"].notna().all()


def test_the_methods_say_how_several_networks_share_a_fold(config):
    other = {**config, "splits": {**config["splits"], "members": 4}}
    (text,) = (paragraph.text for paragraph in methods(other) if paragraph.title == "Splits")
    assert "divided into 4 parts" in text
    assert "a share of" not in text
    assert "Further settings" not in text


@pytest.fixture(scope="module")
def config():
    full = complete({"tuning": {"mode": "native"}, "learning": {"bal": {"encoder": "rate"}}})
    return full | {"dataset": {key: full["dataset"][key] for key in ("source", "labels", "phantom")}}


def changed(value):
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return 0.9 * value if value else 0.05
    if isinstance(value, list):
        if not value:
            return ["another"]
        numbers = all(isinstance(item, int | float) for item in value)
        return [changed(item) for item in value] if numbers else value[:-1] if len(value) > 1 else [*value, *value]
    if isinstance(value, dict):
        return {key: changed(item) for key, item in value.items()}
    return f"{value}x"


NAMES = {  # settings whose values are names: another one that exists
    "preprocessing.scaler": "robust", "features.feature_set": "all", "tuning.mode": "parity",
    "models.device": "cuda", "tuning.sampler": "gp", "tuning.pruner": "none",
    "learning.surrogate.surrogate": "superspike", "learning.bal.surrogate": "superspike",
    "learning.surrogate.readout": "spike_count", "learning.bal.readout": "spike_count",
    "learning.surrogate.encoder": "latency", "learning.tempotron.encoder": "latency", "learning.bal.encoder": "latency",
    "dataset.source": "directory", "dataset.labels.ignore": [7],
    "features.filters": [{"filter": "laplacian_of_gaussian"}],
}  # fmt: skip


def test_the_methods_name_every_setting_in_use(config):
    before = methods(config)
    for name, value in used_settings(config).items():
        other = copy.deepcopy(config)
        *path, last = name.split(".")
        section = other
        for key in path:
            section = section[key]
        section[last] = NAMES.get(name, changed(value))
        # An adaptation that is off makes its decay idle; the text may leave it out.
        if not name.endswith("adaptation_decay"):
            assert methods(other) != before, name


def test_the_methods_of_the_study_name_its_archive(config):
    dataset = {"source": "msd", "labels": config["dataset"]["labels"], "msd": {"md5": "abc123"}, "cases": ["a", "b"]}
    text = methods({**config, "dataset": dataset})[0].text
    assert "2 labelled scans of Task03_Liver" in text
    assert "abc123" in text


def test_the_methods_list_a_setting_that_no_sentence_mentions(config):
    other = {**config, "splits": {**config["splits"], "shuffle_twice": 3}, "novelty": {"depth": 4}}
    text = " ".join(paragraph.text for paragraph in methods(other))
    assert "splits.shuffle_twice = 3" in text
    assert "novelty.depth = 4" in text


def test_the_methods_leave_out_what_is_not_in_use(config):
    other = copy.deepcopy(config)
    other["models"]["rules"] = ["tempotron"]
    other["tuning"]["mode"] = "parity"
    text = " ".join(paragraph.text for paragraph in methods(other))
    assert "Rate coding" not in text
    assert "active learning" not in text
    assert "native mode" not in text


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;</style>"


def test_no_text_becomes_markup(config):
    dirty = {**config, "run": HOSTILE, "report": {"title": HOSTILE, "palette": "deep"}}
    clean = {**config, "run": "x", "report": {"title": "x", "palette": "deep"}}
    pages = [
        render_page(SimpleNamespace(config=c, source="phantom", metrics=study().metrics()), [], [sheet(c["run"])])
        for c in (dirty, clean)
    ]
    for mark in ("<script", "<img", "</style", "<th", "<a "):
        assert pages[0].count(mark) == pages[1].count(mark), mark
    assert "&lt;script&gt;alert(1)" in pages[0]
