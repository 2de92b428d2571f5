"""Score an external test set with the model files of the run."""

from pathlib import Path

from snndeep.console import stage
from snndeep.deployment.external import check_unseen, evaluate_external
from snndeep.deployment.model_file import read_model
from snndeep.deployment.scoring import choose_members
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.samples.batches import read_samples
from snndeep.samples.settings import SampleSettings
from snndeep.samples.table import Cohort
from snndeep.store.csv_text import csv_text
from snndeep.store.files import write_json, write_text

with stage(snakemake.log[0]) as log:
    config, files = snakemake.params.stage["config"], snakemake.input
    cohort = Cohort(**config["cohort"])
    table, cases, skipped = read_samples(
        [Path(manifest) for manifest in files.manifests], cohort, SampleSettings.from_mapping(config["samples"])
    )
    models = {name: read_model(Path(path)) for name, path in zip(config["models"], files.models, strict=True)}
    for model in models.values():
        check_unseen(cases, model)
    members = {name: choose_members(model, None) for name, model in models.items()}
    settings = EvaluationSettings.from_mapping(config["evaluation"])
    found, patients = evaluate_external(table, models, members, config["backend"], settings)
    words = {"scans": len(cases), "skipped": skipped, "weak": cohort.weak, "models": found}
    write_json(Path(snakemake.output.metrics), words, snakemake.params.stage)
    write_text(Path(snakemake.output.patients), csv_text(patients), snakemake.params.stage)
    log.info("scored %d external patients with %d models", len(patients), len(models))
