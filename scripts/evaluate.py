"""Evaluate all models under all protocols."""

from pathlib import Path

from snndeep.baselines import BASELINES
from snndeep.console import stage
from snndeep.evaluation import EvaluationSettings, evaluate
from snndeep.protocols import Split
from snndeep.storage import read_json, read_npz, read_table, write_json, write_text
from snndeep.tables import fold_table, model_table, patient_table

with stage(snakemake.log[0]) as log:
    baselines = read_npz(Path(snakemake.input.baselines))
    scores = {
        name: {key.removeprefix(f"{name}/"): v for key, v in baselines.items() if key.startswith(f"{name}/")}
        for name in BASELINES
    }
    for name, path in zip(snakemake.params.models, snakemake.input.scores, strict=True):
        scores[name] = read_npz(Path(path))
    metrics = evaluate(
        read_table(Path(snakemake.input.samples)),
        [Split.from_json(values) for values in read_json(Path(snakemake.input.splits))],
        scores,
        EvaluationSettings(**snakemake.params.settings),
    )
    provenance = snakemake.params.provenance
    write_json(Path(snakemake.output.metrics), metrics, provenance)
    write_text(Path(snakemake.output.models), model_table(metrics).to_csv(index=False), provenance)
    write_text(Path(snakemake.output.folds), fold_table(metrics).to_csv(index=False), provenance)
    write_text(Path(snakemake.output.patients), patient_table(metrics).to_csv(index=False), provenance)
    log.info("evaluated %d models", len(scores))
