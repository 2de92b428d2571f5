"""Evaluate all models under all protocols."""

from pathlib import Path

from snndeep.console import stage
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.evaluation.study import Jobs, evaluate
from snndeep.evaluation.tables import TABLES
from snndeep.samples.split import Split
from snndeep.store.csv_text import csv_text
from snndeep.store.files import read_json, read_npz, read_table, write_json, write_table, write_text
from snndeep.training.baselines import BASELINES

with stage(snakemake.log[0]) as log:
    config = snakemake.params.stage["config"]
    baselines = read_npz(Path(snakemake.input.baselines), "baselines")
    scores = {
        name: {key.removeprefix(f"{name}/"): v for key, v in baselines.items() if key.startswith(f"{name}/")}
        for name in BASELINES
    }
    kinds = {name: baseline.kind for name, baseline in BASELINES.items()}
    for name, path in zip(config["models"], snakemake.input.scores, strict=True):
        scores[name], kinds[name] = read_npz(Path(path), "train"), "snn"
    recorded = [
        {name: read_json(Path(path), source) for name, path in zip(config["models"], paths, strict=True)}
        for source, paths in (("train", snakemake.input.records), ("tune", snakemake.input.tuned))
    ]
    metrics, predictions = evaluate(
        read_table(Path(snakemake.input.samples), "samples"),
        [Split.from_json(values) for values in read_json(Path(snakemake.input.splits), "splits")],
        scores,
        kinds,
        EvaluationSettings.from_mapping(config["evaluation"]),
        Jobs(*recorded, config["source"]),
    )
    provenance = snakemake.params.stage
    write_json(Path(snakemake.output.metrics), metrics, provenance)
    write_table(Path(snakemake.output.predictions), predictions, provenance)
    for name, table in TABLES.items():
        write_text(Path(snakemake.output[name]), csv_text(table(metrics)), provenance)
    log.info("evaluated %d models", len(scores))
