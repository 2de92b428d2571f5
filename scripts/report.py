"""Write the report of a run."""

from pathlib import Path

import pandas as pd

from snndeep.console import stage
from snndeep.insight.shown_slices import pictures_of
from snndeep.reporting.machine import describe_machine
from snndeep.reporting.page import make_report
from snndeep.reporting.results import RunResults
from snndeep.samples.split import APART, protocol_of
from snndeep.store.files import check, read_json, read_npz, write_bytes, write_text
from snndeep.store.tables import read_table

with stage(snakemake.log[0]) as log:
    config = snakemake.params.stage["config"]
    models = list(config["modes"])
    provenance = {path: check(Path(path)) for path in snakemake.input}
    results = RunResults(
        config=config["config"],
        source=config["source"],
        addresses=config["addresses"],
        modes=config["modes"],
        metrics=read_json(Path(snakemake.input.metrics), "evaluate"),
        table=pd.read_csv(snakemake.input.models),
        samples=read_table(Path(snakemake.input.samples), "samples"),
        cases=read_table(Path(snakemake.input.cases), "samples"),
        skipped=read_json(Path(snakemake.input.skipped), "samples"),
        selections=[
            fitted["features"]
            for name, fitted in read_json(Path(snakemake.input.preprocessing), "preprocessing").items()
            if protocol_of(name) != APART
        ],
        records={
            name: read_json(Path(path), "train") for name, path in zip(models, snakemake.input.records, strict=True)
        },
        tuned={name: read_json(Path(path), "tune") for name, path in zip(models, snakemake.input.tuned, strict=True)},
        traces=read_npz(Path(snakemake.input.traces), "train"),
        raster_model=config["raster"],
        splits=config["splits"],
        predictions=read_table(Path(snakemake.input.predictions), "evaluate"),
        importance=read_json(Path(snakemake.input.importance), "insight"),
        firing=read_json(Path(snakemake.input.firing), "insight"),
        pictures=pictures_of(
            read_json(Path(snakemake.input.picture_words), "pictures"),
            read_npz(Path(snakemake.input.pictures), "pictures"),
        ),
        digests={f"{record['stage']}/{record['file']}": record["sha256"] for record in provenance.values()},
        versions={name: text for record in provenance.values() for name, text in sorted(record["versions"].items())},
        machine=describe_machine(),
    )
    report = make_report(results)
    for folder, files in ((snakemake.output.figures, report.figures), (snakemake.output.tables, report.tables)):
        for name, content in files.items():
            write_bytes(Path(folder) / name, content, snakemake.params.stage)
    write_text(Path(snakemake.output.report), report.html, snakemake.params.stage)
    log.info("wrote the report, %d figures and %d tables", len(report.figures) // 2, len(report.tables) // 2)
