"""The words of the report: the answer, the methods, and tables, made from numbers and settings."""

import copy
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_run import made_up_run

from snndeep.backends.registry import BACKENDS
from snndeep.evaluation.arms import judge_arms
from snndeep.evaluation.comparison import Measured
from snndeep.evaluation.headline import headline as headline_numbers
from snndeep.evaluation.pairs import UNITS, compare_models, identical_networks
from snndeep.learning.registry import RULES
from snndeep.plan.configuration import complete
from snndeep.reporting.citation import PAPER_DOI, PAPER_TITLE, bibtex
from snndeep.reporting.formats import count, decimal, interval, p_value, percent, quantity, signed
from snndeep.reporting.headline import Tile, headline, strip
from snndeep.reporting.latex import escape, latex
from snndeep.reporting.machine import Release, commit_of, describe_release
from snndeep.reporting.methods import methods, used_settings
from snndeep.reporting.names import glossary, title_of
from snndeep.reporting.page import data_facts, render_page, search_facts
from snndeep.reporting.sheets.rules import rules_sheet
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
ROOT = Path(__file__).parents[2]


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
        return {"validation_roc_auc": value, "slice": unit, "patient": {**unit, "patients": 48, "null": null}}


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
    assert "(ROC-AUC) of 0.900 (95 % interval 0.800 to 1.000), better than chance" in answer[0]
    assert "random scores reach 0.500, 0.400 to 0.600" in answer[0]
    assert "80.0 % of the gap" in answer[1]
    assert "better than Logistic regression and Gradient boosting (slices)" in answer[2]
    assert "has learned something about the inside of the liver" in answer[3]
    assert "6.00 times as long" in answer[4]
    tiles = strip(study().metrics())
    assert [tile.value for tile in tiles] == ["0.900", "+0.080", "+0.100", "6.00 \N{MULTIPLICATION SIGN}"]
    assert "n = 48 patients" in tiles[0].detail
    assert tiles[2].title == "Against logistic regression"


def test_a_network_that_loses():
    answer = sentences(study(snn=0.70))
    assert "is worse than Logistic regression" in answer[2]
    assert "\N{MINUS SIGN}0.100" in answer[2]


def test_the_lies_of_an_earlier_version():
    small = sentences(study(arms=(0.8504, 0.8502, 0.85)))[1]
    assert "a gap of" in small and "more than chance explains" not in small
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
    assert [tile.value for tile in strip(study(snn=None, **{"custom/tempotron": None}, arms=None).metrics())[:3]] == [
        "undefined"
    ] * 3


def test_backends_that_differ_are_said_to_differ():
    one = study().metrics()
    one["models"]["snntorch/surrogate"]["patient"]["slice"]["roc_auc"] = 0.85
    assert "differ by at most 0.050 in ROC-AUC (Surrogate gradient)" in headline(one)[4]


def test_one_protocol_says_nothing_of_leakage():
    assert "cannot say" in sentences(study(protocols=("slice",)))[1]
    assert "undefined" in sentences(study(arms=None))[1]


NUMBER = r"([+\N{MINUS SIGN}]?\d+\.\d+)"
SIGNED = r"([+\N{MINUS SIGN}]\d+\.\d+)"
DIFFERENCE = re.compile(rf"{SIGNED} \(95 % interval {NUMBER} to {NUMBER}\), ([a-z ]+?)(?=[,;.:]|$)")


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


def check_strip(tiles: list[Tile], metrics: dict, made: Study) -> None:
    """The words below each number follow its interval, and the number is that of the sentence."""
    patient, leak, classical, _ = tiles
    network, rival = (metrics["headline"]["patient"][kind] for kind in ("network", "classical"))
    value = made.values[network] if network else None
    assert patient.value == (decimal(value) if network else "undefined")
    for tile in (leak, classical):
        words = tile.detail.rpartition(", ")[2]
        bounds = re.search(rf"95 % interval {NUMBER} to {NUMBER}", tile.detail)
        if tile.value == "undefined" or bounds is None:
            assert "more than chance explains" not in tile.detail
            continue
        low, high = number(bounds[1]), number(bounds[2])
        assert low <= number(tile.value) <= high
        assert (words == "more than chance explains") == (low > 0), tile
        assert (words == "below zero by more than chance explains") == (high < 0), tile
    if leak.value != "undefined":
        assert closest(number(leak.value), made.arms["slice"] - made.arms["apart"])
    if classical.value != "undefined":
        assert title_of(rival).lower() in classical.title
        assert closest(number(classical.value), value - made.values[rival])


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(random_studies())
def test_no_sentence_contradicts_its_numbers(made):
    metrics = made.metrics()
    answer = headline(metrics)
    text = " ".join(answer)
    check_strip(strip(metrics), metrics, made)
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
    for words, sign in (("better than chance", 1), ("worse than chance", -1)):
        assert words not in answer[0] or sign * (own - 0.5) > 0
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
    for sentence, rivals in ((answer[2], CLASSICAL), (answer[3], CONTEXT)):
        for words, sign in (("is better than", 1), ("is worse than", -1)):
            found = re.search(rf"{words} ([^;(.]*)", sentence)
            for name in rivals if found else ():
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
    assert "draws a share of" in text
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
    "preprocessing.scaler": "robust", "preprocessing.within_patient": "both", "features.feature_set": "all",
    "tuning.mode": "parity", "models.device": "cuda", "tuning.sampler": "gp", "tuning.pruner": "none",
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
    run = made_up_run(backends=("custom",), one_class_fold=True)
    rows = [{**row, "patient": row["patient"].replace("p00", HOSTILE)} for row in run.metrics["patients"]]
    pictures = [
        replace(one, chosen=replace(one.chosen, patient=one.chosen.patient.replace("p00", HOSTILE)))
        for one in run.patients
    ]
    hostile = replace(run, metrics={**run.metrics, "patients": rows}, patients=pictures)
    pages = [
        render_page(replace(results, config=c), [], [sheet(c["run"])])
        for results, c in ((hostile, dirty), (run, clean))
    ]
    for mark in ("<script", "<img", "</style", "<th", "<a "):
        assert pages[0].count(mark) == pages[1].count(mark), mark
    assert "&lt;script&gt;alert(1)" in pages[0]


