"""Copy the report, its tables and the models from their addresses to the stable names that people read."""

from pathlib import Path

from snndeep.console import stage
from snndeep.store.publication import publish, write_publication

with stage(snakemake.log[0]) as log:
    inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
    sources = (inputs.report, inputs.figures, inputs.tables, *inputs.evaluation, inputs.samples, inputs.cases)
    tables = ("metrics", "models", "folds", "patients", "comparisons", "cost")
    targets = [outputs[key] for key in ("report", "figures", "tables", *tables, "samples", "cases")]
    copies = {Path(source): Path(target) for source, target in zip(sources, targets, strict=True)}
    models = {Path(source): Path(outputs.model_files) / Path(source).name for source in inputs.model_files}
    external = {Path(source): Path(target) for source, target in zip(inputs.external, outputs.external, strict=True)}
    made = publish(copies | models | external)
    processors = write_publication(Path(outputs.live), Path(params.store), params.live, made, params.stages)
    if len(processors) > 1:
        log.warning("computed on %d types of processor; see docs/integrity.md for what that means", len(processors))
    log.info("the report is %s", outputs.report)
