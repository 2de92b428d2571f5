"""Write the report of a run."""

from pathlib import Path

import pandas as pd

from snndeep.console import stage
from snndeep.insight.shown_slices import pictures_of
from snndeep.reporting.machine import describe_machine, describe_release
from snndeep.reporting.page import make_report
from snndeep.reporting.results import NetworkView, RunResults
from snndeep.samples.preprocessing import read_preprocessing
from snndeep.samples.split import APART, protocol_of
from snndeep.store.files import check, read_json, read_npz, write_bytes, write_text
from snndeep.store.tables import read_table

with stage(snakemake.log[0]) as log:
    config = snakemake.params.stage["config"]
    models = list(config["modes"])
    provenance = {path: check(Path(path)) for path in snakemake.input}
    metrics = read_json(Path(snakemake.input.metrics), "evaluate")
    pictures = pictures_of(
        read_json(Path(snakemake.input.picture_words), "pictures"), read_npz(Path(snakemake.input.pictures), "pictures")
    )
    inside = {
        name: read_json(Path(path), "insight") for name, path in zip(models, snakemake.input.insight, strict=True)
    }
    traces = dict(zip(models, snakemake.input.traces, strict=True))
    results = RunResults(
        config=config["config"],
        source=config["source"],
        addresses=config["addresses"],
        modes=config["modes"],
        metrics=metrics,
        table=pd.read_csv(snakemake.input.models),
        samples=read_table(Path(snakemake.input.samples), "samples"),
        cases=read_table(Path(snakemake.input.cases), "samples"),
        skipped=read_json(Path(snakemake.input.skipped), "samples"),
        preprocessing=[
            fitted
            for name, fitted in read_preprocessing(
                read_json(Path(snakemake.input.preprocessing), "preprocessing")
            ).items()
            if protocol_of(name) != APART
        ],
        records={
            name: read_json(Path(path), "train") for name, path in zip(models, snakemake.input.records, strict=True)
        },
        tuned={name: read_json(Path(path), "tune") for name, path in zip(models, snakemake.input.tuned, strict=True)},
        views={
            name: NetworkView(
                read_npz(Path(traces[name]), "train"),
                inside[name]["importance"],
                inside[name]["firing"],
                pictures.slices[name],
            )
            for name in metrics["headline"][config["protocol"]]["of_each_rule"]
        },
        splits=config["splits"],
        predictions=read_table(Path(snakemake.input.predictions), "evaluate"),
        patients=pictures.patients,
        external=read_json(Path(snakemake.input.external[0]), "external") if snakemake.input.external else None,
        digests={f"{record['stage']}/{record['file']}": record["sha256"] for record in provenance.values()},
        versions={name: text for record in provenance.values() for name, text in sorted(record["versions"].items())},
        machine=describe_machine(),
        origin=describe_release(),
    )
    report = make_report(results)
    for folder, files in ((snakemake.output.figures, report.figures), (snakemake.output.tables, report.tables)):
        for name, content in files.items():
            write_bytes(Path(folder) / name, content, snakemake.params.stage)
    write_text(Path(snakemake.output.report), report.html, snakemake.params.stage)
    log.info("wrote the report, %d figures and %d tables", len(report.figures) // 3, len(report.tables) // 2)
