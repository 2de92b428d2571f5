"""Copy the report, its tables and the models from their addresses to the stable names that people read."""

from pathlib import Path

from snndeep.console import stage
from snndeep.store.files import write_json
from snndeep.store.upkeep import publish

with stage(snakemake.log[0]) as log:
    inputs, outputs = snakemake.input, snakemake.output
    sources = (inputs.report, inputs.figures, inputs.tables, *inputs.evaluation, inputs.samples, inputs.cases)
    tables = ("metrics", "models", "folds", "patients", "comparisons", "cost")
    targets = [outputs[key] for key in ("report", "figures", "tables", *tables, "samples", "cases")]
    copies = {Path(source): Path(target) for source, target in zip(sources, targets, strict=True)}
    models = {Path(source): Path(outputs.model_files) / Path(source).name for source in inputs.model_files}
    publish(copies | models)
    write_json(Path(outputs.live), {"stages": snakemake.params.stages, "live": snakemake.params.live})
    log.info("the report is %s", outputs.report)
