"""Every figure on made-up runs of all shapes: it is drawn, in its words and in its look."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up_run import made_up_run
from matplotlib import pyplot as plt
from matplotlib.text import Text
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_curve, roc_auc_score

from snndeep.evaluation import curves
from snndeep.reporting.figures import (
    confusion,
    importance,
    learning,
    protocols,
    slices,
    spikes,
    tuning,
)
from snndeep.reporting.figures.calibration import expected_error, reliability_table
from snndeep.reporting.figures.catalogue import catalogue
from snndeep.reporting.figures.style import LEAST_CONTRAST, WIDTH, ink, style
from snndeep.reporting.lookup import chosen_of_each_rule
from snndeep.reporting.page import make_report
from snndeep.training.setting_importance import setting_importance

pytestmark = pytest.mark.slow

RUNS = {
    "all": {},
    "one model": {"backends": ("snntorch",), "rules": ("surrogate",), "protocols": ("patient",), "insight": False},
    "tempotron alone": {"backends": ("custom",), "rules": ("tempotron",), "protocols": ("slice",)},
    "without custom": {"backends": ("snntorch", "spikingjelly"), "folds": 1, "trials": 1},
    "several networks to a fold": {"backends": ("custom",), "rules": ("surrogate", "bal"), "members": 3},
    "a fold of one class": {"backends": ("custom",), "one_class_fold": True},
    "healthy alone": {"backends": ("custom",), "rules": ("surrogate", "bal"), "only_class": 0},
    "a long search": {"backends": ("custom",), "rules": ("surrogate", "tempotron"), "trials": 50},
    "native mode": {"backends": ("custom", "snntorch"), "rules": ("bal",), "native": True, "folds": 5, "patients": 60},
}
ALL = {
    "leakage_gap", "curves", "patients", "confusion", "calibration", "learning_curves", "label_curve", "search_history",
    "setting_importance", "cost", "training_time",
}  # fmt: skip
VIEW = {"slices", "raster", "firing_rates", "permutation_importance"}


@pytest.fixture(scope="module", params=RUNS)
def drawn(request):
    """All figures of a run, by name."""
    with style("colorblind"), plt.rc_context({"figure.max_open_warning": 0}):
        found = {one.name: one for one in catalogue(made_up_run(**RUNS[request.param]))}
        for one in found.values():
            one.figure.canvas.draw()
        yield request.param, found
    plt.close("all")


def test_a_run_has_the_figures_that_it_has_data_for(drawn):
    run, found = drawn
    missing = {
        "one model": {"label_curve", "slices", "firing_rates", "permutation_importance"},
        "tempotron alone": {"label_curve"},
        "a long search": {"label_curve"},
        "without custom": {"setting_importance"},
        "healthy alone": {"curves"},
    }
    rules = RUNS[run].get("rules", ("surrogate", "tempotron", "bal"))
    views = {one.network.split("/")[1] for one in found.values() if one.network}
    assert views == set(rules)
    lacking = (ALL | VIEW) - set(found)
    assert lacking == missing.get(run, set())
    others = {f"{name}_{rule}" for name in VIEW - lacking for rule in rules}
    assert set(found) - ALL - VIEW < others
    assert len(set(found) - ALL - VIEW) == (len(rules) - 1) * len(VIEW - lacking)


def test_words_are_sentences_without_gaps(drawn):
    _, found = drawn
    for one in found.values():
        assert re.fullmatch(r"[a-z_]+", one.name)
        assert one.section in {"answer", "rivals", "patients", "learning", "inside", "cost"}
        assert one.title
        assert one.caption.endswith(".")
        assert one.alt.endswith(".")
        for text in (one.title, one.caption, one.alt):
            assert not re.search(r"\b(nan|None|inf)\b", text), text
        assert re.search(r"\d", one.alt) or "undefined" in one.alt, one.alt


def letters(figure):
    """The texts of a figure that are seen, with their boxes in pixels."""
    renderer = figure.canvas.get_renderer()
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    boxes = [(text, text.get_window_extent(renderer)) for text in texts]
    hidden = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks() + axis.get_minor_ticks()
        for label, place in ((tick.label1, tick.get_loc()), (tick.label2, tick.get_loc()))
        if not min(axis.get_view_interval()) - 1e-9 <= place <= max(axis.get_view_interval()) + 1e-9 or not axes.axison
    }
    return [(text, box) for text, box in boxes if text not in hidden]


def test_letters_are_large_enough_apart_and_inside(drawn):
    _, found = drawn
    wrong = []
    for one in found.values():
        assert one.figure.get_size_inches()[0] == WIDTH
        shown = letters(one.figure)
        whole = one.figure.bbox.padded(1.5)
        for text, box in shown:
            if text.get_fontsize() < 7.5:
                wrong.append((one.name, "small", text.get_text()))
            if not (whole.contains(box.x0, box.y0) and whole.contains(box.x1, box.y1)):
                wrong.append((one.name, "outside", text.get_text()))
        for (a, box_a), (b, box_b) in itertools.combinations(shown, 2):
            width = min(box_a.x1, box_b.x1) - max(box_a.x0, box_b.x0)
            height = min(box_a.y1, box_b.y1) - max(box_a.y0, box_b.y0)
            if width > 1.5 and height > 1.5:
                wrong.append((one.name, "overlap", a.get_text(), b.get_text()))
    assert not wrong


def test_axes_that_measure_have_names(drawn):
    _, found = drawn
    for name, one in found.items():
        if name.startswith("slices"):
            continue
        assert any(axes.get_xlabel() for axes in one.figure.axes) or one.figure.get_supxlabel(), name


def test_files_are_vectors_and_the_same_every_time():
    first, second = (make_report(made_up_run(backends=("custom",), one_class_fold=True)).figures for _ in range(2))
    assert first == second
    kinds = {name.rpartition(".")[2] for name in first}
    assert kinds == {"svg", "png", "pdf"}
    for name, content in first.items():
        assert content.startswith({"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[name.rpartition(".")[2]])
    for name, svg in ((name.removesuffix(".svg"), content) for name, content in first.items() if name.endswith(".svg")):
        assert (b"<image" in svg) == name.startswith("slices")


@pytest.mark.parametrize("palette", ["colorblind", "deep", "pastel"])
def test_letters_in_colour_can_be_read(palette):
    def luminance(shade):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shade]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    with style(palette):
        assert all(1.05 / (luminance(ink(k)) + 0.05) >= LEAST_CONTRAST for k in range(10))


def test_the_gap_is_the_difference_of_the_protocols():
    table = pd.DataFrame(
        [("a/b", "slice", 0.9, 0.8, 0.95), ("a/b", "apart", 0.7, 0.6, 0.8), ("a/b", "patient", 0.6, 0.5, 0.7)],
        columns=["model", "arm", "roc_auc", "low", "high"],
    )
    assert "+0.300" in protocols.describe_gap(table)
    with style("colorblind"):
        figure = protocols.leakage_gap(table)
    assert "gap +0.300\nleak +0.200" in [text.get_text() for text in figure.findobj(Text)]


def test_the_gap_shows_one_network_of_each_rule_and_says_what_is_undefined():
    run = made_up_run(backends=("custom", "snntorch"), one_class_fold=True)
    shown = chosen_of_each_rule(run.metrics, "patient")
    table = protocols.gap_table({**run.metrics, "leakage": {}}, shown, ["patient", "slice"])
    assert sorted(set(table["model"])) == sorted(shown) and len(shown) == 3
    with style("colorblind"):
        figure = protocols.leakage_gap(table.assign(roc_auc=np.nan, low=np.nan, high=np.nan))
    assert [text.get_text() for text in figure.findobj(Text)].count("undefined") == 3
    assert "undefined" in protocols.describe_gap(table.assign(roc_auc=np.nan))


@pytest.mark.parametrize("seed", range(5))
def test_curves_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    label = np.r_[0, 1, rng.integers(0, 2, 60)]
    score = np.round(rng.normal(size=62) + label, 1)  # with ties
    judged = pd.DataFrame({"patient": np.arange(62) // 2, "label": label, "margin": score, "fold": 0})
    roc = curves.curve_band(judged, curves.roc_curve, 50, 1)
    area = np.trapezoid(roc.mean, curves.GRID)
    assert area == pytest.approx(roc_auc_score(label, score), abs=0.01)
    assert (roc.low <= roc.mean + 1e-9).mean() > 0.9
    assert (roc.low <= roc.high).all()
    assert (np.diff(roc.mean) >= -1e-12).all()

    precision = curves.curve_band(judged, curves.precision_recall_curve, 50, 1)
    exact, recall, _ = precision_recall_curve(label, score)
    for grid, value in zip(curves.GRID[1:], precision.mean[1:], strict=True):
        assert value == pytest.approx(exact[np.flatnonzero(recall >= grid - 1e-12)[-1]])
    assert precision.mean.mean() == pytest.approx(average_precision_score(label, score), abs=0.03)


def test_a_curve_leaves_folds_of_one_class_out():
    judged = pd.DataFrame(
        {
            "patient": list("aabbccdd"),
            "label": [0, 1, 0, 1, 0, 0, 0, 0],
            "margin": [0.1, 0.9, 0.2, 0.8, 5, 6, 7, 8],
            "fold": [0] * 4 + [1] * 4,
        }
    )
    band = curves.curve_band(judged, curves.roc_curve, 20, 1)
    np.testing.assert_array_equal(band.mean, np.ones(curves.GRID.size))
    assert curves.curve_band(judged[judged["fold"] == 1], curves.roc_curve, 20, 1) is None


def test_counts_of_a_confusion_matrix_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    label, called = rng.integers(0, 2, 50), rng.integers(0, 2, 50)
    row = pd.Series(
        {
            "n": 50, "diseased": label.sum(), "sensitivity": called[label == 1].mean(),
            "specificity": 1 - called[label == 0].mean(),
        }
    )  # fmt: skip
    np.testing.assert_array_equal(confusion.counts_of(row), confusion_matrix(label, called))
    absent = pd.Series({"n": 5, "diseased": 0, "sensitivity": np.nan, "specificity": 0.8})
    np.testing.assert_array_equal(confusion.counts_of(absent), [[4, 1], [0, 0]])


def test_calibration_error():
    rng = np.random.default_rng(0)
    probability = rng.random(20000)
    honest = reliability_table(probability, (rng.random(20000) < probability).astype(int), 10)
    assert expected_error(honest) < 0.02
    shy = reliability_table(np.full(100, 0.2), np.ones(100, int), 10)
    assert expected_error(shy) == pytest.approx(0.8)
    assert len(reliability_table(np.array([0.0, 1.0]), np.array([0, 1]), 10)) == 2


def test_networks_are_chosen_on_validation_slices():
    run = made_up_run(backends=("custom",), one_class_fold=True)
    rows = run.table[(run.table["protocol"] == "patient") & (run.table["unit"] == "slice")].set_index("model")
    values = rows.loc[list(run.modes), "validation_roc_auc"].sort_values(ascending=False)
    assert chosen_of_each_rule(run.metrics, "patient") == list(values.index)
    assert list(run.views) == list(values.index)
    assert run.shown_network == run.metrics["headline"]["patient"]["network"]


def test_the_best_trial_so_far_never_falls_and_skips_what_was_pruned():
    trials = tuning.trial_table(
        {"custom/bal": {"patient_0": {"trials": [{"value": v} for v in (None, 0.6, 0.5, None, 0.7)]}, "slice_0": {}}},
        "patient",
    )
    np.testing.assert_array_equal(trials["best"], [np.nan, 0.6, 0.6, 0.6, 0.7])
    assert "0.100" in tuning.describe_search(trials)


def test_labels_compare_both_choices():
    record = {
        "history": [],
        "arms": {
            arm: [{"labels": 10 * k, "validation_labels": 5, "test_auc": auc} for k, auc in ((1, 0.6), (2, last))]
            for arm, last in (("BAL", 0.8), ("random", 0.7))
        },
    }
    splits = {"patient_0": record, "slice_0": record}
    labels = learning.label_table({"custom/bal": splits, "snntorch/bal": splits}, "patient")
    assert len(labels) == 4  # identical backends are one piece of evidence
    text = learning.describe_labels(labels)
    assert "20 labelled" in text and "+0.100" in text


def test_a_feature_that_a_fold_did_not_select_counts_zero():
    found = importance.loss_table(
        {
            "patient_0": {"features": {"a.x": [0.2, 0.4], "a.y": [0.2, 0.2]}},
            "patient_1": {"features": {"a.y": [0.2, 0.2]}},
            "patient_2": {"undefined": "one class"},
        },
        "features",
    )
    assert found["name"].tolist() == ["a.y", "a.x"]
    assert found["mean"].tolist() == pytest.approx([0.2, 0.15])
    assert found["splits"].tolist() == [2, 1]
    assert importance.readable("glcm.joint_entropy") == "GLCM: joint entropy"


def test_the_setting_that_decides_a_search_comes_out_first():
    rng = np.random.default_rng(1)
    studies = []
    for offset in (0.0, 0.3):
        trials = []
        for k in range(15):
            params = {"learning_rate": float(10 ** rng.uniform(-3, -1)), "beta": float(rng.uniform(0.5, 0.98))}
            value = None if k == 3 else offset + 0.1 * np.log10(params["learning_rate"]) + 0.001 * params["beta"]
            trials.append({"params": params, "value": value})
        studies.append({"trials": trials})
    space = {"learning_rate": {"low": 0.001, "high": 0.1, "log": True}, "beta": {"low": 0.5, "high": 0.98}}
    shares = setting_importance(studies, space, 1)
    assert shares["learning_rate"] > 0.8
    assert sum(shares.values()) == pytest.approx(1)
    assert setting_importance(studies, space, 1) == shares
    assert setting_importance([{"trials": studies[0]["trials"][:5]}], space, 1) == {}


def test_the_slice_farthest_on_the_wrong_side_is_named():
    run = made_up_run(backends=("custom",), one_class_fold=True)
    assert "slice 3 of p0" in slices.describe_slices(run.views[run.shown_network].pictures)
    right = [p for p in run.views[run.shown_network].pictures if p.chosen.kind != "worst"]
    assert "even the worst" in slices.describe_slices(right)


def test_the_raster_tells_the_class_of_its_only_sample():
    run = made_up_run(backends=("custom",), one_class_fold=True)
    own = {
        key: values[:1] for key, values in spikes.traces_of(run.views[run.shown_network].traces, run.splits[0]).items()
    }
    with style("colorblind"):
        figure = spikes.raster(own, [1])
    assert figure.axes[0].get_title() == "diseased slice"


def test_a_figure_leaves_the_run_as_it_is():
    run = made_up_run(backends=("custom",), one_class_fold=True)
    before = run.table.copy()
    with style("colorblind"):
        for one in catalogue(replace(run)):
            plt.close(one.figure)
    pd.testing.assert_frame_equal(run.table, before)
