"""The words of the report: the answer, the methods, and tables, made from numbers and settings."""

import copy
from types import SimpleNamespace

import pandas as pd
import pytest
from made_up_run import made_up_run

from snndeep.plan.configuration import complete
from snndeep.reporting.formats import count, decimal, interval, p_value, percent, quantity, signed
from snndeep.reporting.headline import headline
from snndeep.reporting.latex import escape, latex
from snndeep.reporting.methods import methods, used_settings
from snndeep.reporting.page import render_page
from snndeep.reporting.sheets.sheet import Column, Sheet
from snndeep.reporting.sheets.training import training_sheets

KINDS = {
    "custom/surrogate": "snn", "snntorch/surrogate": "snn", "logistic": "classical", "area": "context",
    "acquisition": "context", "constant": "context",
}  # fmt: skip


def study(snn=0.85, logistic=0.80, area=0.60, leak=0.10, verdicts=None, protocols=("patient", "slice")):
    """Made-up metrics: ROC-AUC by model, `leak` more where slices are split."""
    scores = {"custom/surrogate": snn, "snntorch/surrogate": snn, "logistic": logistic, "area": area}
    scores |= {"acquisition": 0.5, "constant": 0.5}

    def values(score, extra):
        score = None if score is None else score + extra
        return {"roc_auc": score, "accuracy": score, "interval": {"roc_auc": score and [score - 0.1, score + 0.1]}}

    models = {
        name: {p: {unit: values(score, leak * (p == "slice")) for unit in ("slice", "patient")} for p in protocols}
        for name, score in scores.items()
    }

    def rival(name, score):
        difference = None if snn is None or score is None else snn - score
        said = (verdicts or {}).get(name, "better" if (difference or 0) > 0 else "worse")
        return {"model": name, "difference": difference, "interval": [-0.1, 0.2], "verdict": said}

    beside = {"classical": rival("logistic", logistic)} | {
        n: rival(n, scores[n]) for n in ("area", "acquisition", "constant")
    }
    cost = {
        f"{b}/surrogate": {p: {"seconds_per_epoch": s} for p in protocols}
        for b, s in (("custom", 0.1), ("snntorch", 0.6))
    }
    answer = {p: {unit: {"against": beside} for unit in ("slice", "patient")} for p in protocols}
    return {"models": models, "kinds": KINDS, "headline": answer, "cost": cost}


def test_a_network_that_wins():
    answer = headline(study())
    assert len(answer) == 5
    assert "split by patient" in answer[0]
    assert "0.850 (95 % interval 0.750 to 0.950)" in answer[0]
    assert "0.100 higher on average" in answer[1]
    assert "leakage" in answer[1]
    assert "beats the best classical model" in answer[2]
    assert "beats both" in answer[3]
    assert "6.00 times as long" in answer[4]


def test_a_network_that_loses():
    answer = headline(study(snn=0.70))
    assert "loses to the best classical model" in answer[2]
    assert "\N{MINUS SIGN}0.100" in answer[2]


@pytest.mark.parametrize(("snn", "words"), [(0.82, "does not clearly beat"), (0.78, "does not beat")])
def test_a_difference_that_the_data_cannot_tell(snn, words):
    answer = headline(study(snn=snn, verdicts={"logistic": "undecided"}))
    assert words in answer[2]
    assert "not told apart" in answer[2]


def test_area_alone_wins():
    answer = headline(study(snn=0.65, area=0.74))
    assert "slice area alone is ahead of every spiking network" in answer[3]
    assert "nothing about the inside" in answer[3]


def test_a_lead_over_area_that_is_not_clear_is_not_called_a_win():
    sentence = headline(study(verdicts={"area": "undecided"}))[3]
    assert "beats" not in sentence
    assert "not clearly ahead of slice area alone" in sentence


def test_no_leakage_is_not_called_leakage():
    sentence = headline(study(leak=-0.05))[1]
    assert "no gain from leakage" in sentence


def test_what_is_undefined_is_said_to_be_so():
    answer = headline(study(snn=None, area=None))
    assert len(answer) == 5
    assert "undefined" in answer[0]
    assert "undefined" in answer[1]
    assert "undefined" in answer[3]
    assert not any(bad in " ".join(answer) for bad in ("nan", "None"))


def test_one_protocol_says_nothing_of_leakage():
    answer = headline(study(protocols=("slice",)))
    assert "cannot say" in answer[1]


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
    "learning.surrogate.surrogate": "superspike", "learning.bal.surrogate": "superspike",
    "learning.surrogate.readout": "spike_count", "learning.bal.readout": "spike_count",
    "learning.surrogate.encoder": "latency", "learning.tempotron.encoder": "latency", "learning.bal.encoder": "latency",
    "dataset.source": "directory", "features.filters": [{"filter": "laplacian_of_gaussian"}],
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


def test_the_methods_name_a_setting_that_nobody_wrote_about(config):
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
        render_page(SimpleNamespace(config=c, source="phantom", metrics=study()), [], [sheet(c["run"])])
        for c in (dirty, clean)
    ]
    for mark in ("<script", "<img", "</style", "<th", "<a "):
        assert pages[0].count(mark) == pages[1].count(mark), mark
    assert "&lt;script&gt;alert(1)" in pages[0]
