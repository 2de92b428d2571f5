"""Copy the report and its tables from their addresses to the stable names that people read."""

from pathlib import Path

from snndeep.console import stage
from snndeep.storage import write_json
from snndeep.store import publish

with stage(snakemake.log[0]) as log:
    inputs = (snakemake.input.report, *snakemake.input.tables, snakemake.input.samples, snakemake.input.cases)
    sources = [Path(path) for path in inputs]
    keys = ("report", "metrics", "models", "folds", "patients", "comparisons", "cost", "samples", "cases")
    targets = [Path(snakemake.output[key]) for key in keys]
    publish(dict(zip(sources, targets, strict=True)))
    write_json(Path(snakemake.output.live), {"stages": snakemake.params.stages, "live": snakemake.params.live})
    log.info("the report is %s", snakemake.output.report)
