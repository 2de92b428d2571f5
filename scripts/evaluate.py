"""Evaluate all models under all protocols."""

from pathlib import Path

from snndeep.console import stage
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.evaluation.study import Jobs, evaluate
from snndeep.evaluation.tables import TABLES
from snndeep.samples.split import Split
from snndeep.store.csv_text import csv_text
from snndeep.store.files import read_json, read_npz, write_json, write_text
from snndeep.store.tables import read_table, write_table
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
    for name, path in zip(config["third_arm"], snakemake.input.third_arm, strict=True):
        scores[name] = {**scores[name], **read_npz(Path(path), "third_arm")}
    splits = [
        Split.from_json(values)
        for path in (snakemake.input.splits, snakemake.input.apart)
        for values in read_json(Path(path), "splits")
    ]
    known = {split.name: f"{split.name}/macs" for split in splits}
    macs = {name: float(scores["dense"][key][0]) for name, key in known.items() if key in scores["dense"]}
    recorded = [
        {name: read_json(Path(path), source) for name, path in zip(config["models"], paths, strict=True)}
        for source, paths in (("train", snakemake.input.records), ("tune", snakemake.input.tuned))
    ]
    metrics, predictions = evaluate(
        read_table(Path(snakemake.input.samples), "samples"),
        splits,
        scores,
        kinds,
        EvaluationSettings.from_mapping(config["evaluation"]),
        Jobs(*recorded, config["source"], macs),
    )
    provenance = snakemake.params.stage
    write_json(Path(snakemake.output.metrics), metrics, provenance)
    write_table(Path(snakemake.output.predictions), predictions, provenance)
    for name, table in TABLES.items():
        write_text(Path(snakemake.output[name]), csv_text(table(metrics)), provenance)
    log.info("evaluated %d models", len(scores))
