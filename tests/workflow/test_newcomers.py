"""A newcomer to each family needs one module and one line of a registry, and goes all the way from configuration to export.

The toys under `tests/toys` are put into a checkout of their own: a backend in numpy, a learning rule without spiking layers,
an encoder and a feature family.
"""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest
import yaml
from conftest import ROOT, TINY, checkout
from test_prediction import command, scan

TOYS = ROOT / "tests/toys"
MEMBERS = {  # toy: where its module goes, the registry, and its line
    "backend.py": (
        "backends/toy_backend.py",
        "backends/registry.py",
        "BACKENDS = {\n",
        '    "toy_backend": "snndeep.backends.toy_backend",\n',
    ),
    "learning_rule.py": (
        "learning/toy_rule.py",
        "learning/registry.py",
        "RULES = {\n",
        '    "toy_rule": "snndeep.learning.toy_rule",\n',
    ),
    "encoder.py": (
        "spikes/encoders/toy_encoder.py",
        "spikes/encoders/registry.py",
        "ENCODERS = {\n",
        '    "toy_encoder": "snndeep.spikes.encoders.toy_encoder",\n',
    ),
    "feature_family.py": (
        "radiomics/toy_family.py",
        "radiomics/families.py",
        "FAMILIES = {\n",
        '    "toy_family": "snndeep.radiomics.toy_family",\n',
    ),
}
CONFIG = {
    **TINY,
    "run": "toys",
    "dataset": {**TINY["dataset"], "cases_per_job": 12},
    "features": {"patient_features": False, "families": ["intensity_statistics", "toy_family", "glcm"]},
    "splits": {"folds": 2, "protocols": ["patient"]},
    "models": {"backends": ["custom", "toy_backend"], "rules": ["surrogate", "toy_rule"]},
    "learning": {
        "surrogate": {"encoder": "toy_encoder", "hidden": 8, "epochs": 2},
        "toy_rule": {"encoder": "toy_encoder", "epochs": 3, "steepness": 7.25},
    },
    "encoders": {"toy_encoder": {"levels": 5}},
}


def add_toys(library):
    """Put the toys' modules into a library and their lines into its registries."""
    for toy, (module, registry, before, line) in MEMBERS.items():
        shutil.copy(TOYS / toy, library / module)
        path = library / registry
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, registry
        path.write_text(text.replace(before, before + line), encoding="utf-8")


@pytest.fixture(scope="module")
def with_toys(tmp_path_factory):
    """A checkout with the toys."""
    project = checkout(tmp_path_factory.mktemp("toys") / "project", CONFIG)
    add_toys(project.folder / "scripts/snndeep")
    return project


@pytest.fixture(scope="module")
def toys(with_toys):
    """The same with its whole pipeline run."""
    with_toys.run()
    return with_toys


def test_the_run_holds_the_newcomers(toys):
    results = toys.folder / "results/toys"
    metrics = json.loads((results / "metrics.json").read_text(encoding="utf-8"))
    networks = {f"{backend}/{rule}" for backend in ("custom", "toy_backend") for rule in ("surrogate", "toy_rule")}
    assert networks <= set(metrics["models"])
    (table,) = (toys.folder / "work/samples").glob("*/samples.parquet")
    columns = pd.read_parquet(table)
    pd.testing.assert_series_equal(
        columns["toy_family.mean"], 2 * columns["intensity_statistics.mean"], check_names=False
    )
    report = (results / "report.html").read_text(encoding="utf-8")
    for words in ("Toy engine, Toy rule", "Toy coding: steps 4, levels 5.", "steepness 7.25", "toy family"):
        assert words in report, words


def test_the_toy_engine_computes_what_the_custom_one_does(toys):
    patients = pd.read_csv(toys.folder / "results/toys/patients.csv")
    for rule in ("surrogate", "toy_rule"):
        ours, theirs = (
            patients[patients["model"] == f"{backend}/{rule}"]["score"].to_numpy()
            for backend in ("toy_backend", "custom")
        )
        assert ours == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize("model", ["toy_backend.toy_rule", "toy_backend.surrogate", "custom.toy_rule"])
def test_a_newcomer_predicts(toys, tmp_path, model):
    file = toys.folder / f"results/toys/models/{model}.npz"
    done = command(toys, "predict", *scan(toys, "phantom_000"), file, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Toy" in (tmp_path / "prediction.html").read_text(encoding="utf-8")


def test_a_rule_without_a_form_in_nir_says_so(toys, tmp_path):
    models = toys.folder / "results/toys/models"
    done = command(toys, "export", models / "toy_backend.toy_rule.npz", "--output", tmp_path)
    assert done.returncode != 0
    assert "Models of the rule toy_rule cannot be written in NIR." in done.stderr
    assert "no method `to_nir`" in done.stderr
    assert not list(tmp_path.iterdir())
    done = command(toys, "export", models / "toy_backend.surrogate.npz", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.nir"))) == 2


def test_schema_and_reference_are_made_from_the_newcomers(with_toys):
    for path in ("CITATION.cff", "docs/configuration.md", "docs/features.md"):
        (with_toys.folder / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, with_toys.folder / path)
    done = command(with_toys, "reference")
    assert done.returncode == 0, done.stderr
    schema = yaml.safe_load((with_toys.folder / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    sections = schema["properties"]
    own = sections["learning"]["properties"]["toy_rule"]["properties"]
    assert own["steepness"] == {
        "description": "Steepness of the logistic function.", "type": "number", "exclusiveMinimum": 0, "default": 8.0
    }  # fmt: skip
    assert own["encoder"]["default"] == "latency"
    assert sections["encoders"]["properties"]["toy_encoder"]["properties"]["levels"]["default"] == 3
    assert "toy_backend" in sections["models"]["properties"]["backends"]["items"]["enum"]
    assert "toy_backend" not in sections["models"]["properties"]["backends"]["default"]
    assert "toy_family" in sections["features"]["properties"]["families"]["items"]["enum"]


def test_the_conformance_suites_cover_the_newcomers(with_toys):
    """The suites of this repository, over the registries of the checkout: none of a newcomer's tests is skipped."""
    unit = ROOT / "tests/unit"
    suites = [str(unit / f"test_{name}.py") for name in ("backends", "learning", "encoders", "training", "importance")]
    report = with_toys.folder / "conformance.xml"
    library = with_toys.folder / "scripts"
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", f"pythonpath={library} {unit}",
            f"--rootdir={with_toys.folder}", f"--junitxml={report}", "-k", "toy", *suites,
        ],
        cwd=with_toys.folder, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(library)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    cases = ElementTree.parse(report).getroot().iter("testcase")
    names = [case.get("name") for case in cases if case.find("skipped") is None]
    counts = {toy: sum(toy in name for name in names) for toy in ("toy_backend", "toy_rule", "toy_encoder")}
    assert counts["toy_backend"] >= 60, counts
    assert counts["toy_rule"] >= 15, counts
    assert counts["toy_encoder"] >= 8, counts
    assert "skipped" not in done.stdout