def test_backends_that_agree_share_a_row():
    run = made_up_run()
    same = {rule: run.metrics["models"][f"custom/{rule}"] for rule in ("surrogate", "tempotron", "bal")}
    models = {
        name: same.get(name.split("/")[-1], own) if "/" in name else own for name, own in run.metrics["models"].items()
    }
    rows = rules_sheet(replace(run, metrics={**run.metrics, "models": models})).frame
    assert list(rows["backends"]) == ["all 3 backends"] * 3
    models["snntorch/bal"] = run.metrics["models"]["snntorch/bal"]
    rows = rules_sheet(replace(run, metrics={**run.metrics, "models": models})).frame
    own = rows[rows["rule"] == "BAL"]
    assert list(own["backends"]) == ["Custom and SpikingJelly", "snnTorch"]
    assert len(rows) == 4
    assert len(rules_sheet(run).frame) == 9


def test_no_network_is_called_chosen_where_none_could_be():
    words = "(chosen on validation data)"
    assert render_page(made_up_run(backends=("custom",)), [], []).count(words) == 1
    assert words not in render_page(made_up_run(backends=("custom",), only_class=0), [], [])


def test_the_data_and_the_search_are_counted():
    run = made_up_run(backends=("custom",))
    cases = run.cases.assign(notes=["the scan is cut"] * 2 + [""] * (len(run.cases) - 2))
    said = data_facts(replace(run, cases=cases, skipped={"x": "no organ"}))
    assert said.startswith("12 scans of 12 patients, 6 of them diseased; 72 slices, 24 of them diseased.")
    assert "Left out: 1 scans; with warnings: 2." in said
    assert search_facts(run).startswith("72 trials in 12 searches, one for each network and split; 12 of them")


def test_every_learning_rule_is_explained():
    words = glossary(list(RULES), list(BACKENDS))
    assert {"ROC-AUC", "Backend", "BAL", "Tempotron", "Surrogate gradient", "E-prop"} == set(words)
    assert "active learning" in words["BAL"]


def test_the_entries_for_a_bibliography_are_those_of_the_citation_file():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    text = bibtex("9.9")
    assert cited["preferred-citation"]["doi"] == PAPER_DOI and cited["preferred-citation"]["title"] == PAPER_TITLE
    assert cited["title"] in text and "version = {9.9}" in text
    assert text.count("@") == 4 and text.count("{") == text.count("}")


def test_the_commit_is_read_without_git(tmp_path):
    def put(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    sha = "a1" * 20
    assert commit_of(tmp_path) == ""
    put("x/.git/HEAD", "ref: refs/heads/main\n")
    assert commit_of(tmp_path / "x") == ""
    put("x/.git/packed-refs", f"# pack-refs\n{sha} refs/heads/main\n")
    assert commit_of(tmp_path / "x") == sha
    put("x/.git/refs/heads/main", "b2" * 20 + "\n")
    assert commit_of(tmp_path / "x") == "b2" * 20
    put("x/.git/worktrees/w/HEAD", f"{sha}\n")
    put("x/.git/worktrees/w/commondir", "../..\n")
    put("w/.git", f"gitdir: {tmp_path / 'x/.git/worktrees/w'}\n")
    assert commit_of(tmp_path / "w") == sha
    put("x/.git/worktrees/w/HEAD", "ref: refs/heads/main\n")
    assert commit_of(tmp_path / "w") == "b2" * 20


def test_the_date_may_be_set_for_pages_that_must_be_equal(monkeypatch, config):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert describe_release().date == "1970-01-02"
    run = made_up_run(backends=("custom",), one_class_fold=True)
    page = render_page(replace(run, config=config, origin=Release("1970-01-02", "9.9", "ab" * 20)), [], [])
    assert "Made on 1970-01-02 by SNNDeep 9.9, commit abababababab" in page
