"""What a finished run has written, and how damage to it is found."""

import json
import re

import numpy as np
import pandas as pd

from snndeep.store.files import write_json

MODELS = {f"{b}/{r}" for b in ("custom", "snntorch", "spikingjelly") for r in ("surrogate", "tempotron", "bal")}


def test_results_have_stable_names_and_all_models(finished):
    folder = finished.folder / "results/tiny"
    table = pd.read_csv(folder / "models.csv")
    assert set(table["model"]) >= MODELS
    assert set(table["protocol"]) == {"patient", "slice"}
    assert set(table["unit"]) == {"patient", "slice"}
    assert table["roc_auc"].between(0, 1).all()
    assert len(json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["live"]) > 20


def test_metrics_answer_and_say_what_networks_cost(finished):
    folder = finished.folder / "results/tiny"
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert {name for name, kind in metrics["kinds"].items() if kind == "snn"} == MODELS == set(metrics["cost"])
    for name, kind in metrics["kinds"].items():
        for protocol in ("patient", "slice"):
            own = metrics["models"][name][protocol]
            units = [
                own["slice"],
                own["patient"],
                *(fold[unit] for fold in own["folds"] for unit in ("slice", "patient")),
            ]
            for values in units:
                missing = {metric for metric in metrics["metrics"] if values[metric] is None}
                assert missing == set(values["undefined"]), (name, protocol)
            if kind == "snn":
                cost = metrics["cost"][name][protocol]
                assert 0 < cost["synaptic_operations"] <= cost["dense_operations"]
                assert cost["seconds_per_epoch"] > 0
                assert cost["tuning_seconds"] > 0
    for protocol in ("patient", "slice"):
        for unit in ("slice", "patient"):
            answer = metrics["headline"][protocol]
            rivals = {name for name, kind in metrics["kinds"].items() if kind != "snn"}
            assert answer["network"] in MODELS
            assert set(answer[unit]["against"]) == rivals
    assert len(metrics["claims"]) == 4
    cost = pd.read_csv(folder / "cost.csv").set_index(["model", "protocol"])
    comparisons = pd.read_csv(folder / "comparisons.csv")
    assert len(cost) == 2 * len(MODELS)
    assert len(comparisons) == len(metrics["comparisons"])
    assert cost.loc[("custom/bal", "patient"), "energy_pj"] == metrics["cost"]["custom/bal"]["patient"]["energy_pj"]


def test_the_report_is_self_contained_and_says_that_data_are_synthetic(finished):
    page = (finished.folder / "results/tiny/report.html").read_text(encoding="utf-8")
    assert page.count("Synthetic data") >= 2
    assert page.count('src="data:image/svg+xml;base64,') >= 6
    for forbidden in ('src="http', "<script src", "@import"):
        assert forbidden not in page
    assert not re.search(r'<link[^>]+href="http', page)


def test_the_same_run_elsewhere_gives_the_same_bytes(finished, fresh):
    fresh.config["models"] = {"backends": ["custom"], "rules": ["tempotron", "surrogate"]}
    fresh.run("--quiet", "rules", "--cores", "1")
    files = sorted((fresh.folder / "work").glob("train/*/*.npz")) + sorted(
        (fresh.folder / "work").glob("spikes/*/*.npz")
    )
    assert len(files) > 8
    for path in files:
        other = finished.folder / path.relative_to(fresh.folder)
        assert other.read_bytes() == path.read_bytes(), path.name


def test_tuned_values_are_what_training_used(finished):
    (path,) = (finished.folder / "work/tune").glob("*/custom.surrogate.json")
    tuned = json.loads(path.read_text(encoding="utf-8"))
    (path,) = (finished.folder / "work/train").glob("*/custom.surrogate.record.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert set(tuned) == {"patient_0", "patient_1", "slice_0", "slice_1"}
    for split, study in tuned.items():
        assert study["best"].items() <= record[split]["settings"].items()


def test_backends_agree(finished):
    scores = {}
    for backend in ("custom", "snntorch", "spikingjelly"):
        (path,) = (finished.folder / "work/train").glob(f"*/{backend}.surrogate.scores.npz")
        with np.load(path, allow_pickle=False) as arrays:
            scores[backend] = arrays["patient_0/test.scores"]
    for backend in ("snntorch", "spikingjelly"):
        np.testing.assert_allclose(scores[backend], scores["custom"], atol=1e-3)


def test_verify_passes_on_an_intact_store(project):
    assert "files are as they were written" in project.run("verify", "--quiet", "rules")


def test_a_flipped_byte_is_found_and_named(project):
    (path,) = (project.folder / "work").glob("samples/*/samples.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    output = project.fails("verify", "--quiet", "rules")
    assert path.relative_to(project.folder).as_posix() in output
    assert "snakemake --cores 1 --force" in output

    project.config["preprocessing"]["features"] = 6
    output = project.fails("--quiet", "rules")
    assert "its bytes are not those that were written" in output


def test_a_damaged_scan_is_found_and_rebuilt(project):
    scan = sorted((project.folder / "work").glob("data/*/imagesTr/*.nii.gz"))[0]
    content = bytearray(scan.read_bytes())
    original = bytes(content)
    content[100] ^= 1
    scan.write_bytes(content)
    output = project.fails("verify", "--quiet", "rules")
    assert scan.name in output
    manifest = next(iter(sorted((project.folder / "work").glob("data/*/*.json"))))
    project.run("--force", manifest.relative_to(project.folder).as_posix(), "--quiet", "rules")
    assert scan.read_bytes() == original
    project.run("verify", "--quiet", "rules")


def test_prune_keeps_what_is_live_and_removes_the_rest(project):
    stale = project.folder / "work/spikes/0123456789ab"
    write_json(stale / "x.json", 1, {"stage": "spikes", "address": stale.name})
    notes = project.folder / "work/spikes/202401151230/notes.txt"
    notes.parent.mkdir()
    notes.write_text("mine")
    assert "left 1 younger than 1 h" in project.run("prune", "--quiet", "rules")
    project.config["prune"] = {"min_age_hours": 0}
    assert "nothing was removed; to remove them" in project.run("prune", "--quiet", "rules")
    assert stale.exists()
    project.config["prune"] = {"min_age_hours": 0, "yes": True}
    output = project.run("prune", "--quiet", "rules")
    assert "removed spikes/0123456789ab" in output
    assert "removed 1 folders" in output
    assert not stale.exists()
    assert notes.read_text() == "mine"
    assert project.planned() == {}
