"""Copy the report, its tables and the models from their addresses to the stable names that people read."""

from pathlib import Path

from snndeep.console import stage
from snndeep.storage import write_json
from snndeep.store import publish

with stage(snakemake.log[0]) as log:
    inputs = snakemake.input
    sources = [
        Path(path) for path in (inputs.report, *inputs.tables, inputs.samples, inputs.cases, *inputs.model_files)
    ]
    keys = ("report", "metrics", "models", "folds", "patients", "comparisons", "cost", "samples", "cases")
    named = [snakemake.output[key] for key in keys]
    targets = [Path(path) for path in (*named, *snakemake.output.model_files)]
    publish(dict(zip(sources, targets, strict=True)))
    write_json(Path(snakemake.output.live), {"stages": snakemake.params.stages, "live": snakemake.params.live})
    log.info("the report is %s", snakemake.output.report)
