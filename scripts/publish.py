"""Copy the report, its tables and the models from their addresses to the stable names that people read."""

from pathlib import Path

from snndeep.console import stage
from snndeep.reporting.machine import describe_release
from snndeep.store.files import write_json
from snndeep.store.origin import Origin
from snndeep.store.publication import publish, withdraw_marks, write_publication

with stage(snakemake.log[0]) as log:
    inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
    sources = (inputs.report, inputs.figures, inputs.tables, *inputs.evaluation, inputs.samples, inputs.cases)
    tables = ("metrics", "models", "folds", "patients", "comparisons", "cost", "predictions")
    targets = [outputs[key] for key in ("report", "figures", "tables", *tables, "samples", "cases")]
    copies = {Path(source): Path(target) for source, target in zip(sources, targets, strict=True)}
    models = {Path(source): Path(outputs.model_files) / Path(source).name for source in inputs.model_files}
    external = {Path(source): Path(target) for source, target in zip(inputs.external, outputs.external, strict=True)}
    record = Path(outputs.live)
    withdraw_marks(record.parent)
    made = publish(copies | models | external)
    write_json(Path(outputs.record), {"version": describe_release().version, **params.record})
    made.append(Path(outputs.record))
    origin = Origin.from_json(params.origin)
    processors = write_publication(record, Path(params.store), params.live, made, params.stages, origin)
    Path(outputs.mark).touch()
    if len(processors) > 1:
        log.warning("computed on %d types of processor; see docs/integrity.md for what that means", len(processors))
    log.info("the report is %s", outputs.report)
