"""The demo as it is shipped: its data are as hard as they should be, and every model learns from them."""

import pandas as pd
import pytest
import yaml
from conftest import ROOT, checkout

pytestmark = pytest.mark.xdist_group("demo")  # one run serves all tests

SNN = [f"{b}/{r}" for b in ("custom", "snntorch", "spikingjelly") for r in ("surrogate", "tempotron", "bal")]


@pytest.fixture(scope="module")
def auc(tmp_path_factory):
    """Slice ROC-AUC by model and protocol."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    project = checkout(tmp_path_factory.mktemp("demo") / "demo", config)
    project.run("--quiet", "rules")
    table = pd.read_csv(project.folder / "results/demo/models.csv")
    return table[table["unit"] == "slice"].pivot(index="model", columns="protocol", values="roc_auc")


def test_the_synthetic_data_are_neither_too_easy_nor_too_hard(auc):
    logistic = auc.loc["logistic"]
    assert 0.75 <= logistic["patient"] <= 0.93
    assert logistic["slice"] >= logistic["patient"] + 0.03, "patients are recognisable"


@pytest.mark.parametrize("bar", ["area", "acquisition"])
def test_size_and_scanner_do_not_give_the_answer_away(auc, bar):
    assert auc.loc[bar, "patient"] < 0.65


@pytest.mark.parametrize("model", SNN)
def test_every_combination_learns(auc, model):
    assert auc.loc[model, "patient"] >= 0.65


def test_the_best_network_keeps_up_with_logistic_regression(auc):
    assert auc.loc[SNN, "patient"].max() >= auc.loc["logistic", "patient"] - 0.03
